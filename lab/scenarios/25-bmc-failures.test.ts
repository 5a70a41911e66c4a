/**
 * One BMC of each kind of trouble at a time, broken for real: what Ironic writes, what the look without a session sees, what Anneal makes
 * of both, and where two of them look the same. docs/diagnosis.md has the table. A whole BMC network is 26-bmc-network's.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Desk, desk, type Running, startAnneal } from '../anneal.ts'
import { type LabNode, readNode, waitNode } from '../ironic.ts'
import { bmc, bmcNetwork, calm, deleteInstance, losePackets, restartIronic } from '../lab.ts'
import { freshNode, numberOf } from '../nodes.ts'
import { changes } from '../proxy-control.ts'
import { changesOf, type Explanation, explain, explained, marksOf, sweep } from '../reports.ts'

const STOPPED = 'node-1'
const FROZEN = 'node-2'
const WRONG_PASSWORD = 'node-3'
const SESSIONS_FULL = 'node-4'
const LOSSY = 'node-5'
/** Its BMC stays well: by it this host knows that the way to BMCs is there. */
const WELL = 'node-6'
const BROKEN = [STOPPED, FROZEN, WRONG_PASSWORD, SESSIONS_FULL, LOSSY] as const

/** Six of ten datagrams lost each way: a session of ipmitool's needs more than a dozen in a row, the look one there and one back. */
const LOSS = 60

/** Seconds in place of minutes; the second reset late enough that what the first one did can be seen. */
const config = {
  mode: 'observe',
  poll: '1s',
  budgets: { look: '2s', spacing: ['1s', '45s'], jitter: 0, soak: '1s', waitForNova: '1s', incident: { cases: 100 } },
}

let at: Desk
let daemon: Running | undefined
/** What Ironic made of the tear-down, and later of power sync. */
let failed: Record<string, LabNode>
let synced: Record<string, LabNode>
/** What Anneal says: while it only observes, after it has acted where a BMC answers, and once power sync has given up. */
let observed: Record<string, Explanation>
let acted: Record<string, Explanation>
let waiting: Record<string, Explanation>
/** What Anneal said of the lossy BMC, look after look. */
const lossy: Explanation[] = []
let sentInObserve: unknown[]
let sentUnderFault: [before: number, after: number]

async function ofAll<T>(names: readonly string[], what: (name: string) => Promise<T>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await what(name)] as const)))
}

async function breakAll(): Promise<void> {
  await bmc('stop', numberOf(STOPPED))
  await bmc('freeze', numberOf(FROZEN))
  await bmc('badpass', numberOf(WRONG_PASSWORD))
  await bmc('full', numberOf(SESSIONS_FULL))
  await losePackets(LOSS)
}

async function mendAll(): Promise<void> {
  await bmc('start', numberOf(STOPPED))
  await bmc('thaw', numberOf(FROZEN))
  await bmc('goodpass', numberOf(WRONG_PASSWORD))
  await bmc('unfull', numberOf(SESSIONS_FULL))
  await losePackets(0)
}

const answers = (told: Explanation): boolean => told.diagnosis?.evidence.some((line) => /^The BMC answers now/.test(line)) ?? false

const wasAskedAgain = (told: Explanation): boolean =>
  told.diagnosis?.evidence.some((line) =>
    /only (to request [23] of 3|when asked again after .*): it is slow, or datagrams are lost/.test(line),
  ) ?? false

/** Looks at the lossy BMC until it has answered, has not, and has had to be asked again: at this loss a matter of few looks. */
async function lookAtLossy(): Promise<void> {
  while (lossy.length < 40 && !(lossy.some(answers) && !lossy.every(answers) && lossy.some(wasAskedAgain))) {
    await sweep(at)
    lossy.push(await explain(at, LOSSY))
  }
}

before(async () => {
  await calm()
  await bmcNetwork('up')
  await restartIronic({ SYNC: 0, RECOVER: 3 })
  await bmc('inside', numberOf(LOSSY))
  const wish = (name: string) => ({ instance: true, inside: name === LOSSY, switch_info: `switch-of-${name}` })
  await ofAll([...BROKEN, WELL], (name) => freshNode(name, wish(name)))
  at = desk({ config })
  assert.deepEqual((await sweep(at)).nodes, [])

  await breakAll()
  failed = await ofAll(BROKEN, deleteInstance)
  await sweep(at)
  observed = await ofAll(BROKEN, (name) => explain(at, name))
  await lookAtLossy()
  sentInObserve = await changes()

  daemon = startAnneal(['run', '--mode', 'auto'], at)
  acted = await ofAll([WRONG_PASSWORD, SESSIONS_FULL], (name) =>
    explained(at, name, (told) => told.attempts[0]?.result === 'failed' && told.decision?.reason === 'spacing', 90),
  )
  await restartIronic({ SYNC: 2 })
  synced = await ofAll(BROKEN, (name) => waitNode(name, (node) => node.fault === 'power failure'))
  waiting = await ofAll(BROKEN, (name) => explained(at, name, 'power-failure', 30))
  const before = (await changes()).length
  await ofAll(BROKEN, (name) => explained(at, name, 'power-failure', 30))
  sentUnderFault = [before, (await changes()).length]
  await mendAll()
})

after(async () => {
  await daemon?.kill('SIGTERM')
  at?.clear()
  await calm()
  await bmcNetwork('down')
  await restartIronic({ SYNC: 10, RECOVER: 20 })
})

/** The attempts that Ironic accepted, oldest first. */
const accepted = (told: Explanation | undefined): Explanation['attempts'] =>
  (told?.attempts ?? []).filter(({ outcome }) => outcome === 'accepted').reverse()

/** Evidence without what is a node's own: times, ports and counts. */
const bare = (told: Explanation | undefined): string[] =>
  told?.diagnosis?.evidence.map((line) => line.replace(/\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)/g, 'TIME').replace(/\d+/g, 'N')) ?? []

const says = (told: Explanation | undefined, pattern: RegExp): void =>
  assert.ok(
    told?.diagnosis?.evidence.some((line) => pattern.test(line)),
    `${pattern} is not in ${bare(told).join('\n')}`,
  )

describe('what Ironic writes', () => {
  test('is one sentence for a stopped, a frozen and a full BMC and a wrong password; only a lossy way may be told by a time-out', () => {
    for (const name of [STOPPED, FROZEN, WRONG_PASSWORD, SESSIONS_FULL])
      assert.equal(failed[name]?.last_error, 'Failed to tear down: IPMI call failed: power status.')
    assert.match(
      failed[LOSSY]?.last_error ?? '',
      /^Failed to tear down: (IPMI call failed: power status\.$|Command '\['ipmitool', .*timed out after \d+ seconds$)/,
    )
    for (const name of BROKEN) assert.deepEqual([failed[name]?.power_state, failed[name]?.fault], ['power on', null])
  })

  test('is the same for all five once power sync has given up, too', () => {
    for (const name of BROKEN) {
      assert.match(synced[name]?.last_error ?? '', /^During sync_power_state, max retries exceeded .* Error: /)
      assert.equal(synced[name]?.power_state, null)
    }
  })
})

describe('what Anneal says, looking only', () => {
  test('of a stopped BMC: nobody listens, and no attempt is spent', () => {
    const told = observed[STOPPED]
    assert.equal(told?.diagnosis?.cause, 'bmc-unreachable')
    says(told, /nobody listens on its port/)
    assert.deepEqual([told?.decision?.kind, told?.decision?.reason, told?.decision?.act], ['wait', 'bmc-refusing', 'reset'])
  })

  test('of a frozen BMC: it does not answer while this host reaches another, and no attempt is spent', () => {
    const told = observed[FROZEN]
    assert.equal(told?.diagnosis?.cause, 'bmc-unreachable')
    says(told, /^The BMC does not answer/)
    assert.deepEqual([told?.decision?.kind, told?.decision?.reason, told?.decision?.act], ['wait', 'bmc-silent', 'reset'])
    assert.match(told?.decision?.message ?? '', /while this host reaches the BMC at /)
  })

  test('of a wrong password and of a full BMC the same: the BMC answers, and a look without a session sees no more', () => {
    for (const name of [WRONG_PASSWORD, SESSIONS_FULL]) {
      const told = observed[name]
      assert.equal(told?.diagnosis?.cause, 'bmc-unreachable')
      says(told, /^The BMC answers now/)
      assert.deepEqual([told?.decision?.kind, told?.decision?.reason, told?.decision?.act], ['wait', 'observe-only', 'reset'])
    }
    assert.deepEqual(bare(observed[WRONG_PASSWORD]), bare(observed[SESSIONS_FULL]))
  })

  test('of a lossy way: now this, now that, and of some answers that the BMC had to be asked again', () => {
    assert.ok(lossy.some(answers) && !lossy.every(answers), 'no look differed from the others')
    assert.ok(lossy.some(wasAskedAgain), 'each answer came at once')
    for (const told of lossy) {
      assert.match(told.diagnosis?.cause ?? '', /^bmc-(unreachable|fault)$/)
      assert.match(told.decision?.reason ?? '', /^(bmc-silent|observe-only)$/)
    }
  })

  test('and sends nothing', () => assert.deepEqual(sentInObserve, []))
})

describe('what Anneal does in mode auto', () => {
  test('a BMC that answers gets one reset; it fails, and a wrong password and full sessions are still told the same', () => {
    for (const name of [WRONG_PASSWORD, SESSIONS_FULL]) {
      const told = acted[name]
      assert.deepEqual(
        told?.attempts.map(({ number, act, outcome, result }) => ({ number, act, outcome, result })),
        [{ number: 1, act: 'reset', outcome: 'accepted', result: 'failed' }],
      )
      assert.deepEqual([told?.decision?.kind, told?.decision?.reason, told?.budget.spent], ['wait', 'spacing', 1])
    }
    assert.deepEqual(bare(acted[WRONG_PASSWORD]), bare(acted[SESSIONS_FULL]))
  })

  test("once Ironic's power sync has given up, all five wait for Ironic and nothing more is sent", () => {
    for (const name of BROKEN) {
      assert.deepEqual([waiting[name]?.decision?.kind, waiting[name]?.decision?.reason], ['wait', 'power-failure'])
      says(waiting[name], /power sync gave up on the BMC/)
    }
    assert.equal(sentUnderFault[1], sentUnderFault[0])
    for (const name of [STOPPED, FROZEN]) assert.deepEqual([waiting[name]?.attempts, waiting[name]?.budget.spent], [[], 0])
  })

  test('when the BMCs work again each node is healed by one more reset, each reset with its mark', async () => {
    const healed = await ofAll(BROKEN, (name) => explained(at, name, 'healed', 180))
    for (const name of BROKEN) {
      const node = await readNode(name)
      assert.deepEqual([node.provision_state, node.maintenance, node.fault], ['available', false, null])
      // Power sync locks a node each two seconds here, and Ironic refuses what is sent to a locked node (409): what it refused is no reset, and its mark goes.
      const results = accepted(healed[name]).map(({ result }) => result)
      // Through the lossy way a reset may have been tried or not, as a look happened to come through. Of the others what was tried before power sync
      // gave up counts: on cores that are taken that may be later than the second reset's time.
      const failures = name === LOSSY ? results.length - 1 : accepted(waiting[name]).length
      assert.deepEqual(results, [...Array.from({ length: failures }, () => 'failed'), 'proven'])
      const sent = (await changesOf(name)).map(({ method, status }) => `${method} ${status}`)
      for (const [index, request] of sent.entries()) {
        assert.match(request, /^(PATCH (200|409)|PUT (202|409))$/)
        if (request.startsWith('PUT')) assert.equal(sent[index - 1], 'PATCH 200', `a mark goes before each reset: ${sent.join(', ')}`)
      }
      assert.equal(sent.filter((request) => request === 'PUT 202').length, results.length)
      assert.equal((await marksOf(name)).length, results.length)
    }
  })
})
