/**
 * BMCs that do not come back, or only late. With power sync on, Ironic's own fault comes first and Anneal waits for Ironic; with power
 * sync off nobody else notices, and Anneal quarantines. Days are seconds here; the order of things is the real one.
 */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { anneal, type Desk, desk, type Running, startAnneal } from '../anneal.ts'
import { type LabNode, pause, readNode, waitNode } from '../ironic.ts'
import { bmc, calm, deleteInstance, restartIronic } from '../lab.ts'
import { freshNode } from '../nodes.ts'
import { changesOf, explain, explained, marksOf, resetsOf, sweep } from '../reports.ts'

const budgets = { look: '1s', spacing: ['1s'], jitter: 0, soak: '2s', incident: { cases: 100 } }

let at: Desk
let daemon: Running

/** A daemon past its first pass over a cloud in which nothing has failed, every node with an instance about to be deleted. */
async function watching(more: Record<string, unknown>): Promise<void> {
  await Promise.all([1, 2, 3, 4, 5, 6].map((n) => freshNode(`node-${n}`, { instance: true })))
  at = desk({ config: { mode: 'auto', poll: '1s', budgets: { ...budgets, ...more } } })
  assert.deepEqual((await sweep(at)).nodes, [])
  daemon = startAnneal(['run'], at)
}

const failed = (names: string[]): Promise<LabNode[]> => Promise.all(names.map((name) => deleteInstance(name)))

async function release(name: string): Promise<void> {
  const ran = await anneal(['release', name, '--why', 'new BMC'], at)
  assert.equal(ran.code, 0, ran.stderr)
}

before(calm)
beforeEach(calm)
afterEach(async () => {
  await daemon?.kill('SIGTERM')
  at?.clear()
})
after(async () => {
  await calm()
  await restartIronic({ SYNC: 10, RECOVER: 20 })
})

describe('with power sync on', () => {
  test("Anneal waits for Ironic's own fault and recovery: a BMC that returns is healed by one reset, one that does not is given to a person without a write", async () => {
    await restartIronic({ SYNC: 2, RECOVER: 3 })
    const patient = { looks: 3, over: '1h' }
    await watching({ powerFailure: '15s', silentBmc: patient, refusingBmc: patient })
    await bmc('stop', 1)
    await bmc('freeze', 2)
    await failed(['node-1', 'node-2'])
    const both = ['node-1', 'node-2']
    await Promise.all(both.map((name) => waitNode(name, (node) => node.fault === 'power failure', 60)))
    for (const told of await Promise.all(both.map((name) => explained(at, name, 'power-failure', 30)))) {
      assert.equal(told.decision?.kind, 'wait')
      assert.deepEqual(told.attempts, [])
    }

    // Ironic takes its maintenance back, and leaves the node in `error` with power sync's text.
    await bmc('thaw', 2)
    const recovered = await waitNode('node-2', (node) => node.fault === null && !node.maintenance, 30)
    assert.equal(recovered.provision_state, 'error')
    assert.match(recovered.last_error ?? '', /^During sync_power_state/)
    const healed = await explained(at, 'node-2', 'healed', 30)
    assert.equal(healed.diagnosis?.cause, 'bmc-unreachable')
    assert.equal((await readNode('node-2')).provision_state, 'available')
    assert.equal((await marksOf('node-2')).length, 1)
    assert.equal((await resetsOf('node-2')).length, 1)

    const told = await explained(at, 'node-1', (now) => now.decision?.kind === 'escalate', 30)
    assert.equal(told.decision?.reason, 'power-failure')
    assert.match(told.decision?.message ?? '', /Ironic has not reached its BMC for .*Look at the BMC/)
    assert.deepEqual(told.attempts, [])
    const swept = await sweep(at)
    assert.equal(swept.code, 2)
    assert.equal(swept.of('node-1')?.decision?.kind, 'escalate')
    const node = await readNode('node-1')
    assert.equal(node.provision_state, 'error')
    assert.deepEqual(node.extra, {})
    assert.deepEqual(await changesOf('node-1'), [])
  })
})

describe('with power sync off', () => {
  test('a silent and a refusing BMC lead to quarantine, three failed resets too; after that only a release goes on, with a fresh budget', async () => {
    await restartIronic({ SYNC: 0, RECOVER: 20 })
    const names = ['node-3', 'node-4', 'node-5']
    await watching({ silentBmc: { looks: 3, over: '8s' }, refusingBmc: { looks: 3, over: '4s' } })
    await bmc('freeze', 3)
    await bmc('stop', 4)
    await bmc('fail', 5)
    await failed(names)
    const quarantined = Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await explained(at, name, 'quarantined', 60)] as const)),
    )
    const reasons: Record<string, RegExp> = {
      'node-3': /The BMC does not answer: .* [3-9] looks over /,
      'node-4': /nobody listens on its port: .* [3-9] looks over /,
      'node-5': /3 resets in 7 d did not heal it/,
    }
    for (const name of names) {
      const told = quarantined[name]
      const node = await readNode(name)
      assert.equal(node.provision_state, 'error')
      assert.equal(node.maintenance, true)
      assert.equal(node.fault, null)
      assert.ok(node.maintenance_reason?.startsWith(`anneal:${told?.case} ${told?.diagnosis?.cause}: `), node.maintenance_reason ?? '')
      assert.match(node.maintenance_reason ?? '', reasons[name] ?? /never/)
      assert.match(node.maintenance_reason ?? '', /former tenant's system may still be running/)
      assert.equal(told?.decision?.kind, 'escalate')
      assert.equal((await marksOf(name)).length, name === 'node-5' ? 3 : 0)
      assert.equal((await resetsOf(name)).length, name === 'node-5' ? 3 : 0)
    }

    // The BMCs come back, and still only a person's word goes on.
    const sent = Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await changesOf(name)).length] as const)))
    await bmc('start', 4)
    await bmc('unfail', 5)
    await pause(6000)
    assert.equal((await sweep(at)).code, 2)
    for (const name of names) {
      assert.equal((await changesOf(name)).length, sent[name])
      assert.equal((await readNode(name)).maintenance_reason?.slice(0, 7), 'anneal:')
    }

    await Promise.all(names.map(release))
    for (const name of ['node-4', 'node-5']) {
      const told = await explained(at, name, 'healed', 60)
      const [newest] = told.attempts
      assert.deepEqual([newest?.act, newest?.number, newest?.result], ['reset', 1, 'proven'])
      assert.equal(told.budget.spent, 1)
      const node = await readNode(name)
      assert.deepEqual([node.provision_state, node.maintenance, node.maintenance_reason], ['available', false, null])
      assert.equal((await marksOf(name)).length, name === 'node-5' ? 4 : 1)
    }

    // Released too early: not quarantined again before a new reset has failed, and healed as soon as its BMC is back.
    const early = await explained(at, 'node-3', (told) => told.decision?.kind === 'escalate' && told.decision.reason === 'bmc-silent', 30)
    assert.match(early.decision?.message ?? '', /A person released it before/)
    assert.equal((await readNode('node-3')).maintenance, false)
    await bmc('thaw', 3)
    await explained(at, 'node-3', 'healed', 60)
    assert.equal((await readNode('node-3')).provision_state, 'available')
    assert.equal((await marksOf('node-3')).length, 1)
    assert.equal((await explain(at, 'node-3')).attempts.filter(({ act }) => act === 'quarantine').length, 1)
  })
})
