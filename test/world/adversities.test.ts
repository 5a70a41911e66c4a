/**
 * Whatever the cloud, the disk or the clock does to the operator: it says so in one clear line, does nothing wrong meanwhile, and goes on by
 * itself afterwards. Each adversity twice: in process, and over HTTP with the product's own transport.
 */
import assert from 'node:assert/strict'
import { HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import { type SimOperator, type SimOptions, scenario, secondCloud } from '../sim-operator.ts'

const NODE = 'node-1'
const BLIP = 'Failed to tear down: IPMI call failed: power status.'

function adversity(name: string, options: SimOptions, body: (op: SimOperator) => Promise<void>): void {
  scenario(`${name} (in process)`, options, body)
  scenario(`${name} (over HTTP)`, { ...options, overHttp: true }, body)
}

/** A node that the next sweep would reset. */
async function ready(op: SimOperator, name = NODE): Promise<void> {
  op.people.fail(name, BLIP)
  await op.sweep()
  await op.clock.advance(3 * MINUTE)
}

/** One clear line: no second one, no markup of somebody's error page, no secret, no stack. */
function assertClear(line: string, words: RegExp): void {
  assert.match(line, words)
  assert.doesNotMatch(line, /\n|<\/?\w+>|\bat .*\.ts:\d|simulated|gAAAAA/)
  assert.ok(line.length <= 400, `${line.length} characters: ${line}`)
}

/** The sweep ends with an error; gives its words. */
async function fails(op: SimOperator): Promise<string> {
  const error = await op.sweep().then(
    () => assert.fail('the sweep went through'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Error)
  return error.message
}

const outcomes = async (op: SimOperator) =>
  (await op.store.attempts(op.key(NODE))).toReversed().map(({ act, outcome }) => `${act} ${outcome}`)

const comesHome = (op: SimOperator, name = NODE) => op.sweepUntil(() => op.node(name).row.provision_state === 'available', 30 * MINUTE)

/** Home, after one reset that was accepted and counted. */
async function homeWithOne(op: SimOperator): Promise<void> {
  await comesHome(op)
  assert.deepEqual([op.resets(), (op.marks(NODE) as unknown[]).length], [1, 1])
}

// The answers that are none.

const AWAY: Record<string, RegExp> = {
  502: /baremetal .*502/,
  503: /baremetal .*503/,
  500: /baremetal .*500/,
  hang: /baremetal .*no (complete )?answer within/,
  down: /baremetal .*(refused|lost|closed|socket)/,
}

for (const kind of ['502', '503', '500', 'hang', 'down'] as const) {
  adversity(
    `Ironic answers nothing but ${kind}: the sweep says so, nothing is sent, and afterwards the node comes home`,
    {},
    async (op) => {
      await ready(op)
      op.cloud.faults.set('ironic', { kind })
      assertClear(await fails(op), AWAY[kind] ?? /./)
      op.cloud.faults.clearAll()
      assert.deepEqual(op.sent(), [])
      await homeWithOne(op)
    },
  )
}

for (const method of ['PATCH', 'PUT'] as const) {
  adversity(`a proxy answers the ${method} of a reset with 502 in HTML: unknown, 150 s of silence, then one reset`, {}, async (op) => {
    await ready(op)
    op.cloud.faults.set('ironic', { kind: '502', methods: [method], times: 1 })
    await op.sweep()
    const [attempt] = await op.store.attempts(op.key(NODE))
    assert.equal(attempt?.outcome, 'unknown')
    assertClear(attempt?.outcomeReason ?? '', /502/)
    const sent = op.sent().length
    await op.sweepFor(140 * SECOND, 20 * SECOND)
    assert.deepEqual([op.said(NODE), op.sent().length], ['wait outcome-unknown', sent])
    assertClear(op.message(NODE), /502.*Nothing is sent until a read shows what happened/)
    await homeWithOne(op)
  })
}

adversity('the PUT of a reset hangs: given up after 65 s, 150 s of silence, then one reset', {}, async (op) => {
  await ready(op)
  op.cloud.faults.set('ironic', { kind: 'hang', methods: ['PUT'], times: 1 })
  const began = op.clock.now()
  await op.sweep()
  assert.ok(op.clock.now() - began >= 65 * SECOND)
  const [attempt] = await op.store.attempts(op.key(NODE))
  assert.equal(attempt?.outcome, 'unknown')
  assertClear(attempt?.outcomeReason ?? '', /no (complete )?answer within 65000 ms/)
  await op.sweepFor(140 * SECOND, 20 * SECOND)
  assert.equal(op.resets(), 0)
  await homeWithOne(op)
})

adversity('the connection is closed after the PUT was accepted: a later read sees it, and no second one is sent', {}, async (op) => {
  await ready(op)
  op.cloud.faults.set('ironic', { kind: 'lost-reply', methods: ['PUT'], times: 1 })
  await op.sweep()
  assert.deepEqual([await outcomes(op), op.resets()], [['reset unknown'], 1])
  const [attempt] = await op.store.attempts(op.key(NODE))
  assertClear(attempt?.outcomeReason ?? '', /connection|closed|socket/)
  await homeWithOne(op)
  await op.sweepFor(5 * MINUTE)
  assert.deepEqual(await outcomes(op), ['reset accepted'])
})

adversity('the connection is closed after the mark was written: no verb, and the mark counts once', {}, async (op) => {
  await ready(op)
  op.cloud.faults.set('ironic', { kind: 'lost-reply', methods: ['PATCH'], times: 1 })
  await op.sweep()
  assert.deepEqual([await outcomes(op), op.resets()], [['reset unknown'], 0])
  await homeWithOne(op)
})

// Tokens.

/** All tokens end at once, wherever they were checked. */
function endTokens(op: SimOperator): void {
  op.cloud.state.tokens.clear()
  op.cloud.state.checked.clear()
}

adversity('all tokens end in the middle of a look: each read is repeated once with a fresh one, and the reset goes out', {}, async (op) => {
  await ready(op)
  for (const after of [100, 200, 300]) op.clock.after(after, () => endTokens(op))
  await op.sweep()
  assert.equal(op.resets(), 1)
  assert.ok(op.cloud.state.tokens.size >= 1)
})

adversity('all tokens end between look and mark: refused, no attempt, and the next pass sends it', {}, async (op) => {
  await ready(op)
  op.at('mark', () => endTokens(op))
  await op.sweep()
  assert.deepEqual([await outcomes(op), op.marks(NODE)], [['reset refused'], undefined])
  await homeWithOne(op)
})

adversity('all tokens end between mark and verb: refused, the mark is taken back, and a later pass sends it', {}, async (op) => {
  await ready(op)
  op.at('verb', () => endTokens(op))
  await op.sweep()
  assert.deepEqual([await outcomes(op), op.resets()], [['reset refused'], 0])
  await homeWithOne(op)
})

// Lists that lack nodes.

for (const lists of ['empty', 'half', 'first-page'] as const) {
  adversity(
    `a census that is ${lists}: doubtful, nothing is begun, and the next whole one is believed`,
    { nodes: 20, ironic: { maxLimit: 7 } },
    async (op) => {
      await ready(op)
      op.cloud.faults.lists = lists
      const { doubtful } = await op.sweep()
      assertClear(doubtful ?? '', /census|listed|nodes/)
      assert.deepEqual([op.said(NODE), op.sent()], ['wait census-doubtful', []])
      assertClear(op.message(NODE), /census|listed|nodes/)
      assert.equal((await op.store.cases({ cloud: 'sim', open: true })).length, 1)
      op.cloud.faults.lists = 'whole'
      assert.equal((await op.sweep()).doubtful, null)
      await homeWithOne(op)
    },
  )
}

adversity(
  'a list that breaks in the middle is no list: the sweep says so and believes nothing of it',
  { nodes: 20, ironic: { maxLimit: 7 } },
  async (op) => {
    await ready(op)
    const { nodes } = op.cloud.state
    const [gone] = [...nodes.values()].filter(({ order }) => order === 7)
    assert.ok(gone)
    // The node that ends the first page is removed before the second one is asked for: its marker is 404.
    op.clock.after(40, () => void nodes.delete(gone.row.uuid))
    const said = await fails(op)
    assertClear(said, /could not be found/)
    nodes.set(gone.row.uuid, gone)
    assert.deepEqual(op.sent(), [])
  },
)

// Redaction in the middle.

const redacts = (op: SimOperator): string[] => op.cloud.state.users.find(({ name }) => name === 'admin')?.redacts ?? []

adversity(
  'Ironic begins to withhold last_error while a case is open: a person is told, nothing is sent, and it goes on after',
  {},
  async (op) => {
    await ready(op)
    redacts(op).push('last_error')
    await op.sweepFor(10 * MINUTE, MINUTE)
    assert.deepEqual([op.said(NODE), op.sent()], ['escalate redacted', []])
    assertClear(op.message(NODE), /last_error/)
    redacts(op).length = 0
    await homeWithOne(op)
  },
)

adversity('Ironic begins to withhold the lock between look and mark: no verb leaves on half a reply', {}, async (op) => {
  await ready(op)
  op.at('mark', () => void redacts(op).push('reservation'))
  await op.sweep()
  assert.equal(op.resets(), 0)
  redacts(op).length = 0
  await homeWithOne(op)
})

// What stands in extra.hammer_error_resets.

async function failWith(op: SimOperator, marks: unknown): Promise<void> {
  op.node(NODE).row.extra = { hammer_error_resets: marks, site: { rack: 7 } }
  op.people.fail(NODE, BLIP)
  await op.sweepFor(8 * MINUTE, MINUTE)
  assert.deepEqual(op.node(NODE).row.extra['site'], { rack: 7 })
}

const dates = (count: number, first: string, stepMs: number) =>
  Array.from({ length: count }, (_, at) => new Date(Date.parse(first) + at * stepMs).toISOString())

for (const [what, odd] of [
  ['a string', '2026-02-28T00:00:00Z'],
  ['null', null],
] as const) {
  adversity(`hammer_error_resets is ${what}: no reset, a person is told, and it stays as it is`, {}, async (op) => {
    await failWith(op, odd)
    assert.deepEqual([op.said(NODE), op.sent(), op.marks(NODE)], ['escalate marks-unreadable', [], odd])
    assertClear(op.message(NODE), /hammer_error_resets/)
    op.people.setExtra(NODE, 'hammer_error_resets', [])
    await homeWithOne(op)
  })
}

for (const [what, there] of [
  ['9 old entries', dates(9, '2025-02-01T00:00:00Z', 24 * HOUR)],
  ['dates in 2099', dates(3, '2099-01-01T00:00:00Z', HOUR)],
  ['10,000 entries', dates(10_000, '2020-01-01T00:00:00Z', HOUR)],
] as const) {
  adversity(`hammer_error_resets has ${what}: they stay, they do not count, and one reset is appended`, {}, async (op) => {
    await failWith(op, there)
    await comesHome(op)
    const marks = op.marks(NODE) as string[]
    assert.deepEqual([op.resets(), marks.length, marks.slice(0, -1)], [1, there.length + 1, there])
  })
}

// Two clouds, one store.

const SAME = '11111111-1111-4111-8111-111111111111'

adversity(
  'two clouds with a node of the same uuid: one is reset, the other, held, gets nothing',
  { nodes: [{ uuid: SAME, name: 'a1' }] },
  async (op) => {
    const other = await secondCloud(op, { nodes: [{ uuid: SAME, name: 'b1' }] })
    await other.sweep()
    for (const [one, name] of [
      [op, 'a1'],
      [other, 'b1'],
    ] as const) {
      one.people.fail(name, BLIP)
      await one.sweep()
    }
    await op.store.hold(other.key('b1'), { by: 'pat', why: 'the other one' })
    await op.clock.advance(3 * MINUTE)
    await comesHome(op, 'a1')
    await other.sweep()
    assert.deepEqual([op.resets(), other.sent(), other.said('b1')], [1, [], 'wait held'])
    assert.deepEqual([(await op.store.attempts(op.key('a1'))).length, (await op.store.attempts(other.key('b1'))).length], [1, 0])
  },
)

// Clocks.

for (const [what, ms] of [
  ['an hour back', -HOUR],
  ['an hour ahead', HOUR],
  ['a year ahead', 365 * 24 * HOUR],
] as const) {
  adversity(`the wall clock steps ${what} between two passes and is set right: at most one reset, and the node is home`, {}, async (op) => {
    await ready(op)
    op.jump(ms)
    await op.sweepFor(5 * MINUTE, MINUTE)
    op.jump(-ms)
    await comesHome(op)
    assert.equal(op.resets(), 1)
  })
}

adversity('the wall clock steps between look and mark: nothing is sent on a time that is not known', {}, async (op) => {
  await ready(op)
  op.at('committed', () => op.jump(HOUR))
  await op.sweep()
  assert.deepEqual([await outcomes(op), op.sent()], [['reset not-sent'], []])
  const [attempt] = await op.store.attempts(op.key(NODE))
  assertClear(attempt?.outcomeReason ?? '', /deadline/)
  op.jump(-HOUR)
  await homeWithOne(op)
})

// A full disk.

adversity(
  'the disk is full as an intent is to be written: nothing is sent, it is said, and with room it goes on',
  { file: true },
  async (op) => {
    await ready(op)
    op.disk.full()
    const { failed } = await op.sweep()
    assert.deepEqual([failed.map(({ uuid }) => uuid), op.sent()], [[op.key(NODE).uuid], []])
    assertClear(op.logged.at(-1) ?? '', /^pass failed .*disk is full/)
    op.disk.free()
    await homeWithOne(op)
  },
)

adversity(
  'the disk is full as an outcome is to be written: it is read off the node later, and no second reset is sent',
  { file: true },
  async (op) => {
    await ready(op)
    op.at('verbed', op.disk.full)
    await op.sweep()
    assert.equal(op.resets(), 1)
    op.disk.free()
    await homeWithOne(op)
    await op.sweepFor(10 * MINUTE, MINUTE)
    assert.deepEqual(await outcomes(op), ['reset accepted'])
  },
)
