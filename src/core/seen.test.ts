/** What a census is worth, whose a maintenance is, and when one that vanished stays a hold. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW } from '../../test/given.ts'
import { maintenanceOwner } from './ironic.ts'
import { MINUTE } from './policy.ts'
import { type CensusBelief, judgeCensus, rememberPerson } from './seen.ts'

/** Counts censuses one after the other: [size, minutes after the first]; true where the last is believed. */
function believed(counts: [size: number, minutes: number][], first = 100): boolean {
  let belief: CensusBelief = { believed: first, at: NOW, challenger: null }
  let doubtful: string | null = null
  for (const [size, minutes] of counts) ({ belief, doubtful } = judgeCensus(belief, size, NOW + minutes * MINUTE))
  return doubtful === null
}

test('believes the first census, a growing one, and one smaller by at most a fifth', () => {
  assert.equal(judgeCensus({ believed: null, at: null, challenger: null }, 7, NOW).doubtful, null)
  assert.ok(believed([[500, 1]]))
  assert.ok(believed([[80, 1]]))
  assert.ok(!believed([[79, 1]]))
})

test('lets a small cloud lose two nodes', () => {
  assert.ok(believed([[2, 1]], 4))
  assert.ok(!believed([[1, 1]], 4))
})

test('believes a small census when it was counted three times, five minutes apart', () => {
  assert.ok(
    !believed([
      [50, 0],
      [50, 5],
    ]),
  )
  assert.ok(
    believed([
      [50, 0],
      [50, 5],
      [50, 10],
    ]),
  )
  assert.ok(
    !believed([
      [50, 0],
      [50, 1],
      [50, 2],
      [50, 3],
    ]),
  )
  assert.ok(
    !believed([
      [50, 0],
      [51, 5],
      [50, 10],
    ]),
  )
  assert.ok(
    !believed(
      [
        [50, 0],
        [50, 5],
        [90, 7],
        [50, 10],
      ],
      110,
    ),
  )
})

test('never believes an empty census where nodes are known', () => {
  assert.ok(
    !believed([
      [0, 0],
      [0, 5],
      [0, 10],
      [0, 15],
    ]),
  )
  assert.ok(!believed([[0, 0]], 1))
})

const owner = (maintenance: boolean, maintenance_reason: string | null, fault: string | null) =>
  maintenanceOwner({ maintenance, maintenance_reason, fault })

test("knows whose a maintenance is; what nobody else claims is a person's", () => {
  assert.equal(owner(false, null, null), 'nobody')
  assert.equal(owner(true, null, null), 'person')
  assert.equal(owner(true, 'swap', null), 'person')
  assert.equal(owner(true, 'swap', 'power failure'), 'person')
  assert.equal(owner(true, 'During sync_power_state, max retries exceeded for node x', 'power failure'), 'ironic')
  assert.equal(owner(true, 'During sync_power_state, max retries exceeded for node x', null), 'person')
  assert.equal(owner(true, 'Failed to prepare node for cleaning: no port', 'clean failure'), 'ironic')
  // Ironic never sets a fault without its reason: somebody's `maintenance set` without one took the reason's place.
  assert.equal(owner(true, null, 'power failure'), 'person')
  assert.equal(owner(true, 'anneal:c-1 config: Look.', null), 'ours')
  assert.equal(owner(true, 'not anneal:c-1', null), 'person')
})

test("holds a node when a person's maintenance vanished while there was a fault", () => {
  const swap = { maintenance: true, maintenance_reason: 'swap', fault: null }
  const nobody = { maintenance: false, maintenance_reason: null, fault: null }
  const over = { ...swap, fault: 'power failure' }
  const taken = { maintenance: true, maintenance_reason: 'During sync_power_state, max retries exceeded', fault: 'power failure' }
  const lifted = (...seen: (typeof over | typeof swap)[]) => {
    const person = seen.reduce((before, node) => rememberPerson(before, node, NOW).person, rememberPerson(null, nobody, NOW).person)
    return rememberPerson(person, nobody, NOW).liftedByIronic
  }
  assert.equal(lifted(swap), false)
  assert.equal(lifted(over), true)
  assert.equal(lifted(swap, over), true)
  assert.equal(lifted(over, swap), true)
  assert.equal(lifted(swap, taken), true)
  assert.equal(lifted(taken), false)
})
