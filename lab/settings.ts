/**
 * What a running lab was started with, as the scripts saved it in state/settings, and the addresses that follow from it.
 * Read once per process; changes nothing.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const port = z.coerce.number().int().positive()
const Saved = z.object({
  NODES: z.coerce.number(),
  FAKES: z.coerce.number(),
  AUTH: z.enum(['noauth', 'keystone']),
  SERVICES: z.enum(['0', '1']).default('0'),
  NOTIFY: z.enum(['0', '1']).default('0'),
  NEUTRON: z.enum(['0', '1']),
  PORT: port,
  PROXY_PORT: port,
  PROXY_CONTROL: port,
  KPORT: port,
  NEUTRON_PORT: port,
  NOVA_PORT: port,
  PLACEMENT_PORT: port,
  STUBS_CONTROL: port,
  AMQP_PORT: port.default(5672),
  AMQPS_PORT: port.default(5671),
  BMC_BASE: z.coerce.number(),
  BMC_NET: z.string(),
})

export type Settings = ReturnType<typeof readSettings>

const url = (at: number) => `http://127.0.0.1:${at}`

/** The lab's settings and addresses; throws one line where no lab was brought up. */
export function readSettings() {
  const dir = process.env['LAB_DIR'] ?? join(process.env['XDG_RUNTIME_DIR'] ?? '/var/tmp', 'anneal-lab')
  const state = join(dir, 'state')
  const saved = Saved.parse(Object.fromEntries(lines(join(state, 'settings')).map((line) => split(line))))
  return {
    dir,
    state,
    nodes: saved.NODES,
    fakes: saved.FAKES,
    auth: saved.AUTH,
    /** Neutron, Nova and Placement are real ones, not stubs. */
    services: saved.SERVICES === '1',
    /** Ironic tells a RabbitMQ what it does. */
    notify: saved.NOTIFY === '1',
    network_interface: saved.NEUTRON === '1' ? 'flat' : 'noop',
    ports: {
      ironic: saved.PORT,
      proxy: saved.PROXY_PORT,
      proxyControl: saved.PROXY_CONTROL,
      neutron: saved.NEUTRON_PORT,
      nova: saved.NOVA_PORT,
      placement: saved.PLACEMENT_PORT,
      stubsControl: saved.STUBS_CONTROL,
      amqp: saved.AMQP_PORT,
      amqps: saved.AMQPS_PORT,
      bmcBase: saved.BMC_BASE,
    },
    /** The first three numbers of the BMC network that bmc-net.sh makes. */
    bmcNet: saved.BMC_NET,
    /** Ironic itself; what Anneal is given is `proxy`. */
    ironic: url(saved.PORT),
    proxy: url(saved.PROXY_PORT),
    proxyControl: url(saved.PROXY_CONTROL),
    keystone: `${url(saved.KPORT)}/v3`,
    neutron: url(saved.NEUTRON_PORT),
    nova: `${url(saved.NOVA_PORT)}/v2.1`,
    placement: url(saved.PLACEMENT_PORT),
    stubsControl: url(saved.STUBS_CONTROL),
  }
}

const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')

function split(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
