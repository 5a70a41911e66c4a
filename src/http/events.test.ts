/** The stream of events over a real socket: what changes, in order, without a gap for who comes back, and bounded for who does not read. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { z } from 'zod'
import { quickClock, type Served, served } from '../../test/http.ts'
import { CLOUD, keyOf, pass, resolve, seenNode, wait } from '../../test/store/given.ts'
import type { Clock } from '../core/seams.ts'
import { READERS_MAX } from './events.ts'
import { listen } from './listen.ts'
import { SHAPES } from './shapes.ts'
import type { App } from './world.ts'

const PAT = { by: 'pat', why: 'vendor visit' }
type Event = { id: string | null; event: string; data: string }

/** Reads one stream, event after event; comments are events without a name. */
function reader(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController()
  let text = ''
  let unended: string[] = []
  const chunks = fetch(url, { headers, signal: stop.signal }).then((answer) => {
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'text/event-stream'])
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    return answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  })
  return {
    next: async (): Promise<Event> => {
      for (;;) {
        const at = text.indexOf('\n\n')
        if (at >= 0) {
          const [event, rest] = [eventIn(text.slice(0, at)), text.slice(at + 2)]
          text = rest
          return event
        }
        const chunk = await (await chunks)?.read()
        if (chunk === undefined || chunk.done) return { id: null, event: 'end', data: '' }
        // An event of megabytes is put together once, when it has come.
        unended.push(chunk.value)
        if (!chunk.value.endsWith('\n') && !chunk.value.includes('\n\n')) continue
        text += unended.join('')
        unended = []
      }
    },
    close: () => stop.abort(),
  }
}

function eventIn(text: string): Event {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? null
  return { id: field('id'), event: field('event') ?? text, data: field('data') ?? '' }
}

const changesIn = ({ event, data }: Event) => {
  assert.equal(event, 'changes')
  return SHAPES.changes.parse(JSON.parse(data))
}

const urlOf = async ({ app }: Served): Promise<string> => `${await listen(app, { host: '127.0.0.1', port: 0 })}/api/v1/events`

test('a decision comes as what was written, and how its node and case stand now', () =>
  served(async (given) => {
    const { store, clock } = given
    const stream = reader(await urlOf(given))
    const hello = await stream.next()
    assert.deepEqual([hello.event, hello.id], ['hello', String(await store.newestAudit())])
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    await pass(store, 1, wait(clock.now() + 60_000))
    const event = await stream.next()
    const { audit, nodes, cases } = changesIn(event)
    assert.deepEqual(
      audit.map(({ kind }) => kind),
      ['opened', 'wait'],
    )
    assert.deepEqual(
      nodes.map(({ name, decision }) => [name, decision?.reason]),
      [['node-1', 'spacing']],
    )
    assert.deepEqual(
      cases.map(({ uuid, closedAt }) => [uuid, closedAt]),
      [[keyOf(1).uuid, null]],
    )
    assert.equal(event.id, String(audit.at(-1)?.id))
    await pass(store, 1, resolve)
    assert.deepEqual(
      changesIn(await stream.next()).cases.map(({ result }) => result),
      ['healed'],
    )
    stream.close()
  }))

test('who comes back with the last id gets all that came since, each once, and many at once are one event', () =>
  served(async (given) => {
    const { store } = given
    await store.seen(CLOUD, [seenNode(1)], { complete: true })
    const url = await urlOf(given)
    const first = reader(url)
    const { id } = await first.next()
    first.close()
    for (let n = 0; n < 250; n++) await store.hold(keyOf(1), { ...PAT, why: `reason ${n}` })
    for (const stream of [reader(url, { 'last-event-id': id ?? '' }), reader(`${url}?after=${id}`)]) {
      assert.equal((await stream.next()).event, 'hello')
      const [one, two] = [changesIn(await stream.next()), changesIn(await stream.next())]
      const messages = [...one.audit, ...two.audit].map(({ message }) => message)
      assert.deepEqual(
        messages,
        Array.from({ length: 250 }, (_, n) => `Held: reason ${n}`),
      )
      assert.deepEqual([one.audit.length, one.nodes.length], [200, 1])
      stream.close()
    }
  }))

test('who was away too long, or comes from another database, is told to read anew', () =>
  served(async (given) => {
    const { store } = given
    const url = await urlOf(given)
    const newest = await store.newestAudit()
    const other = reader(url, { 'last-event-id': String(newest + 1) })
    assert.deepEqual(await other.next(), { id: String(newest), event: 'reload', data: JSON.stringify({ newest }) })
    await store.pause(null, PAT)
    assert.equal(changesIn(await other.next()).audit[0]?.kind, 'pause')
    other.close()
  }))

test('a silent stream says now and then that it lives, and ends with the server', () =>
  served(async (given) => {
    const stream = reader(await urlOf(given))
    assert.equal((await stream.next()).event, 'hello')
    assert.equal((await stream.next()).event, ': beat')
    await given.app.close()
    assert.equal((await stream.next().catch(() => ({ event: 'end' }))).event, 'end')
  }))

/** A clock on which only short sleeps end by themselves; the long ones are ended by the test. */
function patientClock(): Clock & { long: (() => void)[] } {
  const long: (() => void)[] = []
  return {
    long,
    now: quickClock.now,
    monotonic: () => 0,
    sleep: (ms, signal) => {
      if (ms < 1_000) return quickClock.sleep(ms, signal)
      return new Promise((resolve) => {
        const end = () => {
          long.splice(long.indexOf(end), 1)
          resolve()
        }
        long.push(end)
        signal?.addEventListener('abort', () => long.includes(end) && end())
      })
    },
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    assert.ok(tries < 1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Asks for what came since `id`, and reads nothing. */
async function mute(url: string, id: string | null): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nlast-event-id: ${id}\r\n\r\n`)
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

const connections = (app: App): Promise<number> => new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)))

/** More than the kernel keeps for a socket. */
async function sayMuch({ store }: Served): Promise<void> {
  for (let n = 0; n < 100; n++) await store.hold(keyOf(1), { ...PAT, why: `${n} ${'x'.repeat(200_000)}` })
}

const slow = patientClock()
test('who does not read is let go of with a hint, holds up nobody, and loses nothing when they come back', () =>
  served(
    async (given) => {
      const { store, app } = given
      await store.seen(CLOUD, [seenNode(1)], { complete: true })
      const url = await urlOf(given)
      const quick = reader(url)
      const { id } = await quick.next()
      const stuck = await mute(url, id)
      await sayMuch(given)
      let seen = 0
      while (seen < 100) seen += changesIn(await quick.next()).audit.length
      await until(() => slow.long.length === 1)
      slow.long[0]?.()
      await until(() => slow.long.length === 1)
      let text = ''
      stuck.on('data', (chunk) => {
        text = `${text}${chunk}`.slice(-500)
      })
      stuck.resume()
      await until(() => /event: resume\ndata: \{.*Last-Event-ID.*\}\n\n/.test(text))
      await until(async () => (await connections(app)) === 1)
      const again = reader(url, { 'last-event-id': id ?? '' })
      assert.equal((await again.next()).event, 'hello')
      let missed = 0
      while (missed < 100) missed += changesIn(await again.next()).audit.length
      assert.equal(missed, 100)
      for (const stream of [quick, again]) stream.close()
    },
    () => ({ clock: slow }),
  ))

const slower = patientClock()
test('who never reads is cut off', () =>
  served(
    async (given) => {
      await given.store.seen(CLOUD, [seenNode(1)], { complete: true })
      const url = await urlOf(given)
      await sayMuch(given)
      const stuck = await mute(url, '0')
      for (const _ of ['drain', 'last chance']) {
        await until(() => slower.long.length === 1)
        slower.long[0]?.()
      }
      await until(async () => (await connections(given.app)) === 0)
      stuck.destroy()
    },
    () => ({ clock: slower }),
  ))

test('there is a last reader, and who comes after is refused until one has gone', () =>
  served(async (given) => {
    const url = await urlOf(given)
    const newest = String(await given.store.newestAudit())
    const streams = await Promise.all(Array.from({ length: READERS_MAX }, () => mute(url, newest)))
    for (const stream of streams) await new Promise((resolve) => stream.resume().once('data', resolve))
    const refused = await fetch(url)
    const body = z.looseObject({ error: z.looseObject({ what: z.string() }) }).parse(await refused.json())
    assert.deepEqual([refused.status, body.error.what], [503, 'events'])
    streams[0]?.destroy()
    await until(async () => {
      const next = await fetch(url)
      await next.body?.cancel()
      return next.status === 200
    })
    for (const stream of streams) stream.destroy()
  }))
