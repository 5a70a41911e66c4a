/** Times in the forms that OpenStack and older scripts write. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, MINUTE, SECOND } from './policy.ts'
import { parseTime, spanText, timeText } from './when.ts'

// What has no zone is UTC wherever the process runs.
process.env['TZ'] = 'Asia/Tokyo'
const noon = Date.parse('2026-11-02T12:00:00Z')

test('reads the timestamps of OpenStack and of older scripts; without a zone they are UTC', () => {
  for (const text of [
    '2026-11-02T12:00:00Z',
    '2026-11-02T12:00:00+00:00',
    '2026-11-02T12:00:00',
    '2026-11-02 12:00:00',
    '2026-11-02T12:00:00.000000',
    '2026-11-02T14:00:00+0200',
    '2026-11-02T06:30:00-05:30',
    ' 2026-11-02T12:00 ',
  ]) {
    assert.equal(parseTime(text), noon, text)
  }
  assert.equal(parseTime('2026-11-02T12:00:00.123456+00:00'), noon + 123)
})

test('takes nothing else for a time', () => {
  for (const text of [
    null,
    '',
    'yesterday',
    '1730548800',
    '2026-11-02',
    '2026-13-02T12:00:00Z',
    '2026-11-02T25:00:00Z',
    '2026-11-02T12:00:00Z!',
    'at 2026-11-02T12:00:00Z',
  ]) {
    assert.equal(parseTime(text), null, String(text))
  }
})

test('says times and spans as people read them', () => {
  assert.equal(timeText(noon), '2026-11-02T12:00:00.000Z')
  assert.equal(spanText(-5), '0 s')
  assert.equal(spanText(45 * SECOND), '45 s')
  assert.equal(spanText(MINUTE), '1 min')
  assert.equal(spanText(2 * MINUTE), '2 min')
  assert.equal(spanText(3 * HOUR + 10 * MINUTE), '3 h 10 min')
  assert.equal(spanText(DAY), '1 d')
  assert.equal(spanText(7 * DAY), '7 d')
})
