/** What a run of mutation testing is worth: the score, what is argued, what stands against it, and what the compiler refuses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilerRefuses } from './compiler.ts'
import { type Argument, judge, type Mutant, mutated, report } from './verdict.ts'

const source = 'const a = 1\nexport const b = (x: number): boolean =>\n  x > a\n'
const at = (line: number, from: number, to: number) => ({ start: { line, column: from }, end: { line, column: to } })
const mutant = (difference: Partial<Mutant> = {}): Mutant => ({
  file: 'src/core/b.ts',
  source,
  location: at(3, 3, 8),
  mutator: 'EqualityOperator',
  replacement: 'x >= a',
  status: 'Survived',
  ...difference,
})
const killed = mutant({ status: 'Killed', replacement: 'x <= a' })
const argument: Argument = { file: 'src/core/b.ts', code: 'x > a', mutants: ['x > a => x >= a'], why: 'Never equal.' }
const never = () => false

test('counts what a test caught against all, a mutant that no test runs among them', () => {
  const verdict = judge([killed, mutant(), mutant({ status: 'NoCoverage', replacement: 'true' })], [], never)
  assert.deepEqual(verdict.files.get('src/core/b.ts'), { caught: 1, all: 3 })
  assert.equal(Math.round(verdict.score), 33)
  assert.deepEqual(
    verdict.unargued.map((s) => [s.line, s.mutant, s.covered]),
    [
      [3, 'x > a => x >= a', true],
      [3, 'x > a => true', false],
    ],
  )
})

test('an argument holds for its line whatever lines come before it, and only for its mutant', () => {
  assert.deepEqual(judge([killed, mutant()], [argument], never).unargued, [])
  const moved = mutant({ source: `\n\n${source}`, location: at(5, 3, 8) })
  assert.deepEqual(judge([moved], [argument], never).unargued, [])
  assert.equal(judge([mutant({ replacement: 'true' })], [argument], never).unargued.length, 1)
  assert.equal(judge([mutant({ file: 'src/core/c.ts' })], [argument], never).unargued.length, 1)
})

test('tells an argument for what is caught or gone, but not one for a file that was not asked', () => {
  assert.deepEqual(judge([killed], [argument], never).stale, ['src/core/b.ts: x > a: x > a => x >= a'])
  assert.deepEqual(judge([mutant({ file: 'src/core/c.ts' })], [argument], never).stale, [])
})

test('leaves out a survivor that does not compile, but not one that a test caught all the same', () => {
  const verdict = judge([mutant(), killed], [], (_, text) => text.includes('x'))
  assert.deepEqual([verdict.refused, verdict.unargued, verdict.files.get('src/core/b.ts')], [1, [], { caught: 1, all: 1 }])
})

test('puts the mutant where it belongs, over several lines too', () => {
  assert.equal(mutated(mutant()), source.replace('x > a', 'x >= a'))
  const wide = mutant({ location: { start: { line: 2, column: 18 }, end: { line: 3, column: 8 } }, replacement: '() => undefined' })
  assert.equal(mutated(wide), 'const a = 1\nexport const b = () => undefined\n')
})

test('a mutant that ended in no known way is an error, not a pass', () => {
  assert.throws(() => judge([mutant({ status: 'RuntimeError' })], [], never), /ended as RuntimeError/)
})

test('prints the score, what survived and where', () => {
  const text = report(judge([killed, mutant(), mutant({ status: 'Timeout' })], [], never), 90)
  assert.match(text, /^src\/core\/b\.ts +2 \/ 3 +66\.67 %$/m)
  assert.match(text, /^1 survived:\n {2}src\/core\/b\.ts:3 x > a => x >= a$/m)
  assert.match(text, /^score 66\.67 % \(2 \/ 3\), at least 90 % wanted$/m)
})

test('the compiler refuses a type that does not fit, not a name that is left over', () => {
  const file = 'src/core/reading.ts'
  assert.equal(compilerRefuses(file, 'export const a: number = 1\n'), false)
  assert.equal(compilerRefuses(file, "export const a: number = ''\n"), true)
  assert.equal(compilerRefuses(file, 'const unused = 1\nexport const a = 2\n'), false)
  assert.equal(compilerRefuses(file, 'export const a = (\n'), true)
})
