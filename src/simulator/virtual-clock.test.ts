/** Time moves only when told to, and events come in order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paced } from './paced.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

const START = Date.parse('2026-11-22T14:00:00Z')

test('events fire in order of time, then of scheduling, and code between them runs first', async () => {
  const clock = virtualClock({ start: START })
  const seen: string[] = []
  clock.after(20, () => seen.push('late'))
  clock.after(10, () => seen.push('first'))
  clock.after(10, () => seen.push('second'))
  void clock.sleep(10).then(async () => {
    await null
    seen.push('slept')
  })
  await clock.advance(15)
  assert.deepEqual(seen, ['first', 'second', 'slept'])
  assert.equal(clock.now(), START + 15)
  assert.equal(clock.monotonic(), 15)
  await clock.advance(5)
  assert.equal(seen.at(-1), 'late')
})

test('a heap of many events comes out sorted', async () => {
  const clock = virtualClock({ start: START })
  const random = seededRandom(7)
  const seen: number[] = []
  for (let count = 0; count < 500; count += 1) {
    const at = START + Math.floor(random() * 1000)
    const cancel = clock.at(at, () => seen.push(at))
    if (count % 7 === 0) cancel()
  }
  await clock.advance(1000)
  assert.equal(seen.length, 500 - 72)
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  )
})

test('times are whole milliseconds, and nothing comes before its time', async () => {
  const clock = virtualClock({ start: 1_000 })
  const at: number[] = []
  clock.after(100 / 3, () => {
    at.push(clock.now())
    clock.after(0.2, () => at.push(clock.now()))
  })
  await clock.advance(50)
  assert.deepEqual(at, [1_034, 1_035])
})

test('an aborted sleep ends at once and leaves no event behind', async () => {
  const clock = virtualClock({ start: START })
  const patience = new AbortController()
  const sleeping = clock.sleep(60_000, patience.signal)
  patience.abort()
  await sleeping
  assert.equal(clock.now(), START)
  assert.equal(clock.next(), null)
})

test('run moves time just far enough, and gives up on what never settles', async () => {
  const clock = virtualClock({ start: START })
  assert.equal(await clock.run(clock.sleep(1234).then(() => 'done')), 'done')
  assert.equal(clock.now(), START + 1234)
  await assert.rejects(clock.run(new Promise(() => {})), /nothing within/)
})

test('a paced clock lives through an hour in a moment and stops', async () => {
  const clock = virtualClock({ start: START })
  let ticks = 0
  const tick = (): void => {
    ticks += 1
    clock.after(60_000, tick)
  }
  clock.after(60_000, tick)
  const pace = paced(clock, { speed: 100_000 })
  await clock.sleep(3_600_000)
  await pace.stop()
  assert.ok(ticks >= 59, `${ticks} ticks`)
})

test('drifting by parts of a millisecond keeps whole times and loses nothing of the parts', () => {
  const clock = virtualClock({ start: 1_000 })
  for (let time = 0; time < 40; time += 1) {
    clock.drift(0.25)
    assert.ok(Number.isInteger(clock.now()))
  }
  assert.equal(clock.now(), 1_010)
})
