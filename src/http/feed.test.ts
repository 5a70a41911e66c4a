/** What all who follow events share: one look at the database, each event made once, and a bound on what is kept of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quickClock, served } from '../../test/http.ts'
import { CLOUD, keyOf, seenNode } from '../../test/store/given.ts'
import type { Store } from '../store/store.ts'
import { type Feed, openFeed } from './feed.ts'

type Given = { store: Store; feed: Feed; asked: { audit: number; newest: number }; say: (why: string) => Promise<void> }

const followed = (body: (given: Given) => Promise<void>): Promise<void> =>
  served(async ({ store }) => {
    const asked = { audit: 0, newest: 0 }
    const counted: Store = {
      ...store,
      audit: (filter) => {
        asked.audit += 1
        return store.audit(filter)
      },
      newestAudit: () => {
        asked.newest += 1
        return store.newestAudit()
      },
    }
    const stop = new AbortController()
    await store.seen(CLOUD, [seenNode(1)], { complete: true })
    const feed = openFeed({ store: counted, clock: quickClock, stop: stop.signal })
    await body({ store, feed, asked, say: (why) => store.hold(keyOf(1), { by: 'pat', why }) })
    stop.abort()
  })

const NEVER = { until: Number.POSITIVE_INFINITY, signal: new AbortController().signal }

test('a thousand who wait are told by one look at the database, and all get the same bytes', () =>
  followed(async ({ store, feed, asked, say }) => {
    const last = await store.newestAudit()
    const crowd = Promise.all(
      Array.from({ length: 1_000 }, async () => {
        await feed.news(last, NEVER)
        return await feed.after(last)
      }),
    )
    await say('vendor visit')
    const events = await crowd
    assert.equal(new Set(events.map((event) => event?.bytes)).size, 1)
    assert.match(String(events[0]?.bytes), /^id: \d+\nevent: changes\ndata: .*vendor visit.*\n\n$/)
    assert.equal(asked.audit, 1)
    assert.ok(asked.newest <= 3, `${asked.newest} looks`)
  }))

test('nobody looks while nobody waits, and who waits is told at their time or by their signal, too', () =>
  followed(async ({ store, feed, asked }) => {
    const last = await store.newestAudit()
    await feed.news(last, { until: quickClock.monotonic() + 1_000, signal: NEVER.signal })
    const gone = new AbortController()
    const waiting = feed.news(last, { until: NEVER.until, signal: gone.signal })
    gone.abort()
    await waiting
    await feed.news(last, { until: NEVER.until, signal: gone.signal })
    await quickClock.sleep(1_000)
    const looks = asked.newest
    await quickClock.sleep(3_000)
    assert.equal(asked.newest, looks)
  }))

test('what was made lately is kept for who is a little behind, within a bound, and the rest is read anew', () =>
  followed(async ({ store, feed, asked, say }) => {
    const first = await store.newestAudit()
    const lasts: number[] = []
    for (let last = first, n = 0; n < 24; n++) {
      await say(`${n} ${'x'.repeat(500_000)}`)
      lasts.push(last)
      last = (await feed.after(last))?.last ?? last
    }
    assert.ok(feed.keptBytes() > 4_000_000 && feed.keptBytes() <= 8 * 1024 * 1024, `${feed.keptBytes()} bytes`)
    const made = asked.audit
    await feed.after(lasts.at(-1) ?? 0)
    assert.equal(asked.audit, made)
    assert.match(String((await feed.after(first))?.bytes.subarray(0, 200)), /"message":"Held: 0 x/)
    assert.equal(asked.audit, made + 1)
  }))

test('trouble with the database reaches whoever waits, and the next one looks anew', () =>
  served(async ({ store }) => {
    const broken = { isSo: true }
    const newestAudit = async () => {
      if (broken.isSo) throw new Error('the disk is full')
      return await store.newestAudit()
    }
    const stop = new AbortController()
    const feed = openFeed({ store: { ...store, newestAudit }, clock: quickClock, stop: stop.signal })
    await feed.news(0, NEVER)
    broken.isSo = false
    const waiting = feed.news(await store.newestAudit(), NEVER)
    await store.pause(null, { by: 'pat', why: 'network works' })
    await waiting
    stop.abort()
  }))
