/** What a run says it has reached: each word of a deed by itself, and what waits for a moment only once that came. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEEDS } from '../../simulator/script/all-deeds.ts'
import { BMC_MODES } from '../../simulator/world.ts'
import { coverageLines, coverageOf } from './coverage.ts'
import { emptySums } from './report.ts'

const NONE = emptySums()
const DEEDS_AT = 'deeds with each of their words'
const STEPS_AT = 'steps behind an intent at which a life died'

type Counted = Parameters<typeof coverageOf>[0]

function reaching(what: string, counted: Partial<Counted>) {
  const found = coverageOf({ ...NONE, ...counted }).find((one) => one.what === what)
  assert.ok(found !== undefined)
  return found
}

const isReached = (item: string, counted: Partial<Counted>): boolean => !reaching(DEEDS_AT, counted).missing.includes(item)

test('one mode of a BMC reaches that mode and no other, and not the same mode of a rack', () => {
  const deeds = new Map([['bmc silent', 3]])
  const { reached, missing } = reaching(DEEDS_AT, { deeds })
  assert.equal(reached, 1)
  assert.deepEqual(
    missing.filter((item) => item.startsWith('bmc ')),
    BMC_MODES.filter((mode) => mode !== 'silent').map((mode) => `bmc ${mode}`),
  )
  assert.ok(missing.includes('rack silent'))
})

test('a deed with several listed words reaches each of them, one without any is reached by itself', () => {
  const deeds = new Map([
    ['service neutron down conductors', 1],
    ['delete', 1],
  ])
  for (const item of ['service neutron', 'service down', 'service conductors', 'delete']) assert.ok(isReached(item, { deeds }), item)
  for (const item of ['service nova', 'service hang', 'service clients', 'launch']) assert.ok(!isReached(item, { deeds }), item)
})

test('an ambush is reached at the moments at which one sprang, not where one was laid', () => {
  const deeds = new Map([['ambush before-mark', 5]])
  assert.ok(!isReached('ambush before-mark', { deeds }))
  const sprung = new Map([['ambush before-mark', 1]])
  assert.ok(isReached('ambush before-mark', { deeds, sprung }))
  assert.ok(!isReached('ambush before-verb', { deeds, sprung }))
})

test('dying at once and dying while writing are two, each reached by a death, the latter with its step', () => {
  const deeds = new Map([
    ['crash now', 2],
    ['crash writing', 2],
  ])
  assert.ok(!isReached('crash writing', { deeds }))
  const died = { deeds, sprung: new Map([['crash writing', 1]]), diedAt: new Map([[3, 1]]) }
  assert.deepEqual([isReached('crash writing', died), isReached('crash now', died)], [true, false])
  const steps = reaching(STEPS_AT, died)
  assert.deepEqual([steps.reached, steps.missing.includes('3'), steps.missing.includes('4')], [1, false, true])
})

test('what is not reached is printed with its group, a group of which nothing is as such', () => {
  const deeds = new Map([...BMC_MODES.filter((mode) => mode !== 'slow').map((mode): [string, number] => [`bmc ${mode}`, 1])])
  const lines = coverageLines(reaching(DEEDS_AT, { deeds }))
  assert.ok(lines.includes(`      bmc: ${BMC_MODES.length - 1} of ${BMC_MODES.length} (not: slow)`), lines.join('\n'))
  assert.ok(lines.includes(`      rack: none of ${BMC_MODES.length}`))
  assert.match(lines[0] ?? '', /^ {2}9 of \d+ deeds with each of their words; not: .*\bdelete\b/)
})

test('where all is reached there is one line, and no word of one deed is listed twice', () => {
  const words = [...DEEDS].map(([verb, { takes, options }]) => [verb, ...[...takes, ...options].flatMap(([, field]) => field.words ?? [])])
  for (const [verb, ...rest] of words) assert.equal(new Set(rest).size, rest.length, verb)
  const names: [string, number][] = words.map((one) => [one.join(' '), 1])
  const all = reaching(DEEDS_AT, { deeds: new Map(names), sprung: new Map(names) })
  assert.deepEqual(coverageLines(all), [`  ${all.of} of ${all.of} ${DEEDS_AT}`])
})
