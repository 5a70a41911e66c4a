/** The progress line: only for a person, and only for what takes a while. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from '../simulator/virtual-clock.ts'
import { progress } from './progress.ts'

function watched(isTTY: boolean) {
  const clock = virtualClock({ start: 0 })
  const written: string[] = []
  const err = { write: (text: string) => written.push(text), isTTY, columns: () => (isTTY ? 20 : null) }
  return { clock, written, shown: progress({ err }, clock) }
}

test('the first second says nothing, after that the line stands and is cleared at the end', async () => {
  const { clock, written, shown } = watched(true)
  shown.say('listing nodes of a cloud with a long name')
  assert.deepEqual(written, [])
  await clock.advance(1_000)
  assert.deepEqual(written, ['\r\u001b[2Klisting nodes of a '])
  shown.end()
  assert.equal(written.at(-1), '\r\u001b[2K')
})

test('what is over within a second leaves no trace', async () => {
  const { clock, written, shown } = watched(true)
  shown.say('listing nodes')
  await clock.advance(900)
  shown.end()
  await clock.advance(5_000)
  assert.deepEqual(written, [])
})

test('where nobody watches only whole lines are written', async () => {
  const { clock, written, shown } = watched(false)
  shown.say('listing nodes')
  await clock.advance(5_000)
  shown.line('node-1: reset: accepted')
  shown.end()
  assert.deepEqual(written, ['node-1: reset: accepted\n'])
})
