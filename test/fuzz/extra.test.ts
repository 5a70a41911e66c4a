/**
 * `extra` of a node is anybody's: what stands there under our keys and under others. Any value of anneal_hold holds; marks that are no list are
 * left as they are and stop resets; a list grows by one text of ours and by nothing else; every other key is what it was.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { isRedacted } from '../../src/core/ironic.ts'
import { MINUTE } from '../../src/core/policy.ts'
import { observedNode, wireNodeSchema } from '../../src/openstack/ironic-node.ts'
import { brokenBy } from '../promises.ts'
import { simOperator } from '../sim-operator.ts'
import { fuzz } from './runs.ts'
import { DEEP, spelt, strangeText, strangeValue } from './strange.ts'

const given = (value: unknown): unknown => JSON.parse(spelt(JSON.stringify(value)))

/** Times of resets long ago, and what else may stand in a list. */
const mark = fc.oneof(
  fc.constantFrom('2026-01-01T00:00:00Z', '2025-12-24 18:00:00.123', '2026-02-01T00:00:00+05:30'),
  strangeText,
  strangeValue,
)
const extra = fc.record(
  {
    hammer_error_resets: fc.oneof({ weight: 2, arbitrary: fc.array(mark, { maxLength: 6 }) }, strangeValue),
    anneal_hold: strangeValue,
    anneal_shield: strangeValue,
    rack: strangeValue,
    ['__proto__']: strangeValue,
    content: fc.oneof(strangeValue, fc.constant('a word of somebody')),
  },
  { requiredKeys: [] },
)

fuzz(
  'whatever stands in extra, a reset needs a list or nothing there and no hold, and changes nothing else',
  fc.tuple(extra, fc.boolean()),
  { runs: 8, weight: 4 },
  async ([drawn, isHeld]) => {
    const { anneal_hold, ...others } = drawn
    const before = given({ ...others, ...(isHeld ? { anneal_hold: anneal_hold ?? null } : {}) }) as Record<string, unknown>
    const op = await simOperator({ nodes: 4 })
    op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
    op.node('node-1').row.extra = structuredClone(before)
    await op.sweep()
    await op.clock.advance(4 * MINUTE)
    await op.sweep()
    const after = op.node('node-1').row.extra
    const marks = before['hammer_error_resets']
    const hasList = Array.isArray(marks) || !Object.hasOwn(before, 'hammer_error_resets')
    if (isHeld) assert.deepEqual([op.sent(), op.said('node-1')], [[], 'wait held'])
    if (!hasList) assert.equal(op.resets(), 0)
    const { hammer_error_resets: left, ...rest } = after
    const { hammer_error_resets: had, ...wanted } = before
    assert.deepEqual(rest, wanted)
    if (op.resets() === 0 && op.sent().length === 0) assert.deepEqual(left, had)
    else {
      assert.ok(hasList && Array.isArray(left) && typeof left.at(-1) === 'string')
      assert.deepEqual(left.slice(0, -1), had ?? [])
    }
    assert.deepEqual(brokenBy(op.cloud), [])
    await op.close()
  },
)

const recorded = JSON.parse(readFileSync(new URL('../samples/ironic/node-active.json', import.meta.url), 'utf8'))
const read = (extra: unknown) => wireNodeSchema.safeParse({ ...recorded, extra })

const deeper = fc
  .tuple(extra, fc.constantFrom('rack', 'anneal_hold', 'hammer_error_resets'))
  .map(([drawn, key]) => ({ ...drawn, [key]: DEEP }))

fuzz(
  'what is taken out of extra is short, and says the same of the same',
  fc.oneof({ weight: 9, arbitrary: extra }, deeper),
  { runs: 150 },
  (drawn) => {
    const wire = read(given(drawn))
    assert.equal(wire.success, !JSON.stringify(drawn).includes(DEEP))
    if (!wire.success) return
    const node = observedNode(wire.data)
    assert.equal(node.hold !== null, 'anneal_hold' in drawn)
    for (const text of [node.hold, node.shield]) assert.ok(text === null || text.length <= 200)
    // All of `extra` is withheld as a text below one key; whoever writes such a text there has it so.
    if (isRedacted(drawn.content)) assert.equal(node.marks.kind, 'unreadable')
    else if (!('hammer_error_resets' in drawn)) assert.equal(node.marks.kind, 'absent')
    else assert.equal(node.marks.kind === 'list', Array.isArray(drawn.hammer_error_resets))
    const again = read(given(drawn))
    assert.deepEqual(again.success && observedNode(again.data), node)
  },
)
