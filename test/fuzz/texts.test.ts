/**
 * Error texts, times and lines that come from outside: read without a throw, into words that are known, and without an expression that a
 * long text could keep busy. How long an expression works is counted (backtracking.ts); only `npm run fuzz` looks at a clock.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import ts from 'typescript'
import { diagnoseLine } from '../../src/commands/diagnose-text.ts'
import { readText } from '../../src/core/read-text.ts'
import { LAST_SIGNATURES, SIGNATURES } from '../../src/core/signatures.ts'
import { parseTime, spanText, timeText } from '../../src/core/when.ts'
import { faultOf, faultText } from '../../src/openstack/openstack-error.ts'
import { attacks, parsedExpression, stepsOf } from './backtracking.ts'
import { fuzz, isLong } from './runs.ts'
import { spelt, strangeBody, strangeStatus, strangeText, strangeValue } from './strange.ts'

const CAUSES = ['bmc-unreachable', 'api-unreachable', 'bmc-fault', 'network-fabric', 'agent', 'storage', 'locked', 'config', 'unknown']
const examples = [...SIGNATURES, ...LAST_SIGNATURES].map(({ example }) => example)

/** Texts of known errors cut, joined and with something strange in them, and texts that are nothing at all. */
const errorText: fc.Arbitrary<string> = fc.oneof(
  strangeText,
  fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...examples) }, strangeText), { maxLength: 5 }).map((parts) => parts.join(' ')),
  fc.tuple(fc.constantFrom(...examples), fc.nat(200), strangeText).map(([text, at, odd]) => `${text.slice(0, at)}${odd}${text.slice(at)}`),
  fc.tuple(fc.constantFrom(...examples), fc.integer({ min: 2, max: 400 })).map(([text, times]) => text.repeat(times)),
)

fuzz('any text has a cause of ours, and the same one each time', fc.tuple(errorText, strangeText), { runs: 400 }, ([text, state]) => {
  const given = { text: spelt(text), provision_state: spelt(state), driver: 'ipmi' }
  const read = readText(given)
  assert.ok(CAUSES.includes(read.cause) && ['yes', 'no', 'maybe'].includes(read.transient), JSON.stringify(read))
  assert.match(read.signature, /^[a-z0-9]+(-[a-z0-9]+)*$/)
  assert.deepEqual(readText(given), read)
})

fuzz(
  'any line of `diagnose --jsonl` is answered or refused in a sentence',
  fc.oneof(
    strangeBody,
    fc.tuple(strangeValue, strangeValue, strangeValue).map(([id, text, provision_state]) => JSON.stringify({ id, text, provision_state })),
  ),
  { runs: 400 },
  (line) => {
    const answer = diagnoseLine(spelt(line), { provision_state: 'error', driver: 'ipmi' })
    if (typeof answer === 'string') assert.match(answer, /^[\w ]+$/)
    else assert.deepEqual(Object.keys(answer), ['id', 'cause', 'transient', 'signature'])
  },
)

fuzz('any answer becomes one line of at most 300 characters', fc.tuple(strangeBody, strangeStatus), { runs: 300 }, ([body, status]) => {
  const response = { status, headers: {}, text: spelt(body) }
  const line = faultOf(response)
  assert.ok(line.length > 0 && line.length <= 300 && !/[\n\r]/.test(line), line)
  assert.ok(faultText(response).length <= 4_096)
})

const digits = (least: number, most: number) => fc.integer({ min: least, max: most }).map((n) => String(n).padStart(2, '0'))
const almostTime = fc
  .tuple(
    fc.constantFrom('2026', '0000', '9999', '10000', '-001'),
    digits(0, 13),
    digits(0, 32),
    digits(0, 25),
    digits(0, 61),
    fc.constantFrom('', 'Z', '+00:00', '-23:59', '+99:99', ' Z', '.5', '.123456789Z'),
  )
  .map(([year, month, day, hour, minute, rest]) => `${year}-${month}-${day}T${hour}:${minute}:00${rest}`)

fuzz('a time is a number that can be written again, or null', fc.oneof(almostTime, strangeText, fc.string()), { runs: 400 }, (text) => {
  const at = parseTime(spelt(text))
  if (at === null) return
  assert.equal(parseTime(timeText(at)), at)
  assert.match(spanText(at), /^\d/)
})

/** Every expression in the product, by where it stands. */
function expressions(): { where: string; expression: RegExp }[] {
  const root = fileURLToPath(new URL('../../src', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )
  return files.flatMap((name) => {
    const found: { where: string; expression: RegExp }[] = []
    const tree = ts.createSourceFile(name, readFileSync(join(root, name), 'utf8'), ts.ScriptTarget.ESNext, true)
    const walk = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node)) {
        const [, source = '', flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(node.text) ?? []
        found.push({
          where: `${name}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`,
          expression: new RegExp(source, flags),
        })
      }
      ts.forEachChild(node, walk)
    }
    walk(tree)
    return found
  })
}

/** One that looked at pairs of letters would take some five hundred steps for each of a thousand, and more for more. */
const LENGTH = 1_000
const STEPS_PER_LETTER = 120

test('no expression in the product makes more work of a text than its length', () => {
  const all = expressions()
  assert.ok(all.length > 300, `${all.length} expressions`)
  const slow = all.flatMap(({ where, expression }) => {
    const node = parsedExpression(expression)
    const most = LENGTH * STEPS_PER_LETTER
    const worst = attacks(node, LENGTH).reduce((sum, text) => Math.max(sum, stepsOf(node, text, most)), 0)
    return worst > most ? [`${where} ${expression}`] : []
  })
  assert.deepEqual(slow, [])
})

test('the count of steps tells an expression that looks at pairs from one that does not', () => {
  const steps = (expression: RegExp): boolean => {
    const node = parsedExpression(expression)
    return attacks(node, LENGTH).some((text) => stepsOf(node, text, LENGTH * STEPS_PER_LETTER) > LENGTH * STEPS_PER_LETTER)
  }
  for (const bad of [/(a+)+$/, /<[^>]*>/, /\/+$/, /\s*\n\s*x/, /(?:a|aa)+b/, /^(.*,)*x/, /<(script|style)[\s\S]*?<\/x>/, /.*a.*b.*c/])
    assert.ok(steps(bad), String(bad))
  for (const fine of [/<[^<>]*>/, /^\s*\{/, /a{0,80}b/, /^[^*]*\*?$/, /\bfoo\b|bar.{0,80}baz/i, /\d+/])
    assert.ok(!steps(fine), String(fine))
})

/** Some 100 kB for each pattern of each signature. */
function withinASecond(): void {
  for (const { name, patterns } of [...SIGNATURES, ...LAST_SIGNATURES]) {
    for (const pattern of patterns) {
      for (const text of attacks(parsedExpression(pattern), 100_000)) {
        const from = performance.now()
        readText({ text, provision_state: 'error', driver: 'ipmi' })
        const took = performance.now() - from
        assert.ok(took < 1_000, `${name}: ${Math.round(took)} ms for ${pattern}`)
      }
    }
  }
}

if (isLong) test('a text of 100 kB made against a signature is read within a second', withinASecond)
