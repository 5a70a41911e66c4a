/** The parts of the failure drill that need no replicas: what a seed draws, what is told from a log, and a road that is cut. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { WAYS } from '../drill/messages.ts'
import { openRelay } from '../drill/relay.ts'
import { type Deed, drawSchedule, longPauseMs } from '../drill/schedule.ts'
import { overruledIn, type SentRequest, sentInSleep, staleAfter } from '../drill/stale.ts'
import { type Loss, middleOf, takeOversIn } from '../drill/take-over.ts'

const PEERS = ['database', 'cloud', 'broker']
const drawn = (seed: number, replicas = 3) => drawSchedule({ seed, minutes: 2, replicas, peers: PEERS })
const deedsOf = (seed: number, replicas = 3): Deed[] => drawn(seed, replicas).lanes.flatMap((lane) => lane.map(({ deed }) => deed))

describe('the schedule of a drill', () => {
  test('is the same for a seed, and another one for another', () => {
    assert.deepEqual(drawn(7), drawn(7))
    assert.notDeepEqual(drawn(7), drawn(8))
  })

  test('has every kind of deed, each peer cut off and one pause that outlives a claim and an intent, whatever the seed', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const deeds = deedsOf(seed)
      const kinds = new Set(deeds.map(({ kind }) => kind))
      assert.deepEqual([...kinds].toSorted(), ['broker', 'clock', 'database', 'kill', 'messages', 'partition', 'pause', 'policy'])
      for (const peer of PEERS) assert.ok(deeds.some((deed) => deed.kind === 'partition' && deed.peer === peer && deed.how !== 'slow'))
      for (const how of ['fast', 'immediate', 'pause']) assert.ok(deeds.some((deed) => deed.kind === 'database' && deed.how === how))
      for (const how of ['stop', 'kill', 'pause']) assert.ok(deeds.some((deed) => deed.kind === 'broker' && deed.how === how))
      for (const how of WAYS) assert.ok(deeds.some((deed) => deed.kind === 'messages' && deed.how === how))
      const long = deeds.filter((deed) => deed.kind === 'pause' && deed.isLong)
      assert.deepEqual(
        long.map((deed) => deed.kind === 'pause' && deed.ms),
        [70_000],
      )
    }
  })

  test('lets nothing that must be done wait for the replica that stands still for long', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const [[long] = [], others = []] = drawn(seed).lanes
      const replicas = others.filter(({ isMust }) => isMust).map(({ deed }) => 'replica' in deed && deed.replica)
      assert.ok(long?.deed.kind === 'pause' && !replicas.includes(long.deed.replica))
    }
  })

  test('leaves one replica alone at any time: a lane fewer than there are replicas, besides those for the database, the broker and the messages', () => {
    for (const replicas of [1, 2, 3, 5]) {
      const ofReplicas = drawn(1, replicas).lanes.filter((lane) => lane.some(({ deed }) => 'replica' in deed))
      assert.equal(ofReplicas.length, Math.max(1, replicas - 1))
      assert.equal(drawn(1, replicas).lanes.length, ofReplicas.length + 3)
    }
  })

  test('lets the broker stand still once for longer than the 25 s after which it counts as lost', () => {
    for (let seed = 0; seed < 50; seed += 1)
      assert.ok(deedsOf(seed).some((deed) => deed.kind === 'broker' && deed.how === 'pause' && deed.ms > 25_000))
  })

  test('never gives a policy to the replica that is to take it back', () => {
    for (let seed = 0; seed < 50; seed += 1)
      for (const deed of deedsOf(seed)) if (deed.kind === 'policy') assert.notEqual(deed.replica, deed.after)
  })

  test('pauses longer where there is time for it', () => assert.deepEqual([2, 6, 20].map(longPauseMs), [70_000, 230_000, 630_000]))
})

describe('the time until another looks', () => {
  const killed: Loss = { life: 'a', kind: 'kill', at: 1_000, until: null, held: [{ uuid: 'n1', dueAt: 0 }] }
  const ms = (loss: Loss, looks: [at: number, life: string, uuid: string | null][], away: { from: number; to: number }[] = []) =>
    takeOversIn(
      [loss],
      looks.map(([at, life, uuid]) => ({ at, life, uuid })),
      away,
    ).map((one) => [one.uuid, one.ms])

  test('is that of the first look of another life at the node, and of the next poll', () =>
    assert.deepEqual(
      ms(killed, [
        [900, 'b', 'n1'],
        [1_200, 'b', null],
        [4_000, 'b', 'n2'],
        [9_000, 'c', 'n1'],
        [9_500, 'b', 'n1'],
      ]),
      [
        [null, 200],
        ['n1', 8_000],
      ],
    ))

  test('begins when the node is due, where that is later', () =>
    assert.deepEqual(
      ms({ ...killed, held: [{ uuid: 'n1', dueAt: 5_000 }] }, [
        [1_001, 'b', null],
        [6_000, 'b', 'n1'],
      ])[1],
      ['n1', 1_000],
    ))

  test('does not count the time in which the database was away', () =>
    assert.deepEqual(
      ms(
        killed,
        [
          [1_001, 'b', null],
          [9_000, 'b', 'n1'],
        ],
        [
          { from: 500, to: 4_000 },
          { from: 8_000, to: 12_000 },
        ],
      )[1],
      ['n1', 4_000],
    ))

  test('is never over where nobody looks, and is none where the one that stood still came back first', () => {
    assert.deepEqual(ms(killed, [[1_001, 'b', null]])[1], ['n1', null])
    const paused: Loss = { ...killed, kind: 'pause', until: 3_000 }
    assert.deepEqual(
      ms(paused, [
        [1_500, 'b', null],
        [1_600, 'a', 'n1'],
        [3_100, 'a', 'n1'],
      ]),
      [[null, 500]],
    )
  })

  test('has a middle', () => assert.deepEqual([middleOf([]), middleOf([3, 1, 2])], [null, 2]))
})

describe('what a replica should have known', () => {
  const sent = (at: number, createdAt: number | null, life = 'a'): SentRequest => ({
    ...{ at, life, uuid: 'n1', step: 'mark' },
    intent: createdAt === null ? null : { id: `i${createdAt}`, createdAt },
  })
  const stood = { life: 'a', from: 10_000, to: 80_000 }

  test('after a pause nothing may leave that was decided before its end', () =>
    assert.deepEqual(
      staleAfter(stood, [sent(9_000, 8_000), sent(80_010, 9_900), sent(90_000, 85_000), sent(80_010, 9_900, 'b'), sent(81_000, null)]),
      [sent(80_010, 9_900), sent(81_000, null)],
    ))

  test('in a pause nothing may leave but what was on the road', () =>
    assert.deepEqual(sentInSleep(stood, [sent(10_100, 9_900), sent(40_000, 9_900), sent(40_000, 9_900, 'b')]), [sent(40_000, 9_900)]))

  test('an act is of the policy that its sender has', () => {
    const o = {
      policies: ['x', 'y', 'x'],
      revisions: new Map([
        ['i1', 1],
        ['i2', 2],
        ['i3', 3],
      ]),
      policyOf: new Map([['a', 'x']]),
    }
    assert.deepEqual(overruledIn([sent(1, 1), sent(2, 2), sent(3, 3), sent(4, null)], o), [sent(2, 2)])
  })
})

test('a road carries both ways, swallows what is sent while it is silent, resets what lost bytes, and refuses where it is cut', async () => {
  const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  assert.ok(typeof address === 'object' && address !== null)
  const road = await openRelay({ host: '127.0.0.1', port: address.port })
  const heard: string[] = []
  const open = () =>
    connect(road.at)
      .on('data', (chunk) => heard.push(chunk.toString()))
      .on('error', () => {})
  const first = open()
  first.write('one')
  await once(first, 'data')
  road.set({ is: 'silent' })
  first.write('two')
  // What goes another way arrives meanwhile: nothing is waited for by the clock.
  const beside = connect({ host: '127.0.0.1', port: address.port })
  beside.write('beside')
  await once(beside, 'data')
  const reset = once(first, 'error')
  road.set({ is: 'open' })
  assert.match(String(await reset), /ECONNRESET/)
  road.set({ is: 'slow', ms: 20 })
  const second = open()
  second.write('three')
  await once(second, 'data')
  road.set({ is: 'cut' })
  await once(second, 'error')
  const third = open()
  await once(third, 'error')
  assert.deepEqual(heard, ['one', 'three'])
  beside.destroy()
  await road.close()
  echo.close()
})
