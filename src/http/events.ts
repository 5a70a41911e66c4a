/**
 * `/api/v1/events`: what changes, as server-sent events, in the order of the audit trail, whose ids are the events' ids: whoever comes back
 * with the last one they had gets what came since. Several changes within a quarter of a second are one event. A reader who does not read
 * holds one event of memory, and is let go of after a while with the hint to come back. It keeps nothing of its own.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { listedCase } from '../commands/list-cases.ts'
import { listedEntry } from '../commands/list-decisions.ts'
import { listedNode } from '../commands/list-nodes.ts'
import type { AuditEntry } from '../store/audit.ts'
import { isStillIn } from './caller.ts'
import { HttpRefusal } from './refusal.ts'
import { answersText } from './shapes.ts'
import type { App, HttpWorld } from './world.ts'

/** What comes within this time is one event: a crowd of nodes fails at once. */
const BATCH_MS = 250
const BATCH_MAX = 200
/** Proxies and browsers give up on what is silent for a minute or so. */
const BEAT_MS = 15_000
/** How long a reader may leave one event unread. */
const DRAIN_MS = 10_000
/** Who is further behind reads the lists anew, which is less than all that came since. */
const BEHIND_MAX = 5_000
/** Each asks the database four times a second. */
const READERS_MAX = 32

const SEE = 'Connect again with the id of the last event that you had as Last-Event-ID.'
const id = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const query = z.strictObject({ after: id.optional().meta({ description: 'As Last-Event-ID, for who cannot send headers' }) })
const headers = z.object({ 'last-event-id': id.optional() })

/** @param stop ends every stream */
export function eventRoutes(app: App, world: HttpWorld, stop: AbortSignal): void {
  let readers = 0
  const schema = {
    summary: 'What changes, as server-sent events',
    tags: ['what is'],
    querystring: query,
    headers,
    response: answersText('text/event-stream', 'Events `hello`, `changes`, `reload` and `resume` (docs/api.md)', 503),
  }
  app.get('/api/v1/events', { schema, exposeHeadRoute: false }, async (request, reply) => {
    if (readers >= READERS_MAX)
      throw new HttpRefusal(503, {
        what: 'events',
        message: `${READERS_MAX} readers follow already.`,
        fix: 'Close a page that is open elsewhere.',
      })
    const newest = await world.store.newestAudit()
    const from = request.headers['last-event-id'] ?? request.query.after ?? newest
    readers += 1
    const gone = new AbortController()
    const raw = open(reply, () => gone.abort())
    const signal = AbortSignal.any([gone.signal, stop])
    const isStillAllowed = () => isStillIn(world, request.headers, request.caller)
    try {
      await follow(world, { raw, signal, isStillAllowed }, { from, newest })
    } catch (error) {
      // Knows: the stream has begun, so that no status can tell; the reader comes back for what is missing.
      world.log('error', 'events broke off', { error: error instanceof Error ? error.message : String(error) })
    } finally {
      readers -= 1
      raw.end()
    }
    return reply
  })
}

/** Takes the answer out of Fastify's hands, with the headers that it has given. */
function open(reply: FastifyReply, closed: () => void): ServerResponse {
  const { raw } = reply
  reply.hijack()
  raw.on('close', closed)
  raw.writeHead(200, {
    ...Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)])),
    'content-type': 'text/event-stream',
    // What ends has ended for good: nothing else is asked on this connection.
    connection: 'close',
  })
  return raw
}

/** `isStillAllowed`: a login ends, and so does what was begun by it. */
type Reader = { raw: ServerResponse; signal: AbortSignal; isStillAllowed: () => Promise<boolean> }

async function follow(world: HttpWorld, reader: Reader, { from, newest }: { from: number; newest: number }): Promise<void> {
  const { store, clock } = world
  const { signal } = reader
  // An id that is not there yet is of another database.
  const isLost = from > newest || newest - from > BEHIND_MAX
  let last = isLost ? newest : from
  if (!(await say(world, reader, { event: isLost ? 'reload' : 'hello', last, data: { newest } }))) return
  for (let [spokeAt, checkedAt] = [clock.monotonic(), clock.monotonic()]; !signal.aborted; ) {
    if (clock.monotonic() - checkedAt >= BEAT_MS) {
      if (!(await reader.isStillAllowed())) return
      checkedAt = clock.monotonic()
    }
    const entries = await store.audit({ after: last, limit: BATCH_MAX })
    const isBeat = entries.length === 0 && clock.monotonic() - spokeAt >= BEAT_MS
    if (entries.length > 0) {
      last = entries.at(-1)?.id ?? last
      if (!(await say(world, reader, { event: 'changes', last, data: await changesIn(world, entries) }))) return
    } else if (isBeat && !(await write(world, reader, ': beat\n\n'))) return hintAndEnd(world, reader, last)
    if (entries.length > 0 || isBeat) spokeAt = clock.monotonic()
    if (entries.length < BATCH_MAX) await clock.sleep(BATCH_MS, signal)
  }
}

type Message = { event: string; last: number; data: unknown }

async function say(world: HttpWorld, reader: Reader, { event, last, data }: Message): Promise<boolean> {
  if (await write(world, reader, `id: ${last}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return true
  await hintAndEnd(world, reader, last)
  return false
}

/** False where it was not taken in time. */
async function write({ clock }: HttpWorld, { raw, signal }: Reader, text: string): Promise<boolean> {
  if (signal.aborted || raw.write(text)) return !signal.aborted
  const drained = new AbortController()
  const stopWaiting = () => drained.abort()
  raw.once('drain', stopWaiting)
  await clock.sleep(DRAIN_MS, AbortSignal.any([signal, drained.signal]))
  raw.off('drain', stopWaiting)
  return drained.signal.aborted && !signal.aborted
}

/** Whoever wakes up within another while reads it last; then the connection is cut. */
async function hintAndEnd({ clock }: HttpWorld, { raw, signal }: Reader, last: number): Promise<void> {
  if (signal.aborted) return
  raw.end(`event: resume\ndata: ${JSON.stringify({ message: 'You read too slowly.', fix: SEE, newest: last })}\n\n`)
  await clock.sleep(DRAIN_MS, signal)
  raw.destroy()
}

/** What was written, and how the nodes and cases that it is about stand now. */
async function changesIn({ store }: HttpWorld, entries: readonly AuditEntry[]) {
  const keys = new Map(
    entries.flatMap(({ cloud, uuid }) => (cloud === null || uuid === null ? [] : [[`${cloud} ${uuid}`, { cloud, uuid }]])),
  )
  const nodes = []
  for (const key of keys.values()) for (const view of await store.nodes(key)) nodes.push(await listedNode(store, view))
  const cases = []
  for (const caseId of new Set(entries.flatMap((entry) => entry.caseId ?? []))) {
    const found = await store.caseById(caseId)
    if (found !== null) cases.push(listedCase(found))
  }
  return { audit: entries.map(listedEntry), nodes, cases }
}
