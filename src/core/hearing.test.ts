/** When notifications prove alive, and how often a cloud is polled then. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { afterPoll, DEAF, type Hearing, pollEvery, whyNotAlive } from './hearing.ts'
import { HOUR, MINUTE, SECOND } from './policy.ts'

const NOW = 10 * HOUR
const EVERY = { short: 15 * SECOND, stretched: MINUTE }
const node = (uuid: string, provision_state = 'error') => ({ uuid, provision_state })

/** Connected for an hour, heard of something a minute ago, polled 15 s ago without finding anything. */
const given = (differing: Partial<Hearing> = {}): Hearing => ({
  ...DEAF,
  upSince: NOW - HOUR,
  heardAt: NOW - MINUTE,
  listed: new Map(),
  polledAt: NOW - 15 * SECOND,
  ...differing,
})
const every = (hearing: Hearing, at = NOW): number => pollEvery(hearing, EVERY, at)

test('who is connected and has heard of a node of the cloud within the hour polls seldom', () => {
  assert.equal(every(given()), EVERY.stretched)
})

describe('polls are frequent', () => {
  const cases: [string, Partial<Hearing>][] = [
    ['without a connection', { upSince: null }],
    ['where nothing was ever heard', { heardAt: null }],
    ['where nothing was heard since the connection came back', { upSince: NOW - 30 * SECOND }],
    ['where nothing was heard for an hour', { heardAt: NOW - HOUR }],
    ['while a change is waiting for its notification', { suspects: new Map([['a', NOW - MINUTE]]) }],
    ['for ten minutes after a change that nothing announced', { missedAt: NOW - 10 * MINUTE + 1 }],
    ['after that, until something is heard again', { missedAt: NOW - 10 * MINUTE, heardAt: NOW - 11 * MINUTE }],
    ['where only a poll can look into what was heard', { wantsPoll: true }],
  ]
  for (const [when, differing] of cases) test(when, () => assert.equal(every(given(differing)), EVERY.short))
})

test('ten minutes after a change that nothing announced, what is heard counts again', () => {
  assert.equal(every(given({ missedAt: NOW - 10 * MINUTE })), EVERY.stretched)
})

test('a change that was announced since the last poll, or shortly before it, speaks for them', () => {
  const heardOf = new Map([
    ['a', NOW - 5 * SECOND],
    ['b', NOW - 20 * SECOND],
  ])
  const after = afterPoll(given({ heardOf }), [node('a'), node('b')], NOW)
  assert.deepEqual([after.suspects.size, whyNotAlive(after, NOW)], [0, null])
})

test('a change that nothing announced is suspected at once, cleared where its notification was only late, and proven by the next poll', () => {
  const suspecting = afterPoll(given(), [node('a')], NOW)
  assert.equal(every(suspecting), EVERY.short)
  const next = NOW + 15 * SECOND
  const late = afterPoll({ ...suspecting, heardOf: new Map([['a', NOW + SECOND]]), heardAt: NOW + SECOND }, [node('a')], next)
  assert.deepEqual([late.missedAt, whyNotAlive(late, next)], [null, null])
  const proven = afterPoll(suspecting, [node('a')], next)
  assert.deepEqual([proven.missedAt, every(proven, next)], [next, EVERY.short])
})

test('a node that moves on or leaves must have been announced, one that stays need not', () => {
  const listed = new Map([
    ['stays', 'error'],
    ['moves', 'deleting'],
    ['leaves', 'cleaning'],
  ])
  const after = afterPoll(given({ listed }), [node('stays'), node('moves', 'error')], NOW)
  assert.deepEqual([...after.suspects.keys()].toSorted(), ['leaves', 'moves'])
})

test('what moved before the queue was there could not be heard, and proves nothing', () => {
  assert.equal(afterPoll(given({ upSince: NOW - SECOND }), [node('a')], NOW).suspects.size, 0)
  assert.equal(afterPoll(given({ upSince: null }), [node('a')], NOW).suspects.size, 0)
  assert.equal(afterPoll(given({ listed: null, polledAt: null }), [node('a')], NOW).suspects.size, 0)
})

test('what was heard of nodes is kept for one poll and its grace, not for ever', () => {
  const heardOf = new Map([
    ['old', NOW - 26 * SECOND],
    ['new', NOW - 24 * SECOND],
  ])
  assert.deepEqual([...afterPoll(given({ heardOf }), [], NOW).heardOf.keys()], ['new'])
})

test('a poll ends the wish for one', () => {
  assert.equal(afterPoll(given({ wantsPoll: true }), [], NOW).wantsPoll, false)
})

test('why they do not prove alive is said, the plainest first', () => {
  const why = (differing: Partial<Hearing> = {}) => whyNotAlive(given({ upSince: NOW - 2 * HOUR, ...differing }), NOW)
  const unannounced = 'a change was not announced, or what was heard could not be kept'
  const suspects = new Map([['a', NOW - MINUTE]])
  assert.equal(whyNotAlive(DEAF, NOW), 'not connected')
  assert.equal(why({ upSince: null, suspects, missedAt: NOW }), 'not connected')
  assert.equal(why({ suspects, missedAt: NOW, heardAt: null }), 'a poll found a change that nothing has announced so far')
  assert.equal(why({ missedAt: NOW - 10 * MINUTE + 1, heardAt: null }), unannounced)
  assert.equal(why({ missedAt: NOW - 10 * MINUTE + 1 }), unannounced)
  assert.equal(why({ heardAt: null }), 'nothing was heard yet')
  assert.equal(why({ upSince: NOW - 30 * SECOND }), 'nothing was heard yet')
  assert.equal(why({ heardAt: NOW - HOUR }), 'nothing was heard for an hour')
  assert.equal(why({ heardAt: NOW - HOUR + 1 }), null)
})

test('what is heard as the connection comes up counts, what is heard as a change is missed does not', () => {
  const missedAt = NOW - 10 * MINUTE
  assert.equal(whyNotAlive(given({ upSince: NOW - MINUTE, heardAt: NOW - MINUTE }), NOW), null)
  assert.equal(whyNotAlive(given({ missedAt, heardAt: missedAt }), NOW), 'nothing was heard yet')
  assert.equal(whyNotAlive(given({ missedAt, heardAt: missedAt + 1 }), NOW), null)
})

test('an announcement counts from ten seconds before the last poll on, for the poll that finds the change and for the next one', () => {
  const from = NOW - 25 * SECOND
  const found = (at: number) => afterPoll(given({ heardOf: new Map([['a', at]]) }), [node('a')], NOW)
  assert.deepEqual([...found(from).suspects], [])
  assert.deepEqual([...found(from - 1).suspects], [['a', from]])
  assert.deepEqual([[...found(from).heardOf.keys()], [...found(from - 1).heardOf.keys()]], [['a'], []])
  const both = (a: number, b: number) => new Map(Object.entries({ a, b }))
  const missedAt = (b: number) => afterPoll(given({ suspects: both(from, from), heardOf: both(from, b) }), [], NOW).missedAt
  assert.deepEqual([missedAt(from), missedAt(from - 1)], [null, NOW])
})

test('the first poll has nothing to compare with, and keeps what was heard within its grace', () => {
  const heardOf = new Map([
    ['old', NOW - 10 * SECOND - 1],
    ['new', NOW - 10 * SECOND],
  ])
  const first = afterPoll({ ...DEAF, upSince: NOW - HOUR, heardOf }, [node('a')], NOW)
  assert.deepEqual(
    { ...first, listed: [...(first.listed ?? [])], heardOf: [...first.heardOf.keys()] },
    {
      ...DEAF,
      upSince: NOW - HOUR,
      listed: [['a', 'error']],
      polledAt: NOW,
      heardOf: ['new'],
    },
  )
  assert.equal(afterPoll(given({ listed: null }), [node('a')], NOW).suspects.size, 0)
})

test('a queue that was there when the last poll began could hear what moved since', () => {
  const polledAt = NOW - 15 * SECOND
  assert.deepEqual([...afterPoll(given({ upSince: polledAt, polledAt }), [node('a')], NOW).suspects.keys()], ['a'])
  assert.equal(afterPoll(given({ upSince: polledAt + 1, polledAt }), [node('a')], NOW).suspects.size, 0)
})

test('a poll that finds all announced forgets neither what was missed before nor what was heard', () => {
  const missedAt = NOW - 5 * MINUTE
  const after = afterPoll(given({ missedAt }), [], NOW)
  assert.deepEqual([after.missedAt, after.heardAt, after.upSince], [missedAt, NOW - MINUTE, NOW - HOUR])
})
