/** The parts of the failure drill that are about hearing and need no broker: what becomes of a message, and when a replica heard again. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { figuresIn, type Heard } from '../drill/ears.ts'
import { heardAgain, type Obstacle, seenAnyway } from '../drill/hearing-again.ts'
import { copiesOf, falsified, type Way } from '../drill/messages.ts'
import { coreTimeIn, stretchOf } from '../drill/slowness.ts'
import { readOsloMessage } from '../src/openstack/oslo-message.ts'
import { seededRandom } from '../src/simulator/seeded.ts'

describe('what becomes of a message', () => {
  const copies = (way: Way) => {
    const random = seededRandom(1)
    return Array.from({ length: 20 }, () => copiesOf(way, random))
  }

  test('in the plain way it comes at once and once, and so does a false one', () => {
    for (const way of ['plain', 'false'] as const) assert.ok(copies(way).every((one) => one.length === 1 && one[0] === 0))
  })

  test('lost it does not come, doubled it comes twice', () => {
    assert.ok(copies('lost').every((one) => one.length === 0))
    assert.ok(copies('doubled').every((one) => one.length === 2))
  })

  test('reordered, some that were said later come earlier', () => {
    const times = copies('reordered').map(([ms = 0], second) => second * 1_000 + ms)
    assert.notDeepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
  })

  test('a false one is one of Ironic’s in all but the state of its node', () => {
    const recorded = z
      .array(z.object({ body: z.string() }))
      .parse(JSON.parse(readFileSync(new URL('samples/ironic/notifications.json', import.meta.url), 'utf8')))
    for (const { body } of recorded) {
      const [before, after] = [readOsloMessage(new TextEncoder().encode(body)), readOsloMessage(falsified(new TextEncoder().encode(body)))]
      assert.deepEqual(after, { ...before, provision_state: 'error' })
    }
  })
})

describe('hearing again', () => {
  const sample = (at: number, heard: number, more: Partial<Heard> = {}): Heard => ({
    ...{ at, replica: 0, life: 'r0-1', isUp: true, heard, woken: 0 },
    ...more,
  })
  const away: Obstacle = { replica: null, from: 10, to: 20, isBroker: true }
  const ms = (samples: readonly Heard[], obstacles: readonly Obstacle[] = [away]) =>
    heardAgain(samples, obstacles, 60).map((one) => [one.life, one.ms])

  test('is when more was heard than before, with the queue consumed', () =>
    assert.deepEqual(ms([sample(9, 5), sample(15, 5, { isUp: false }), sample(22, 5), sample(25, 6, { isUp: false }), sample(30, 7)]), [
      ['r0-1', 10],
    ]))

  test('is asked of each replica after the broker was away, and of the one whose road was cut', () => {
    const both = [sample(9, 1), sample(9, 1, { replica: 1, life: 'r1-1' }), sample(30, 2), sample(40, 2, { replica: 1, life: 'r1-1' })]
    assert.deepEqual(ms(both), [
      ['r0-1', 10],
      ['r1-1', 20],
    ])
    assert.deepEqual(ms(both, [{ ...away, replica: 1 }]), [['r1-1', 20]])
    assert.deepEqual(ms(both, [{ ...away, isBroker: false }]), [])
  })

  test('has not come where a life heard nothing more for all that time, or too late', () => {
    assert.deepEqual(ms([sample(9, 5), sample(30, 5), sample(81, 5)]), [['r0-1', null]])
    assert.deepEqual(ms([sample(9, 5), sample(30, 5), sample(81, 6)]), [['r0-1', 61]])
  })

  test('is not told of a life that ended before, and of one that came after', () => {
    assert.deepEqual(ms([sample(9, 5), sample(30, 5), sample(79, 5)]), [])
    assert.deepEqual(ms([sample(9, 5), sample(30, 9, { life: 'r0-2' }), sample(99, 9, { life: 'r0-2' })]), [])
  })

  test('is counted from when nothing else stands in the way any more', () => {
    const database: Obstacle = { replica: null, from: 15, to: 25, isBroker: false }
    const stood: Obstacle = { replica: 0, from: 22, to: 50, isBroker: false }
    assert.deepEqual(ms([sample(9, 5), sample(23, 6), sample(60, 7)], [away, database, stood]), [['r0-1', 10]])
    assert.deepEqual(ms([sample(9, 5), sample(23, 6), sample(60, 7)], [away, database, { ...stood, replica: 1 }]), [['r0-1', 35]])
  })

  test('is not told where something else stood in the way, unless it was quick enough', () => {
    const heardLate = [sample(9, 5), sample(30, 5), sample(90, 6)]
    const database: Obstacle = { replica: null, from: 40, to: 50, isBroker: false }
    assert.deepEqual(ms(heardLate, [away, database]), [])
    assert.deepEqual(ms(heardLate, [away, { ...database, replica: 1 }]), [['r0-1', 70]])
    assert.deepEqual(ms([sample(9, 5), sample(30, 6), sample(90, 6)], [away, database]), [['r0-1', 10]])
  })
})

test('a failure that nobody could hear of is seen at the first look at the node, without the time in which the database was away', () => {
  const looks = [
    { at: 5, life: 'a', uuid: 'n1' },
    { at: 12, life: 'a', uuid: null },
    { at: 30, life: 'b', uuid: 'n1' },
    { at: 25, life: 'c', uuid: 'n1' },
  ]
  const unheard = [
    { at: 10, uuid: 'n1' },
    { at: 10, uuid: 'n1' },
    { at: 10, uuid: 'n2' },
  ]
  assert.deepEqual(
    seenAnyway(unheard, looks, [{ from: 11, to: 16 }]).map(({ uuid, ms }) => [uuid, ms]),
    [
      ['n1', 10],
      ['n2', null],
    ],
  )
})

describe('bounds of time', () => {
  /** Ten seconds each. */
  const after = (spans: readonly (readonly [ran: number, waited: number])[]) => {
    const sum = (of: 0 | 1, until: number): number => spans.slice(0, until).reduce((all, span) => all + span[of], 0)
    return Array.from({ length: spans.length + 1 }, (_, until) => ({ ran: sum(0, until), waited: sum(1, until) }))
  }

  test('are stretched by how long a process waits for a core in the worst minute, and not where it waits as usual', () => {
    const [usual, busy] = [
      [1_000, 1_000],
      [1_000, 9_000],
    ] as const
    assert.equal(stretchOf(after(Array.from({ length: 9 }, () => usual))), 1)
    assert.equal(stretchOf(after([...Array.from({ length: 6 }, () => busy), ...Array.from({ length: 9 }, () => usual)])), 5)
    assert.equal(stretchOf(after([busy, usual, usual, usual, usual, usual])), (6_000 + 14_000) / 6_000 / 2)
  })

  test('are not stretched without end', () => {
    assert.equal(stretchOf(after(Array.from({ length: 9 }, () => [1_000, 99_000]))), 5)
  })

  test('are not stretched where nothing can be told', () => {
    assert.equal(stretchOf([]), 1)
    assert.equal(stretchOf(after(Array.from({ length: 9 }, () => [1, 9_000]))), 1)
  })

  test('are stretched by what Linux says of a process', () =>
    assert.deepEqual(coreTimeIn('1781155457 7260525509 2599\n'), { ran: 1781.155457, waited: 7260.525509 }))
})

test('a replica’s figures are read off what it shows to Prometheus', () =>
  assert.deepEqual(
    figuresIn(
      [
        '# TYPE anneal_ironic_notifications_heard_total counter',
        'anneal_ironic_notifications_heard_total{cloud="crash",event="provision_set"} 12',
        'anneal_ironic_notifications_heard_total{cloud="crash",event="update"} 30',
        'anneal_ironic_notifications_woken_total{cloud="crash"} 7',
        'anneal_ironic_notifications_up{cloud="crash"} 1',
        '',
      ].join('\n'),
    ),
    { isUp: true, heard: 42, woken: 7 },
  ))
