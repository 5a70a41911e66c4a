/**
 * One recorded decision for each verdict that the simulated world was brought to, kept as it was written. It holds two things: recordings of
 * this format can still be read (a field added since needs a default in src/commands/recorded-schema.ts), and what is decided on them is
 * still the same. Sentences may change. Where another judgement is meant, `anneal replay` on the file shows it, and that line is recorded anew.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readRecordedLine } from '../src/commands/recorded-line.ts'
import type { Decided } from '../src/core/recorded.ts'
import { decideAgain } from '../src/core/recorded.ts'

const SAMPLES = readFileSync(new URL('samples/recorded/version-1.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')

const said = ({ decision: { kind, reason, act }, cause }: Decided): string => [kind, reason, act, cause].join(' ')

for (const [at, sample] of SAMPLES.entries()) {
  const line = readRecordedLine(sample)
  const name = typeof line === 'string' ? `line ${at + 1}` : said(line.recorded)
  test(`what was recorded is decided so still: ${name}`, () => {
    assert.ok(typeof line !== 'string', `line ${at + 1}: ${line}`)
    assert.equal(said(decideAgain(line.recorded)), said(line.recorded))
  })
}
