/**
 * The conformance suite on the simulator, held against what the lab's Ironic and Keystone answered. A failure here is a defect of the
 * simulator, or a difference to be listed with its reason in differences.ts.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Difference, differencesOf, isListed, told } from './compare.ts'
import { LISTED } from './differences.ts'
import { allOf, recorded } from './recorded.ts'
import { toldToSimulator } from './simulator-site.ts'
import { CHAPTERS } from './suite.ts'

const found: Difference[] = []
const lab = Object.assign({}, ...(['plain', 'busy', 'keystone', 'services'] as const).map(recorded))

for (const chapter of CHAPTERS) {
  test(`the simulator answers as the lab did: ${chapter.title}`, async () => {
    const differences = differencesOf(lab[chapter.title] ?? {}, await toldToSimulator(chapter))
    found.push(...differences)
    const unlisted = differences.filter((one) => !LISTED.some((entry) => isListed(entry, one)))
    assert.deepEqual(unlisted.map(told), [])
  })
}

test('the suite is told in full, and every recorded chapter is still in it', () => {
  assert.deepEqual(Object.keys(lab).sort(), CHAPTERS.map(({ title }) => title).sort())
  assert.ok(Object.keys(allOf(lab)).length >= 60)
})

test('a listed difference that is none any more is taken from the list', () => {
  const gone = LISTED.filter((entry) => !found.some((one) => isListed(entry, one)))
  assert.deepEqual(
    gone.map(({ case: name }) => String(name)),
    [],
  )
})
