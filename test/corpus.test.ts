/**
 * The corpus of error texts as a guard: how many are read as they are labelled, with all rules and with each source template left out.
 * The figures themselves are printed by `npm run corpus`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WRAPPERS } from '../src/core/signatures/wrapper.ts'
import { LAST_SIGNATURES, SIGNATURES } from '../src/core/signatures.ts'
import { ARGUED } from './corpus/argued.ts'
import { branchesOf, treeOf, without } from './corpus/branches.ts'
import { CORPORA, corpus, isDangerous, isRight, leaveGroupOut, type Read, readAll } from './corpus/leave-out.ts'

const rows = CORPORA.flatMap(corpus)
const shareRight = (reads: readonly Read[]) => reads.filter(isRight).length / reads.length
const dangerous = (reads: readonly Read[]) => reads.filter(isDangerous).map(({ row }) => row.id)

const all = readAll(rows)

test('every text has an id of its own, a template and words that are known', () => {
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length)
  const causes = ['bmc-unreachable', 'api-unreachable', 'bmc-fault', 'network-fabric', 'agent', 'storage', 'locked', 'config', 'unknown']
  const odd = rows.filter(
    ({ template, cause, transient }) => template === '' || !causes.includes(cause) || !['yes', 'no', 'maybe'].includes(transient),
  )
  assert.deepEqual(
    odd.map(({ id }) => id),
    [],
  )
})

test('the labels call nothing transient that only a person can help', () => {
  const wrong = rows.filter(({ cause, transient }) => cause === 'config' && transient === 'yes')
  assert.deepEqual(
    wrong.map(({ id }) => id),
    [],
  )
})

test('reads at least 98 of 100 texts as they are labelled, and argues for each other one', () => {
  assert.ok(shareRight(all) >= 0.98, String(shareRight(all)))
  assert.deepEqual(
    all
      .filter((read) => !isRight(read))
      .map(({ row }) => row.id)
      .sort(),
    Object.keys(ARGUED).sort(),
  )
})

test('reads at least 95 of 100 texts whose template no signature of its own knows', (t) => {
  const reads = leaveGroupOut(rows, 'signature')
  t.diagnostic(`${(shareRight(reads) * 100).toFixed(1)} %`)
  assert.ok(shareRight(reads) >= 0.95)
  assert.deepEqual(dangerous(reads), [])
})

test('reads at least 78 of 100 texts that every alternative made for them alone was taken from', (t) => {
  const reads = leaveGroupOut(rows, 'alternative')
  t.diagnostic(`${(shareRight(reads) * 100).toFixed(1)} %`)
  assert.ok(shareRight(reads) >= 0.78)
  assert.deepEqual(dangerous(reads), [])
})

test('never calls transient what only a person can help', () => assert.deepEqual(dangerous(all), []))

test('takes every expression of the rules apart and puts it together again', () => {
  const patterns = [...[...SIGNATURES, ...LAST_SIGNATURES].flatMap(({ patterns }) => patterns), ...WRAPPERS.map(({ pattern }) => pattern)]
  for (const pattern of patterns) assert.equal(String(without(treeOf(pattern), new Set())), String(pattern))
})

test('leaves out one alternative, an optional group that is empty, and what cannot match without it', () => {
  const less = (pattern: RegExp, out: number) => {
    const tree = treeOf(pattern)
    const branch = branchesOf(tree)[out]?.branch
    return branch && String(without(tree, new Set([branch])))
  }
  assert.equal(less(/a|b(?:c|d)/, 0), '/b(?:c|d)/')
  assert.equal(less(/a|b(?:c|d)/, 2), '/a|b(?:d)/')
  assert.equal(less(/a(?!x|y)b/, 0), 'null')
  assert.equal(branchesOf(treeOf(/a(?!x|y)b/)).length, 1)
  assert.equal(branchesOf(treeOf(/[|(]\|/)).length, 1)
})
