/** How `anneal explain` tells of the proof. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proofLines } from './explain-proof.ts'

test('each check stands in a line of its own with its verdict, without what a terminal would obey', () => {
  const lines = proofLines({
    proofAt: '2026-11-22T14:59:00.000Z',
    proof: [
      { check: 'provision state', verdict: 'holds', sentence: 'It is available.' },
      { check: 'ports', verdict: 'fails', sentence: 'Neutron port p\u001b[2J is still bound to it.' },
      { check: 'BMC', verdict: 'not asked', sentence: 'Whether its BMC answers is not known: no route.' },
    ],
  })
  assert.deepEqual(
    lines.map((line) => line.slice(0, 31)),
    ['  holds      provision state  I', '  fails      ports            N', '  not asked  BMC              W'],
  )
  assert.ok(!lines.join('').includes('\u001b'))
})
