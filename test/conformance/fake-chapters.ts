/**
 * A node without a machine, and what the self-canary does with it: deployed, made one whose BMC nobody reaches, torn down in vain, and made what
 * it was, so that the next tear-down works.
 */
import { at, nodePath, pick, put, readNode, said } from './look.ts'
import type { Answer, Chapter, Site } from './site.ts'

const NOWHERE = { ipmi_address: '127.0.0.1', ipmi_port: 1 }
const broken = [
  { op: 'replace', path: '/driver', value: 'ipmi' },
  ...Object.entries(NOWHERE).map(([name, value]) => ({ op: 'add', path: `/driver_info/${name}`, value })),
  { op: 'replace', path: '/network_interface', value: 'noop' },
]
const mended = [
  { op: 'replace', path: '/driver', value: 'fake-hardware' },
  ...Object.keys(NOWHERE).map((name) => ({ op: 'remove', path: `/driver_info/${name}` })),
  { op: 'replace', path: '/network_interface', value: 'noop' },
]
const INTERFACES = ['boot', 'console', 'deploy', 'management', 'network', 'power', 'vendor'].map((name) => `${name}_interface`)

const patched = (answer: Answer): unknown =>
  answer.status === 200 ? pick(answer.json, 'driver', 'driver_info', 'provision_state', ...INTERFACES) : said(answer)

/** The state in which it comes to rest, with what Ironic says of it. */
async function atRestIn(site: Site, states: readonly string[]): Promise<unknown> {
  for (let waited = 0; waited < 90; waited += 1) {
    const node = await readNode(site, 'a')
    if (states.includes(String(node['provision_state'])) && node['reservation'] === null) return pick(node, 'provision_state', 'last_error')
    await site.pass(1_000)
  }
  return 'not at rest'
}

export const withoutMachine: Chapter = {
  title: 'a node without a machine',
  setting: 'plain',
  nodes: { a: { fake: true, state: 'available' } },
  async tell(site, found) {
    const change = (body: unknown, query = '?reset_interfaces=true') =>
      site.ironic({ method: 'PATCH', path: `${nodePath(site, 'a')}${query}`, body })
    found('without a machine: deployed without an image', said(await put(site, 'a', 'active')))
    found('without a machine: deployed', await atRestIn(site, ['active', 'deploy failed']))
    found('without a machine: its driver changed while it is active', patched(await change(broken)))
    found('without a machine: torn down by a BMC that nobody reaches', said(await put(site, 'a', 'deleted')))
    found('without a machine: that fails', await atRestIn(site, ['error', 'available']))
    found('without a machine: its driver changed back in error', patched(await change(mended)))
    found('without a machine: torn down', said(await put(site, 'a', 'deleted')))
    found('without a machine: that works', await atRestIn(site, ['error', 'available']))
    found('without a machine: another driver without its interfaces', at(await change(broken, '').then(said), 'status'))
    found(
      'without a machine: a driver that nobody serves',
      at(await change([{ op: 'replace', path: '/driver', value: 'nobody' }]).then(said), 'status'),
    )
  },
}
