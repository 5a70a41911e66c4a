/**
 * One daemon on the lab's real Ironic, and nodes that fail under it one by one: when Ironic said so, when the node was first read, and when the
 * reset request came. Times are one machine's: Ironic's own in its notification, the proxy's at what passes it.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { desk, startAnneal, untilWatching } from '../lab/anneal.ts'
import { provision, setExtra } from '../lab/ironic.ts'
import { bmc, calm } from '../lab/lab.ts'
import { freshNode, numberOf, uuidOf } from '../lab/nodes.ts'
import { type Bus, bus } from '../lab/notifications/bus.ts'
import { type JournalEntry, journal } from '../lab/proxy-control.ts'
import { readSettings } from '../lab/settings.ts'

export type Way = 'polling' | 'notifications'
/** From Ironic's `error` on, ms. */
export type Answered = { readMs: number; resetMs: number }

/** The default of `poll`. Nodes fail spread over one of them, so that no moment of it is met more often than another. */
const POLL_MS = 15_000
/** A tear-down that fails takes seconds, a poll a quarter of a minute: what takes longer is not going to come. */
const GIVE_UP_MS = 120_000

/** All pacing that can be taken away is; what is left of the policy is its default. */
const AT_ONCE = {
  spacing: ['1ms'],
  jitter: 0,
  inFlight: { classShare: 1, classMax: 1_000, cloudShare: 1, cloudMax: 1_000 },
  starts: { min: 1_000 },
  incident: { cases: 1_000, classShare: 1 },
}

/** The lab as this needs it: nothing broken, and no two BMCs in one failure domain. */
export async function prepareLab(names: readonly string[]): Promise<void> {
  await calm()
  await bmc('apart', ...names.map(numberOf))
}

/**
 * Makes these nodes anew, and gives those that are ready. On sqlite Ironic now and then does not get one there (its power state cannot be set,
 * its record is locked): `say` is told of that one, and the next round tries it again. Throws where none is ready.
 */
export async function readyNodes(names: readonly string[], say: (what: string) => void): Promise<string[]> {
  const made = await Promise.allSettled(names.map((name) => freshNode(name, { instance: false, apart: true, switch_info: name })))
  const failed = made.flatMap((one, at) => (one.status === 'rejected' ? [{ name: names[at], why: String(one.reason) }] : []))
  for (const { name, why } of failed) say(`${name} could not be made ready and is left out of this round: ${why}`)
  if (failed.length === names.length) throw new Error(`no node of the lab could be made ready: ${failed[0]?.why}`)
  return names.filter((_, at) => made[at]?.status === 'fulfilled')
}

/** Fails each of these nodes once under a daemon of its own, with a database that has never seen one. */
export async function failEach(names: readonly string[], way: Way): Promise<Answered[]> {
  const at = labDesk(names, way)
  const heard = await bus()
  const daemon = startAnneal(['run', '--os-cloud', 'lab'], at)
  try {
    await untilWatching(daemon)
    await firstPoll()
    if (way === 'notifications') await untilAlive(names[0] ?? '', daemon.stderr)
    await journal(true)
    return await Promise.all(names.map((name) => failing(name, heard)))
  } catch (error) {
    // Whoever looks into it needs what the daemon said.
    process.stderr.write(daemon.stderr())
    throw error
  } finally {
    await daemon.kill('SIGTERM')
    await heard.close()
    at.clear()
  }
}

function labDesk(names: readonly string[], way: Way) {
  const { ports, state } = readSettings()
  const brokers = [`amqps://anneal:anneal@127.0.0.1:${ports.amqps}/`]
  const notifications = { brokers, tls: { ca: `file:${join(state, 'rabbit', 'ca.pem')}` } }
  const lab = { scope: { name: names }, ...(way === 'notifications' ? { notifications } : {}) }
  return desk({ config: { mode: 'auto', budgets: AT_ONCE, clouds: { lab } } })
}

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const began = Date.now(); Date.now() - began < GIVE_UP_MS; await pause(50)) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error(`${what}: not within ${GIVE_UP_MS / 1_000} s`)
}

const firstPoll = () =>
  until('the first poll', async () => (await journal()).find(({ path, status }) => /provision_state=error/.test(path) && status === 200))

/** Something that Ironic announces of a node, and the daemon's word that it has heard. */
async function untilAlive(name: string, stderr: () => string): Promise<void> {
  await until('hearing', () => (stderr().includes('"notifications are heard"') ? true : undefined))
  await setExtra(name, 'note', 'something to announce')
  await until('proof of hearing', () => (stderr().includes('"notifications prove alive"') ? true : undefined))
}

async function failing(name: string, heard: Bus): Promise<Answered> {
  await pause(Math.random() * POLL_MS)
  await bmc('fail', numberOf(name))
  const status = await provision(name, 'deleted')
  if (status !== 202) throw new Error(`${name}: deleted was answered ${status}`)
  const failedAt = await until(`${name} in error`, () =>
    heard.read.map((text) => errorOf(text, uuidOf(name))).find((time) => time !== undefined),
  )
  await bmc('unfail', numberOf(name))
  const reset = await until(`a reset of ${name}`, async () => (await journal()).find((entry) => isReset(entry, uuidOf(name))))
  const read = (await journal()).find((entry) => isReadOf(entry, uuidOf(name)) && Date.parse(entry.time) >= failedAt)
  if (read === undefined) throw new Error(`${name} was reset without having been read`)
  return { readMs: Date.parse(read.time) - failedAt, resetMs: Date.parse(reset.time) - failedAt }
}

const isReset = ({ method, path, body, reached }: JournalEntry, uuid: string): boolean =>
  reached && method === 'PUT' && path.endsWith(`/v1/nodes/${uuid}/states/provision`) && Target.safeParse(body).success

const isReadOf = ({ method, path }: JournalEntry, uuid: string): boolean => method === 'GET' && path.includes(`/v1/nodes/${uuid}`)

const Target = z.object({ target: z.literal('deleted') })
const Envelope = z.object({ 'oslo.message': z.string() })
const Failed = z.object({
  event_type: z.literal('baremetal.node.provision_set.error'),
  timestamp: z.string(),
  payload: z.object({ 'ironic_object.data': z.object({ uuid: z.string(), provision_state: z.literal('error') }) }),
})

/** When Ironic said that this node is in `error`, where the message is that; oslo writes UTC without a zone. Ironic shows the state 1 or 2 ms later. */
function errorOf(text: string, uuid: string): number | undefined {
  const failed = Failed.safeParse(JSON.parse(Envelope.parse(JSON.parse(text))['oslo.message']))
  if (!failed.success || failed.data.payload['ironic_object.data'].uuid !== uuid) return undefined
  return Date.parse(`${failed.data.timestamp.replace(' ', 'T')}Z`)
}
