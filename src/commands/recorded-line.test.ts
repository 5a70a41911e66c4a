/** A recorded decision as a line: read back as it was written, or refused with a sentence that names what is wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recorded } from '../../test/recorded.ts'
import { lineOfRecorded, readRecordedLine } from './recorded-line.ts'

const LINE = { case: 'c-1a2b3c4d', recorded: recorded() }

test('a line is read back as what it was written from', () => {
  const line = lineOfRecorded(LINE)
  assert.doesNotMatch(line, /\n/)
  assert.deepEqual(readRecordedLine(line), JSON.parse(JSON.stringify(LINE)))
})

/** The line with one thing changed. */
function changed(change: (value: { [key: string]: unknown; observation: { node: { value: Record<string, unknown> } } }) => void): string {
  const value = JSON.parse(lineOfRecorded(LINE))
  change(value)
  return JSON.stringify(value)
}

const WRONG: [what: string, line: string, sentence: RegExp][] = [
  ['no JSON', '{"version":1,', /^it is not a JSON object with a version$/],
  ['JSON of something else', '{"nodes":[]}', /^it is not a JSON object with a version$/],
  ['no object', '[1]', /^it is not a JSON object with a version$/],
  ['another version', changed((value) => (value['version'] = 2)), /^its format has version 2, and this anneal reads version 1$/],
  ['a field too many', changed((value) => (value['mood'] = 'good')), /^it has a field that this anneal does not know: mood$/],
  [
    'driver_info, which is never recorded',
    changed(({ observation }) => (observation.node.value['driver_info'] = { ipmi_password: 'x' })),
    /does not know: observation\.node\.value\.driver_info$/,
  ],
  [
    'a field too few',
    changed(({ observation }) => delete observation.node.value['fault']),
    /^observation\.node\.value\.fault is missing or is not/,
  ],
  ['a time that is none', changed((value) => (value['at'] = 'yesterday')), /^at is missing or is not what it must be$/],
  ['an act of no policy', changed((value) => (value['policy'] = null)), /^policy is missing/],
]

for (const [what, line, sentence] of WRONG)
  test(`a line is refused that is or has ${what}`, () => {
    const read = readRecordedLine(line)
    assert.match(typeof read === 'string' ? read : 'read', sentence)
  })

test('a reason of another version is read: it is what deciding again is compared with', () => {
  const line = changed((value) => (value['decision'] = { kind: 'wait', reason: 'moon-phase', message: 'Full.', until: 5, act: null }))
  const read = readRecordedLine(line)
  assert.equal(typeof read === 'string' ? read : read.recorded.decision.reason, 'moon-phase')
})
