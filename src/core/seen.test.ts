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

test('counts equal censuses five minutes apart, those between as none, and never gives up the last that was believed', () => {
  const first: CensusBelief = { believed: 100, at: NOW, challenger: null }
  const count = (belief: CensusBelief, size: number, minutes: number) => judgeCensus(belief, size, NOW + minutes * MINUTE)
  const once = count(first, 50, 0)
  assert.deepEqual(once, {
    belief: { believed: 100, at: NOW, challenger: { size: 50, times: 1, lastAt: NOW } },
    doubtful: 'Ironic listed 50 nodes although 100 are known: more than a fifth are missing from the list.',
  })
  assert.deepEqual(count(once.belief, 50, 4).belief, once.belief)
  const twice = count(once.belief, 50, 5).belief
  assert.deepEqual(twice.challenger, { size: 50, times: 2, lastAt: NOW + 5 * MINUTE })
  assert.deepEqual(count(twice, 51, 10).belief.challenger, { size: 51, times: 1, lastAt: NOW + 10 * MINUTE })
  assert.deepEqual(count(twice, 50, 10), { belief: { believed: 50, at: NOW + 10 * MINUTE, challenger: null }, doubtful: null })
})

test('says that no nodes at all were listed, and takes anything after an empty cloud', () => {
  const empty = judgeCensus({ believed: 3, at: NOW, challenger: null }, 0, NOW)
  assert.equal(empty.doubtful, 'Ironic listed no nodes at all although 3 are known.')
  assert.equal(judgeCensus({ believed: 0, at: NOW, challenger: null }, 0, NOW).doubtful, null)
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
  for (const text of ['Timeout reached while cleaning', 'Node n1 has failed', 'Step erase_devices of cleaning failed', 'Failed to clean']) {
    assert.equal(owner(true, text, 'clean failure'), 'ironic', text)
    assert.equal(owner(true, `ann: ${text}`, 'clean failure'), 'person', text)
  }
  assert.equal(owner(true, 'ann: During sync_power_state, max retries exceeded', 'power failure'), 'person')
  // With this fault Ironic writes but the one text.
  for (const text of ['Node has failed PSU, do not touch', 'Failed to boot, vendor comes', 'Timeout reached while waiting for parts'])
    assert.equal(owner(true, text, 'power failure'), 'person', text)
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

test('lifts nothing while a maintenance stands, whose ever it is', () => {
  const before = { maintenance_reason: 'swap', seenAt: NOW, fault: true }
  const stands = (maintenance_reason: string | null, fault: string | null) =>
    rememberPerson(before, { maintenance: true, maintenance_reason, fault }, NOW).liftedByIronic
  assert.equal(stands('swap', null), false)
  assert.equal(stands('During sync_power_state, max retries exceeded', 'power failure'), false)
  assert.equal(stands('anneal:c-1 config: Look.', null), false)
  assert.deepEqual(rememberPerson(null, { maintenance: true, maintenance_reason: 'swap', fault: null }, NOW), {
    person: { maintenance_reason: 'swap', seenAt: NOW, fault: false },
    liftedByIronic: false,
  })
})
