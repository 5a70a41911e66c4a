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

/** Every expression in the product, by where it stands; the simulator reads only what it wrote itself. */
function expressions(): { where: string; expression: RegExp }[] {
  const root = fileURLToPath(new URL('../../src', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('simulator/'),
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

/** Letters of a text and of one twice as long; both short enough for a matcher that calls itself, and long past every bound. */
const SHORT = 200
const LONG = 2 * SHORT
/** For each letter: an honest alternation of thirty words takes sixty. Beyond it only an expression goes that has no end. */
const MOST = 1_000

/** How much more work a letter is in a text twice as long: 1 where each is looked at for itself, 2 where it is for each of the others too. */
function growthOf(expression: RegExp): number {
  const node = parsedExpression(expression)
  const perLetter = (length: number) =>
    attacks(node, length).reduce((worst, text) => Math.max(worst, stepsOf(node, text, MOST * length) / length), 1)
  const work = perLetter(LONG)
  return work >= MOST ? Number.POSITIVE_INFINITY : work / perLetter(SHORT)
}

test('no expression in the product makes more work of a text than its length', () => {
  const all = expressions()
  assert.ok(all.length > 300, `${all.length} expressions`)
  const slow = all
    .map(({ where, expression }) => ({ where, expression, growth: growthOf(expression) }))
    .filter(({ growth }) => growth > 1.3)
  assert.deepEqual(
    slow.map(({ where, expression, growth }) => `${where} ${expression} (${growth.toFixed(1)})`),
    [],
  )
})

test('the count of steps tells an expression that looks at pairs from one that does not', () => {
  for (const bad of [
    ...[/(a+)+$/, /<[^>]*>/, /\/+$/, /\s*\n\s*x/, /(?:a|aa)+b/, /^(.*,)*x/, /<(script|style)[\s\S]*?<\/x>/, /.*a.*b.*c/],
    /a long beginning .*and an end/,
  ])
    assert.ok(growthOf(bad) > 1.5, `${bad}: ${growthOf(bad)}`)
  for (const fine of [/<[^<>]*>/, /^\s*\{/, /a{0,80}b/, /^[^*]*\*?$/, /\bfoo\b|bar.{0,80}baz/i, /\d+/, /^\d+x/])
    assert.ok(growthOf(fine) < 1.2, `${fine}: ${growthOf(fine)}`)
})

/** Some 100 kB for each pattern of each signature. */
function withinASecond(): void {
  for (const { name, patterns } of [...SIGNATURES, ...LAST_SIGNATURES]) {
    for (const pattern of patterns) {
      for (const text of attacks(parsedExpression(pattern), 100_000)) {
        const from = performance.now()
        readText({ text, provision_state: 'error' })
        const took = performance.now() - from
        assert.ok(took < 1_000, `${name}: ${Math.round(took)} ms for ${pattern}`)
      }
    }
  }
}

if (isLong) test('a text of 100 kB made against a signature is read within a second', withinASecond)
