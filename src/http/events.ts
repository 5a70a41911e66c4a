/**
 * `/api/v1/events`: what changes, as server-sent events, in the order of the audit trail, whose ids are the events' ids: whoever comes back
 * with the last one they had gets what came since. Several changes within a quarter of a second are one event, made once for all readers
 * (feed.ts). A reader who does not read holds one event, and is let go of after a while with the hint to come back.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { isStillIn } from './caller.ts'
import { type Feed, openFeed } from './feed.ts'
import { HttpRefusal } from './refusal.ts'
import { answersText } from './shapes.ts'
import type { App, HttpWorld } from './world.ts'

/** Proxies and browsers give up on what is silent for a minute or so. */
const BEAT_MS = 15_000
/** How long a reader may leave one event unread. */
const DRAIN_MS = 10_000
/** Who is further behind reads the lists anew, which is less than all that came since. */
const BEHIND_MAX = 5_000
/** Each costs a connection and some ten kilobytes; the database is asked once for all of them. */
export const READERS_MAX = 1_200

const SEE = 'Connect again with the id of the last event that you had as Last-Event-ID.'
const id = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const query = z.strictObject({ after: id.optional().meta({ description: 'As Last-Event-ID, for who cannot send headers' }) })
const headers = z.object({ 'last-event-id': id.optional() })

/** @param stop ends every stream */
export function eventRoutes(app: App, world: HttpWorld, stop: AbortSignal): void {
  let readers = 0
  const feed = openFeed({ store: world.store, clock: world.clock, stop })
  let logged: unknown = null
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
      await follow({ world, feed }, { raw, signal, isStillAllowed }, { from, newest })
    } catch (error) {
      // Knows: the stream has begun, so that no status can tell; the reader comes back for what is missing. All readers meet one trouble.
      if (error !== logged) world.log('error', 'events broke off', { error: error instanceof Error ? error.message : String(error) })
      logged = error
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

type Followed = { world: HttpWorld; feed: Feed }

async function follow({ world, feed }: Followed, reader: Reader, { from, newest }: { from: number; newest: number }): Promise<void> {
  const { clock } = world
  const { signal } = reader
  // An id that is not there yet is of another database.
  const isLost = from > newest || newest - from > BEHIND_MAX
  let last = isLost ? newest : from
  if (!(await say(world, reader, eventText({ event: isLost ? 'reload' : 'hello', last, data: { newest } }), last))) return
  for (let [spokeAt, checkedAt] = [clock.monotonic(), clock.monotonic()]; !signal.aborted; ) {
    if (clock.monotonic() - checkedAt >= BEAT_MS) {
      if (!(await reader.isStillAllowed())) return
      checkedAt = clock.monotonic()
    }
    const event = await feed.after(last)
    if (event === null && clock.monotonic() - spokeAt < BEAT_MS) {
      await feed.news(last, { until: Math.min(spokeAt, checkedAt) + BEAT_MS, signal })
      continue
    }
    last = event?.last ?? last
    if (!(await say(world, reader, event?.bytes ?? ': beat\n\n', last))) return
    spokeAt = clock.monotonic()
  }
}

const eventText = ({ event, last, data }: { event: string; last: number; data: unknown }): string =>
  `id: ${last}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** False where it was not taken in time, and the reader was let go of. @param last how far the reader has come with it */
async function say(world: HttpWorld, reader: Reader, text: string | Buffer, last: number): Promise<boolean> {
  if (await write(world, reader, text)) return true
  await hintAndEnd(world, reader, last)
  return false
}

/** False where it was not taken in time. */
async function write({ clock }: HttpWorld, { raw, signal }: Reader, text: string | Buffer): Promise<boolean> {
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
