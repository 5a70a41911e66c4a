/** The comparison itself: what agrees, what differs, and what a list of differences excuses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differencesOf, isListed, table } from './compare.ts'

const took = (seconds: number) => ({ a: { took: { seconds } } })

test('times agree within an order of magnitude, and all that is at once agrees', () => {
  assert.deepEqual(differencesOf(took(5.4), took(12)), [])
  assert.deepEqual(differencesOf(took(0.01), took(1.4)), [])
  assert.equal(differencesOf(took(2.4), took(30)).length, 1)
  assert.equal(differencesOf(took(0.02), took(60)).length, 1)
})

test('any other value differs where it stands, and so does a case that one place lacks', () => {
  const lab = { a: { status: 409, said: ['x'] }, b: 1 }
  const simulator = { a: { status: 400, said: ['x', 'y'] } }
  assert.deepEqual(differencesOf(lab, simulator), [
    { case: 'a', at: 'status', lab: 409, simulator: 400 },
    { case: 'a', at: 'said', lab: ['x'], simulator: ['x', 'y'] },
    { case: 'b', at: '', lab: 1, simulator: undefined },
  ])
})

test('a listed difference excuses its own place only, and the table says which is which', () => {
  const listed = [{ case: 'a', at: /^status$/, why: 'for a reason' }]
  const findings = { lab: { a: { status: 409 }, b: 1, c: 1 }, simulator: { a: { status: 400 }, b: 2, c: 1 } }
  const [a, b] = differencesOf(findings.lab, findings.simulator)
  assert.ok(a !== undefined && b !== undefined)
  assert.deepEqual(
    [a, b].map((one) => listed.some((entry) => isListed(entry, one))),
    [true, false],
  )
  assert.deepEqual(
    table(findings, listed)
      .split('\n')
      .map((line) => line.split(/\s+/).at(-1)),
    ['verdict', 'listed', 'DIFFERENT', 'same'],
  )
})
