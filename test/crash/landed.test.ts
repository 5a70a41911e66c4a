/** What a kill left behind says where it met the daemon. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interrupted, type Left, type Place, placeOf } from '../../crash/landed.ts'
import { drawPlan } from '../../crash/plan.ts'
import { seededRandom } from '../../src/simulator/seeded.ts'

const KILLED = 1_000
const left = (differs: Partial<Left> = {}): Left => ({
  killedAt: KILLED,
  unsettled: [],
  steps: [],
  halfWritten: false,
  hasPolled: true,
  reading: 0,
  ...differs,
})
const mark = (answeredAt: number | null) => ({ intentId: 'i', isMark: true, left: 900, answeredAt })
const verb = (answeredAt: number | null, at = 960) => ({ intentId: 'i', isMark: false, left: at, answeredAt })
const unsettled = ['i']

const PLACES: [string, Partial<Left>, Place][] = [
  ['no poll yet', { hasPolled: false, reading: 1 }, 'starting, before its first poll'],
  ['nothing open', {}, 'idle'],
  ['reads open', { reading: 2 }, 'observing a node'],
  ['frames without their commit', { halfWritten: true, reading: 2 }, 'in the middle of writing a commit'],
  ['an intent and no request', { unsettled }, 'between commit and first request'],
  ['a mark without an answer', { unsettled, steps: [mark(null)] }, 'mark on its way'],
  ['a mark that was answered after the kill', { unsettled, steps: [mark(1_020)] }, 'mark on its way'],
  ['a mark that was answered', { unsettled, steps: [mark(950)] }, 'between mark and verb'],
  ['a verb without an answer', { unsettled, steps: [mark(950), verb(null)] }, 'act on its way'],
  ['a verb that arrived after the kill', { unsettled, steps: [mark(950), verb(null, 1_001)] }, 'between mark and verb'],
  ['a verb that was answered', { unsettled, steps: [mark(950), verb(990)] }, 'between answer and record'],
  ['an outcome that was recorded', { steps: [mark(950), verb(990)] }, 'idle'],
]

for (const [what, differs, place] of PLACES) {
  test(`${what}: ${place}`, () => assert.equal(placeOf(left(differs)), place))
}

test('of several acts each has its place, and the most delicate one names the kill', () => {
  const two = left({ unsettled: ['i', 'j'], steps: [mark(950)] })
  assert.deepEqual(interrupted(two), ['between mark and verb', 'between commit and first request'])
  assert.equal(placeOf(two), 'between mark and verb')
})

test('a seed gives the same plans again, of every kind', () => {
  const plans = (seed: number) => {
    const random = seededRandom(seed)
    return Array.from({ length: 100 }, () => drawPlan(random, true))
  }
  assert.deepEqual(plans(7), plans(7))
  assert.notDeepEqual(plans(7), plans(8))
  assert.deepEqual([...new Set(plans(7).map(({ at }) => at))].toSorted(), ['request', 'time', 'write'])
})
