/** Ironic's own words: what a deciding read compares, and what is withheld. Whose a maintenance is stands in seen.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decided } from '../../test/given.ts'
import { DECIDING_FIELDS, decidingRead, differences, isRedacted } from './ironic.ts'

test('a deciding read shows every field that differs from what was decided on, and no other', () => {
  assert.deepEqual(differences(decided(), decided()), [])
  for (const field of DECIDING_FIELDS) assert.deepEqual(differences(decided(), { ...decided(), [field]: 'changed' }), [field])
  assert.deepEqual(differences(decided(), decided({ fault: 'x', protected: true })), ['fault', 'protected'])
})

test('a deciding read keeps the deciding fields alone', () => {
  const read = decidingRead({ ...decided(), name: 'n1' } as Parameters<typeof decidingRead>[0])
  assert.deepEqual(Object.keys(read), [...DECIDING_FIELDS])
})

test('knows a value that Ironic withholds by how it begins', () => {
  assert.ok(isRedacted('** Value Redacted - Requires baremetal:node:get:last_error permission. **'))
  assert.ok(isRedacted('** Redacted - requires x **'))
  for (const value of ['******', 'was ** Value Redacted', 'failed', '', null, 7, { content: '** Redacted' }]) assert.ok(!isRedacted(value))
})
