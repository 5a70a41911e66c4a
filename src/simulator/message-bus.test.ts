/** What the road does to Ironic's notifications, and who hears them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, SECOND } from '../core/policy.ts'
import { simulatedCloud } from './cloud.ts'
import { messageBus } from './message-bus.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

function given() {
  const clock = virtualClock({ start: Date.parse('2026-03-01T00:00:00Z') })
  const cloud = simulatedCloud({ nodes: 4, random: seededRandom(1), clock })
  const bus = messageBus(cloud.state, seededRandom(7))
  const heard: { note: string; after: number }[] = []
  let saidAt = clock.now()
  const listen = () =>
    bus.join((body) => {
      const { payload } = JSON.parse(JSON.parse(new TextDecoder().decode(body))['oslo.message'])
      const { extra, provision_state } = payload['ironic_object.data']
      heard.push({ note: extra.note ?? provision_state, after: clock.now() - saidAt })
    })
  const say = (note: string): void => {
    saidAt = clock.now()
    cloud.people.setExtra('node-1', 'note', note)
  }
  const taken = async (ms: number): Promise<string[]> => {
    await clock.advance(ms)
    return heard.splice(0).map(({ note }) => note)
  }
  return { clock, cloud, bus, heard, listen, say, taken }
}

/** Ironic says that an update begins, and that it is over. */
const each = (notes: readonly string[]): string[] => notes.flatMap((note) => [note, note]).toSorted()

test('what Ironic writes is heard at once by everybody who listens then, and by nobody who has left', async () => {
  const { listen, say, taken } = given()
  say('before')
  assert.deepEqual(await taken(SECOND), [])
  const [one] = [listen(), listen()]
  say('both')
  assert.equal((await taken(50)).length, 4)
  one?.leave()
  assert.equal(await one?.closed, null)
  say('left')
  assert.equal((await taken(50)).length, 2)
})

test('notifications are lost, come three times, or come minutes late, as long as it is said so', async () => {
  const { bus, heard, listen, say, clock, taken } = given()
  listen()
  const found = bus.trouble('lost', 1)
  say('lost')
  assert.deepEqual(await taken(5 * MINUTE), [])
  found()
  const copied = bus.trouble('doubled', 1)
  say('doubled')
  assert.deepEqual(await taken(6 * SECOND), Array(6).fill('doubled'))
  copied()
  bus.trouble('late', 1)
  const notes = Array.from({ length: 20 }, (_, n) => `n${n}`)
  for (const note of notes) say(note)
  await clock.advance(3 * MINUTE)
  const order = heard.map(({ note }) => note)
  assert.deepEqual(order.toSorted(), each(notes))
  assert.notDeepEqual(
    order,
    order.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
  )
  assert.ok(heard.every(({ after }) => after >= SECOND && after <= 2 * MINUTE + SECOND))
})

test('a share of them is met where a share is said, of two the larger, as long as each lasts', async () => {
  const { bus, listen, say, taken } = given()
  listen()
  const all = bus.trouble('lost', 1)
  bus.trouble('lost', 0.5)
  for (let n = 0; n < 100; n++) say(`n${n}`)
  assert.deepEqual(await taken(SECOND), [])
  all()
  for (let n = 0; n < 100; n++) say(`n${n}`)
  const { length } = await taken(SECOND)
  assert.ok(length > 60 && length < 140, `${length} of 200`)
})

test('while the bus is away nobody gets in, who was there is thrown out, and what was on its way is gone', async () => {
  const { bus, listen, say, taken } = given()
  const joined = listen()
  say('on its way')
  const back = bus.away()
  const late = bus.away()
  assert.equal(await joined?.closed, 'connection reset')
  assert.equal(listen(), null)
  say('meanwhile')
  back()
  assert.equal(listen(), null)
  late()
  listen()
  assert.deepEqual(await taken(MINUTE), [])
  say('back')
  assert.deepEqual(await taken(SECOND), ['back', 'back'])
})

test('a dropped connection ends, and another is let in at once', async () => {
  const { bus, listen, say, taken } = given()
  const joined = listen()
  say('on its way')
  bus.drop('connection reset')
  assert.equal(await joined?.closed, 'connection reset')
  listen()
  say('again')
  assert.deepEqual([bus.isHeard(), await taken(SECOND)], [true, ['again', 'again']])
})

test('a rumour says of a node what is not so, and leaves it as it is', async () => {
  const { bus, cloud, listen, taken } = given()
  assert.deepEqual([bus.isHeard(), bus.rumour(cloud.node('node-2').row.uuid, 'error')], [false, false])
  listen()
  const { provision_state } = cloud.node('node-2').row
  assert.notEqual(provision_state, 'error')
  assert.equal(bus.rumour(cloud.node('node-2').row.uuid, 'error'), true)
  assert.deepEqual(await taken(SECOND), ['error'])
  assert.equal(cloud.node('node-2').row.provision_state, provision_state)
  assert.equal(bus.rumour('nobody', 'error'), false)
})
