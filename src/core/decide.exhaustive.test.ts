/**
 * Every state with every hand, tenant, lock, service and word that could make an act wrong, checked against what is promised, not against
 * recorded answers. Each variant says by itself which acts it forbids; `decide` is wrong when it sends one of them all the same.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { given } from '../../test/given.ts'
import { RESERVATIONS } from './axes-blazar.test.ts'
import { HANDS, LOCKS, STATES, TENANTS, type Variant } from './axes-node.test.ts'
import { ATTEMPTS, BMCS, EXTRAS, MODES, PACED, PACINGS, SERVICES } from './axes-world.test.ts'
import { decide } from './decide.ts'
import { ACTS, type Act, type Decision, REASONS } from './decision.ts'
import type { DecideInput } from './judged.ts'
import { DAY, HOUR } from './policy.ts'

const AXES = [STATES, HANDS, LOCKS, TENANTS, BMCS, SERVICES, ATTEMPTS, PACINGS, EXTRAS, MODES, RESERVATIONS]

/** A small generator of its own (mulberry32), so that a failing combination comes again. */
function drawsFrom(seed: number): (below: number) => number {
  let a = seed
  return (below) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x100000000) * below)
  }
}

function* product(axes: readonly (readonly Variant[])[]): Generator<Variant[]> {
  const [head, ...rest] = axes
  if (head === undefined) return yield []
  for (const tail of product(rest)) for (const variant of head) yield [variant, ...tail]
}

function* sampled(times: number, seed: number): Generator<Variant[]> {
  const draw = drawsFrom(seed)
  for (let i = 0; i < times; i++) {
    yield AXES.flatMap((axis) => {
      // Half of all axes stay as they are, or nothing would ever pass all gates.
      const variant = draw(2) === 0 ? axis[0] : axis[draw(axis.length)]
      return variant === undefined ? [] : [variant]
    })
  }
}

/** Mutation testing runs this file once for each of thousands of mutants, so it asks for one combination in so many (scripts/mutate.ts). */
const ONE_IN = Number(process.env['EXHAUSTIVE_ONE_IN'] ?? 1)
let asked = 0

const BASE = given()
const acts = new Map<Act, number>()
const reasons = new Set<string>()
let decided = 0

/** Decides one combination and holds it against every promise. */
function check(variants: Variant[]): void {
  if (asked++ % ONE_IN !== 0) return
  const input = structuredClone(BASE)
  for (const variant of variants) variant.set(input)
  const name = variants.map((variant) => variant.name).join(' · ')
  const decision = decide(input)
  decided++
  reasons.add(decision.reason)
  wellFormed(input, decision, name)
  if (decision.kind !== 'act') return
  acts.set(decision.act, (acts.get(decision.act) ?? 0) + 1)
  // What goes to Blazar alone asks nothing of the node: whatever state it is in and whoever has it.
  const isAfar = decision.plan.act === 'unshield' && decision.plan.blazar.keepMark
  for (const variant of variants) {
    if (isAfar && [STATES, TENANTS, LOCKS].some((axis) => axis.includes(variant))) continue
    const forbidden = variant.forbids === 'all' || variant.forbids.includes(decision.act)
    assert.ok(!forbidden, `${decision.act} although "${variant.name}" in: ${name} (${decision.message})`)
  }
  rightlySent(input, decision, name)
}

function wellFormed(input: DecideInput, decision: Decision, name: string): void {
  assert.ok(REASONS.includes(decision.reason), `${decision.reason} is no reason: ${name}`)
  assert.match(decision.message, /^\S.*[.!?]$/s, `not a sentence in: ${name}: ${decision.message}`)
  // The one null that is for a person: a request to send.
  assert.doesNotMatch(
    decision.message.replace('{"disabled": null}', ''),
    /undefined|NaN|\[object|null/,
    `not for a person in: ${name}: ${decision.message}`,
  )
  if (decision.kind === 'resolve') assert.equal(decision.until, null, name)
  else assert.ok(decision.until !== null && decision.until > input.now, `${decision.reason}: next look not in the future: ${name}`)
  if (decision.kind === 'wait') assert.ok(decision.act === null || ACTS.includes(decision.act), name)
  if (decision.kind === 'leave') assert.ok(['maintenance-by-person', 'instance-may-live'].includes(decision.reason), name)
  for (const reason of ['redacted', 'protected', 'marks-unreadable', 'retired-uncleaned', 'other-fault']) {
    if (decision.reason === reason) assert.equal(decision.kind, 'escalate', name)
  }
}

/** What must hold for each act, read off the raw input. */
function rightlySent(input: DecideInput, decision: Extract<Decision, { kind: 'act' }>, name: string): void {
  assert.equal(input.observation.node.kind, 'known', name)
  if (input.observation.node.kind !== 'known') return
  const node = input.observation.node.value
  const { plan } = decision
  assert.equal(decision.act, plan.act, name)
  assert.ok(input.policy.mode !== 'observe', `observe sent ${plan.act}: ${name}`)
  // What goes to Blazar alone asks nothing of the node.
  if (plan.act === 'unshield' && plan.blazar.keepMark) return
  assert.equal(node.reservation, null, name)
  assert.equal(node.target_power_state, null, name)
  if (plan.act !== 'release') assert.ok(!node.maintenance && node.fault === null, name)
  if (plan.act === 'reset') assert.equal(node.provision_state, 'error', name)
  if ((plan.act === 'reset' || (plan.act === 'recover-cleaning' && plan.step === 'manage')) && input.words.retry === null) {
    const spent = input.attempts.filter(
      (a) => a.act === 'reset' && a.createdAt > input.now - 7 * DAY && a.outcome !== 'refused' && a.outcome !== 'not-sent',
    )
    const kept = spent.filter((a) => a.createdAt >= (input.case?.memory.releasedAt ?? 0)).length
    assert.ok(plan.number <= 3 && plan.number > kept, `over the budget: ${name}`)
    const spacing = [2, 15, 45][plan.number - 1] ?? 45
    assert.ok(input.now >= (input.case?.memory.failure?.at ?? input.now) + spacing * 60_000, `too soon: ${name}`)
    const { cause, transient } = input.diagnosis
    assert.ok(transient !== 'no' && cause !== 'config', `although it cannot help: ${name}`)
    assert.ok(!PACED.has(input), `past the fleet's budgets: ${name}`)
  }
  if (plan.act === 'quarantine') {
    assert.ok(node.provision_state === 'error' && node.instance_uuid === null, name)
    const looks = input.case?.memory.looks
    const over = { 'bmc-silent': DAY, 'bmc-refusing': HOUR }[decision.reason as string]
    if (over !== undefined) assert.ok(looks && looks.count >= 3 && looks.lastAt - looks.firstAt >= over, `too few looks: ${name}`)
    assert.match(plan.text, new RegExp(`^anneal:${input.case?.id} [a-z-]+: \\S`), name)
  }
  if (plan.act === 'release')
    assert.ok(input.words.release !== null && node.maintenance_reason === input.case?.memory.quarantine?.text, name)
  if (plan.act === 'recover-cleaning') {
    const from = plan.step === 'manage' ? ['clean failed', 'cleaning'] : ['manageable']
    assert.ok(from.includes(node.provision_state) && node.instance_uuid === null && node.allocation_uuid === null && !node.retired, name)
  }
}

test('every variant makes a difference, or it would prove nothing', () => {
  for (const [first, ...rest] of AXES) {
    assert.equal(first?.name, 'as is')
    for (const variant of rest) {
      const input = given()
      variant.set(input)
      assert.notEqual(JSON.stringify(input), JSON.stringify(given()), variant.name)
    }
  }
})

const count = (act: Act): number => acts.get(act) ?? 0

test('no hand, lock or tenant on any state lets a forbidden act through', () => {
  for (const variants of product([STATES, HANDS, TENANTS])) check(variants)
  for (const variants of product([STATES.slice(0, 8), LOCKS, HANDS])) check(variants)
  for (const variants of product([STATES.slice(0, 8), LOCKS, TENANTS])) check(variants)
  assert.ok(count('reset') > 0 && count('release') > 0 && count('recover-cleaning') > 0, 'the product never acts, so it proves nothing')
})

test('no service, attempt, word or mode lets a forbidden act through', () => {
  for (const variants of product([STATES.slice(0, 6), SERVICES, ATTEMPTS, MODES])) check(variants)
  for (const variants of product([STATES.slice(0, 3), BMCS, ATTEMPTS, PACINGS])) check(variants)
  for (const variants of product([TENANTS, SERVICES, BMCS])) check(variants)
  for (const variants of product([STATES.slice(0, 3), HANDS, EXTRAS, MODES])) check(variants)
  for (const variants of product([STATES.slice(0, 6), ATTEMPTS, EXTRAS])) check(variants)
  for (const variants of product([STATES, RESERVATIONS, HANDS])) check(variants)
  for (const variants of product([STATES, RESERVATIONS, TENANTS])) check(variants)
  for (const act of ['shield', 'unshield', 'give-back'] as const) assert.ok(count(act) > 0, `${act} is never decided, so it proves nothing`)
  assert.ok(count('quarantine') > 0 && count('unmark') > 0, 'the product never acts, so it proves nothing')
})

test('thirty thousand drawn combinations of everything keep the promises', () => {
  for (const variants of sampled(30_000, 20261102)) check(variants)
  assert.ok(decided > 50_000 / ONE_IN, `${decided} combinations`)
  for (const act of ['reset', 'quarantine', 'release', 'recover-cleaning', 'unmark'] as const)
    assert.ok(count(act) >= 20 / ONE_IN, `${act} ${count(act)} times`)
  // One in so many need not meet what is rare.
  if (ONE_IN > 1) return
  // The gates and rows that these axes can reach at all; a reason that is never given is a rule that is never asked.
  const unreached = REASONS.filter((reason) => !reasons.has(reason))
  assert.deepEqual(
    unreached.filter((reason) => !['node-unreadable', 'node-gone'].includes(reason)),
    [],
  )
})

test('what one variant forbids stays forbidden after a day on any reason, and no wait stays silent that long', () => {
  const patient = ['paused', 'out-of-scope', 'held', 'observe-only', 'rejected']
  for (const variants of sampled(5000 / ONE_IN, 7)) {
    const input = structuredClone(BASE)
    for (const variant of variants) variant.set(input)
    const before = decide(input)
    if (input.case === null || before.kind === 'act') continue
    input.case.decision = { ...before, since: input.now - DAY - HOUR, at: input.now }
    const after = decide(input)
    const name = variants.map((variant) => variant.name).join(' · ')
    assert.notEqual(after.kind, 'act', name)
    if (before.kind === 'wait' && !patient.includes(before.reason))
      assert.equal(after.kind, 'escalate', `${before.reason} stays silent: ${name}`)
    wellFormed(input, after, name)
  }
})

test('deciding changes nothing it was given and says the same twice', () => {
  for (const variants of sampled(1000 / ONE_IN, 99)) {
    const input = structuredClone(BASE)
    for (const variant of variants) variant.set(input)
    const before = JSON.stringify(input)
    const first = decide(input)
    assert.deepEqual(decide(input), first)
    assert.equal(JSON.stringify(input), before)
  }
})
