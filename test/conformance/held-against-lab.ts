/**
 * The conformance suite on the lab that is up, told beside the simulator: a table of every case, and a failure for each difference that
 * nobody has listed. Used by the lab's scenario and by its Keystone variant.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differencesOf, isListed, table, told } from './compare.ts'
import { LISTED } from './differences.ts'
import { toldToLab } from './lab-site.ts'
import { allOf, record, recorded, type Told } from './recorded.ts'
import { toldToSimulator } from './simulator-site.ts'
import type { Setting } from './site.ts'
import { CHAPTERS } from './suite.ts'

/** Defines the tests of some settings; the lab must be up with (`keystone`) or without Keystone by the time they run. */
export function holdAgainstLab(settings: readonly Setting[]): void {
  for (const setting of settings) {
    const chapters = CHAPTERS.filter((chapter) => chapter.setting === setting)
    const lab: Told = {}

    test(`the lab and the simulator answer alike: ${setting}`, { timeout: 360_000 }, async () => {
      Object.assign(lab, await toldToLab(setting, chapters))
      const simulator: Told = {}
      for (const chapter of chapters) simulator[chapter.title] = await toldToSimulator(chapter)
      const both = { lab: allOf(lab), simulator: allOf(simulator) }
      process.stderr.write(`${table(both, LISTED)}\n`)
      if (process.env['UPDATE_GOLDEN'] === '1') record(setting, lab)
      const unlisted = differencesOf(both.lab, both.simulator).filter((one) => !LISTED.some((entry) => isListed(entry, one)))
      assert.deepEqual(unlisted.map(told), [])
    })

    test(`the lab answers as it did when it was recorded: ${setting}`, () => {
      const drifted = differencesOf(allOf(lab), allOf(recorded(setting)))
      assert.deepEqual(
        drifted.map((one) => told(one).replace('simulator ', 'recorded  ')),
        [],
      )
    })
  }
}
