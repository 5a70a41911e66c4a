/**
 * A whole BMC network goes: every BMC on it is silent at once. Where this host still reaches BMCs elsewhere it knows that the silence is
 * theirs and spends nothing; where it reaches none it cannot know, and spends one reset on all of them. What one BMC's trouble looks
 * like is 25-bmc-failures'.
 */
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { type Desk, desk, type Running, startAnneal } from '../anneal.ts'
import { readNode } from '../ironic.ts'
import { bmc, bmcNetwork, calm, deleteInstance, restartIronic } from '../lab.ts'
import { freshNode, numberOf } from '../nodes.ts'
import { changes, type JournalEntry } from '../proxy-control.ts'
import { type Explanation, explained, marksOf, resetsOf, sweep } from '../reports.ts'
import { readSettings } from '../settings.ts'

const ALL = ['node-1', 'node-2', 'node-3', 'node-4', 'node-5', 'node-6']
const FOUR = ALL.slice(0, 4)

const budgets = {
  look: '1s',
  spacing: ['1s'],
  jitter: 0,
  soak: '30s',
  waitForNova: '1s',
  incident: { secondCanary: '25s' },
  inFlight: { classShare: 1, cloudShare: 1 },
  lastResort: '20s',
}

let at: Desk
let daemon: Running | undefined

async function ofAll<T>(names: readonly string[], what: (name: string) => Promise<T>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await what(name)] as const)))
}

/** A daemon over six nodes, each on a switch of its own, the BMCs of some in the network that then goes while their tenants leave. */
async function lose(names: readonly string[]): Promise<void> {
  await calm()
  await bmc('inside', ...names.map(numberOf))
  await ofAll(ALL, (name) => freshNode(name, { instance: true, inside: names.includes(name), switch_info: `switch-of-${name}` }))
  at = desk({ config: { mode: 'auto', poll: '1s', budgets } })
  assert.deepEqual((await sweep(at)).nodes, [])
  daemon = startAnneal(['run'], at)
  await bmcNetwork('gone')
  await ofAll(names, deleteInstance)
}

const verbs = async (): Promise<JournalEntry[]> => (await changes()).filter(({ method }) => method === 'PUT')

/** Waits until every node is healed by its newest reset; no more of them may have been under way at once than the ramp allows. */
async function healed(names: readonly string[]): Promise<void> {
  const isHealed = ({ decision }: Explanation) => decision?.reason === 'soak' || decision?.reason === 'healed'
  const told = await ofAll(names, (name) => explained(at, name, isHealed, 240))
  const nodes = await ofAll(names, readNode)
  for (const name of names) {
    assert.deepEqual([nodes[name]?.provision_state, nodes[name]?.maintenance], ['available', false])
    assert.equal(told[name]?.attempts[0]?.result, 'proven')
    assert.equal((await marksOf(name)).length, (await resetsOf(name)).length)
  }
  const newest = await Promise.all(names.map(async (name) => ({ name, sent: (await resetsOf(name)).at(-1)?.time ?? '' })))
  const backAt = (name: string) => Date.parse(nodes[name]?.provision_updated_at ?? '')
  for (const { sent } of newest) {
    const now = Date.parse(sent)
    const back = names.filter((name) => backAt(name) <= now).length
    const underWay = newest.filter((other) => Date.parse(other.sent) <= now && backAt(other.name) > now).length
    assert.ok(underWay <= 2 ** Math.floor(Math.log2(back + 1)), `${underWay} under way at ${sent}, with ${back} back`)
  }
}

/** All of them in one incident, which is named after the network. */
function areOneIncident(told: Record<string, Explanation>): void {
  assert.equal(new Set(Object.values(told).map(({ incident }) => incident?.id)).size, 1)
  for (const { incident } of Object.values(told)) {
    const members = Object.keys(told).length
    assert.deepEqual([incident?.key, incident?.value, incident?.members], ['bmc-network', `${readSettings().bmcNet}.0/24`, members])
  }
}

before(async () => {
  await bmcNetwork('up')
  await restartIronic({ SYNC: 0, RECOVER: 20 })
})
afterEach(async () => {
  await daemon?.kill('SIGTERM')
  at?.clear()
  await bmcNetwork('back')
})
after(async () => {
  await calm()
  await bmcNetwork('down')
  await restartIronic({ SYNC: 10 })
})

describe('a BMC network that is gone', () => {
  test('is one incident that spends nothing where a BMC on another network answers, and heals in a ramp when it is back', async () => {
    await lose(FOUR)
    const isTold = ({ decision, incident }: Explanation) => decision?.reason === 'bmc-silent' && incident?.members === FOUR.length
    const gone = await ofAll(FOUR, (name) => explained(at, name, isTold))
    areOneIncident(gone)
    for (const told of Object.values(gone)) {
      assert.equal(told.diagnosis?.cause, 'bmc-unreachable')
      assert.ok(told.diagnosis?.evidence.some((line) => /^The BMC does not answer/.test(line)))
      assert.match(told.decision?.message ?? '', /while this host reaches the BMC at 127\.0\.0\.1/)
      assert.deepEqual([told.decision?.kind, told.attempts, told.budget.spent], ['wait', [], 0])
    }
    assert.deepEqual(await changes(), [])

    await bmcNetwork('back')
    await healed(FOUR)
    for (const name of FOUR) assert.equal((await resetsOf(name)).length, 1)
  })

  test('spends one reset in all where this host reaches no BMC, since the trouble may be on its own side, and then waits for a change', async () => {
    await lose(ALL)
    const unknown = await ofAll(ALL, (name) => explained(at, name, 'bmc-unknown'))
    for (const told of Object.values(unknown))
      assert.match(told.decision?.message ?? '', /reached no other BMC either, so the trouble may be/)

    // The others say so only once the time for a second canary has come.
    const isTried = ({ attempts, decision }: Explanation) =>
      attempts.length > 0 ? decision?.kind === 'escalate' : /nothing has been seen to change since/.test(decision?.message ?? '')
    const gone = await ofAll(ALL, (name) => explained(at, name, isTried, 120))
    areOneIncident(gone)
    const tried = ALL.filter((name) => gone[name]?.attempts.length !== 0)
    assert.equal(tried.length, 1)
    assert.equal((await verbs()).length, 1)
    const [canary = ''] = tried
    assert.deepEqual([gone[canary]?.decision?.reason, gone[canary]?.attempts[0]?.result], ['bmc-unknown', 'failed'])
    for (const name of ALL) assert.equal(gone[name]?.budget.spent, name === canary ? 1 : 0)

    await bmcNetwork('back')
    await healed(ALL)
    for (const name of ALL) assert.equal((await resetsOf(name)).length, name === canary ? 2 : 1)
  })
})
