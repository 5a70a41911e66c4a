/** When a BMC that comes and goes is said to flap. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW } from '../../test/given.ts'
import { flapsOf, type Reach, reachAfter } from './flapping.ts'
import type { BmcLook } from './observation.ts'
import { DAY, HOUR, MINUTE } from './policy.ts'
import { known, unknown } from './reading.ts'

const after = (kinds: readonly (BmcLook['kind'] | 'unknown')[], every = MINUTE): Reach | undefined =>
  kinds.reduce<Reach | undefined>(
    (reach, kind, at) => reachAfter(reach, kind === 'unknown' ? unknown('no route') : known({ kind, detail: 'd', at: NOW + at * every })),
    undefined,
  )

test('counts only from answering to not answering, whatever it answers', () => {
  assert.deepEqual(after([]), undefined)
  assert.deepEqual(after(['silent', 'silent', 'answers']), { answered: true, since: NOW + 2 * MINUTE, lostAt: [] })
  assert.deepEqual(after(['answers', 'silent', 'refusing', 'faulty', 'refusing']), {
    answered: false,
    since: NOW + 4 * MINUTE,
    lostAt: [NOW + MINUTE, NOW + 4 * MINUTE],
  })
})

test('what could not be looked at changes nothing', () => {
  assert.deepEqual(after(['answers', 'unknown', 'silent']), {
    answered: false,
    since: NOW + 2 * MINUTE,
    lostAt: [NOW + 2 * MINUTE],
  })
  assert.equal(after(['answers', 'unknown', 'faulty', 'answers'])?.since, NOW)
  assert.deepEqual(after(['unknown']), undefined)
})

test('three times within a day is flapping, and what is older is forgotten', () => {
  const lost = (count: number): Reach => ({ answered: true, since: NOW, lostAt: Array.from({ length: count }, (_, at) => NOW - at * HOUR) })
  assert.equal(flapsOf(undefined, NOW), null)
  assert.equal(flapsOf(lost(2), NOW), null)
  assert.equal(flapsOf(lost(3), NOW), 3)
  assert.equal(flapsOf(lost(3), NOW + DAY - HOUR), null)
})

test('keeps ten times at most, the newest', () => {
  const many = after(Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? 'answers' : 'silent')))
  assert.equal(many?.lostAt.length, 10)
  assert.equal(many?.lostAt.at(-1), NOW + 59 * MINUTE)
  assert.deepEqual(after(['answers', 'silent', 'answers', 'silent'], DAY)?.lostAt, [NOW + 3 * DAY])
})

test('a loss of exactly a day ago does not count, and one that hangs was reached', () => {
  const reach: Reach = { answered: true, since: NOW, lostAt: [NOW - DAY, NOW - HOUR, NOW] }
  assert.equal(flapsOf(reach, NOW), null)
  assert.equal(flapsOf(reach, NOW - 1), 3)
  assert.deepEqual(reachAfter(reach, known({ kind: 'answers', detail: 'd', at: NOW }))?.lostAt, [NOW - HOUR, NOW])
  const hangs = known({ kind: 'silent' as const, detail: 'd', at: NOW, hangs: true as const })
  assert.equal(reachAfter(undefined, hangs)?.answered, true)
})
