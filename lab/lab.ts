/**
 * What a scenario may do to the lab besides asking Ironic: BMCs, the Ironic process, Keystone, locks, and what a tenant does in
 * Nova. Each is one call that returns when it is done. Nodes are made in nodes.ts, read and moved in ironic.ts.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ironic, type LabNode, pause, readNode, waitNode } from './ironic.ts'
import { vifOf } from './nodes.ts'
import { clearRules, journal } from './proxy-control.ts'
import { readSettings } from './settings.ts'
import { putAllocations, putPort, putServer, setStubs, stubJournal } from './stubs-control.ts'

export type Ran = { code: number | null; stdout: string; stderr: string }

/** Runs one of the lab's scripts to its end; the status is the caller's to judge. */
export function script(name: string, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = spawn('bash', [join(import.meta.dirname, name), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out = { stdout: '', stderr: '' }
  child.stdout.on('data', (part) => (out.stdout += part))
  child.stderr.on('data', (part) => (out.stderr += part))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...out }))
  })
}

async function mustRun(name: string, args: string[]): Promise<string> {
  const ran = await script(name, args)
  if (ran.code !== 0) throw new Error(`${name} ${args.join(' ')}: ${ran.stderr.trim()}`)
  return ran.stdout
}

export type BmcAct =
  | ('stop' | 'start' | 'freeze' | 'thaw' | 'stuck' | 'unstuck' | 'fail' | 'unfail' | 'badpass' | 'goodpass')
  | ('full' | 'unfull' | 'inside' | 'apart')

/** One thing to one or more BMCs, by number: BMC 3 is node-3's. bmc.sh says what each does. */
export async function bmc(act: BmcAct, ...numbers: number[]): Promise<void> {
  await mustRun('bmc.sh', [act, ...numbers.map(String)])
}

/** As bmc.sh status prints it: running, frozen or stopped, and the chassis power. */
export const bmcStatus = (n: number) => mustRun('bmc.sh', ['status', String(n)])

/**
 * The BMC network of its own, in which bmc('inside', N) starts BMCs; bmc-net.sh says what each does. Throws where this machine cannot have
 * one: what needs it has then not been tried, and must not look as if it had.
 */
export async function bmcNetwork(act: 'up' | 'down' | 'gone' | 'back'): Promise<void> {
  await mustRun('bmc-net.sh', [act])
}

/** Drops so many of a hundred datagrams between this host and that network, in each direction. */
export async function losePackets(percent: number): Promise<void> {
  await mustRun('bmc-net.sh', ['loss', String(percent)])
}

/** Every BMC healthy again, whatever was done to it: on loopback, running, right password, sessions free, not frozen, stuck or failing. */
export async function healBmcs(): Promise<void> {
  for (const act of ['unfull', 'unstuck', 'unfail', 'goodpass']) await mustRun('bmc.sh', [act, 'all'])
}

/** SIGKILL, as a crash: locks and `deleting` stay in Ironic's database. With RPC=json-rpc the API lives on. */
export async function killConductor(): Promise<void> {
  await mustRun('ironic.sh', ['kill'])
}

/** Starts Ironic again, nodes untouched, with changed settings where given: `restartIronic({ SYNC: 0 })` turns power sync off. */
export async function restartIronic(change: Record<string, string | number> = {}): Promise<void> {
  await mustRun('ironic.sh', ['restart', ...Object.entries(change).map(([name, value]) => `${name}=${value}`)])
}

/** Only with NOTIFY=1. `kill` is SIGKILL, after which `start` brings it back. */
export async function rabbit(act: 'start' | 'stop' | 'kill'): Promise<void> {
  await mustRun('rabbit.sh', [act])
}

/** Only with AUTH=keystone. */
export async function keystone(act: 'start' | 'stop'): Promise<void> {
  await mustRun('keystone.sh', [act])
}

/** Waits until Ironic answers after a restart of the process by other means. */
export async function waitForIronic(seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000
  while ((await ironic('GET', '/v1/nodes?limit=1').catch(() => null))?.status !== 200) {
    if (Date.now() > end) throw new Error(`Ironic did not answer within ${seconds} s`)
    await pause(200)
  }
}

/**
 * Locks a node for as long as a test likes, by writing the lock into Ironic's own database, which belongs to the lab: any state can
 * be locked so, by any holder; `lab` is the live conductor, another name one that is dead. null takes the lock away. A lock that a
 * conductor really holds is had with restartIronic({ FAKE_DELAY: 20 }) and power('fake-1', 'power off').
 */
export const setLock = (name: string, holder: string | null) => writeColumn(name, 'reservation', holder)

/**
 * `protected` on a node in any state. Ironic's API protects nodes with an instance alone, and refuses to tear down a protected one, so
 * that one in `error` is had this way only.
 */
export const forceProtected = (name: string, value: boolean) => writeColumn(name, 'protected', value ? 1 : 0)

async function writeColumn(name: string, column: 'reservation' | 'protected', value: string | number | null): Promise<void> {
  const node = await readNode(name)
  const db = new DatabaseSync(join(readSettings().state, 'ironic.sqlite'), { timeout: 5000 })
  db.prepare(`update nodes set ${column} = ? where uuid = ?`).run(value, node.uuid)
  db.close()
}

/**
 * A tenant deletes an instance, as Nova does it: the server shows `deleting`, Ironic is told to tear down, and once it shows no
 * instance any more Nova's server, allocation and (unless `port: 'left'`) port are gone. Returns the node at rest.
 */
export async function deleteInstance(name: string, options: { port?: 'released' | 'left' } = {}): Promise<LabNode> {
  const before = await readNode(name)
  const id = before.instance_uuid
  if (id === null) throw new Error(`${name} has no instance`)
  await putServer(id, { task_state: 'deleting', actions: [{ action: 'delete', start_time: new Date().toISOString().slice(0, 19) }] })
  const { status, text } = await ironic('PUT', `/v1/nodes/${name}/states/provision`, { target: 'deleted' })
  if (status !== 202) throw new Error(`${name}: deleted was answered ${status} ${text}`)
  const rest = await waitNode(name, (node) => node.reservation === null && ['error', 'available'].includes(node.provision_state))
  if (rest.instance_uuid === null) {
    await putServer(id, { deleted: true, status: 'DELETED', vm_state: 'deleted', task_state: null })
    await putAllocations(rest.uuid, [])
    if (options.port !== 'left') await putPort(vifOf(rest), null)
  }
  return rest
}

/** Before each scenario: no rules, nothing held, services well, BMCs healthy, empty journals. Nodes: freshNode. */
export async function calm(): Promise<void> {
  await clearRules()
  await setStubs({ neutron: 'ok', nova: 'ok', placement: 'ok' })
  await healBmcs()
  await journal(true)
  await stubJournal(true)
}
