/** A written scenario as a test: `FOLDER/NAME.txt` is played, and its output is `NAME.out` to the byte. `npm run golden` writes it anew. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { playScript } from '../src/cli/simulation/script-play.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'

const policy = { ...DEFAULT_POLICY, mode: 'auto' as const }
const isRewriting = process.env['UPDATE_GOLDEN'] === '1'

/** Tests all scenarios of the folder, and that each opens with what it shows, asks for the promises last, and has its output. */
export function goldenScenarios(folder: URL, atLeast: number): void {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => name.slice(0, -'.txt'.length))
  const text = (name: string): string => readFileSync(new URL(name, folder), 'utf8')

  for (const name of names) {
    test(`scenario ${name} goes as it is written down, and every promise is kept`, async () => {
      const played = await playScript(text(`${name}.txt`), policy)
      assert.deepEqual(
        played.history.broken.map(({ promise, what }) => `${promise}: ${what}`),
        [],
      )
      const out = new URL(`${name}.out`, folder)
      if (isRewriting) writeFileSync(out, played.text)
      const expected = existsSync(out) ? readFileSync(out, 'utf8') : ''
      assert.equal(played.text, expected, 'differs from the .out beside it; `npm run golden` writes it')
    })
  }

  test('each scenario opens with what it shows, asks for the promises last, and each output has its scenario', () => {
    assert.ok(names.length >= atLeast, `${names.length} scenarios`)
    for (const name of names) {
      const lines = text(`${name}.txt`).trimEnd().split('\n')
      assert.match(lines[0] ?? '', /^# [A-Z].{20,}/, name)
      assert.equal(lines.at(-1), 'promises', name)
    }
    const outputs = readdirSync(folder).filter((name) => !name.endsWith('.txt'))
    assert.deepEqual(outputs.toSorted(), names.map((name) => `${name}.out`).toSorted())
  })
}
