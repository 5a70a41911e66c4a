/** What commands and pages read, and what is kept for how long. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Diagnosis } from '../../src/core/decision.ts'
import type { Keys } from '../../src/core/fleet.ts'
import { type Open, on } from './contract.ts'
import { BEGIN, CLOUD, DIAGNOSIS, keyOf, newCase, observation, pass, passIn, resetOf, resolve, seenNode, wait } from './given.ts'

async function allOf<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(page)
  return all
}

const DAY = 86_400_000
const LATER = wait(BEGIN + DAY)

export function readingContract(open: Open): void {
  describe('reading', () => {
    test(
      'sums up the fleet by all that a stand is told by, and lists every node so',
      on(open, async ({ store }) => {
        const listed = [1, 2, 3, 4].map((n) => seenNode(n, { resource_class: n === 4 ? 'gpu' : null, maintenance: n === 4 }))
        await store.seen(CLOUD, [seenNode(9), ...listed], { complete: true })
        await store.seen(CLOUD, listed, { complete: true })
        await pass(store, 1, LATER)
        await store.hold(keyOf(2), { by: 'kim', why: 'mine' })
        await store.hold(keyOf(2), { by: 'kim', why: 'mine again' })
        const sums = await store.fleetSums(CLOUD)
        const shortly = sums.map(
          (sum) => `${sum.count} ${sum.reason ?? ''} ${sum.held} ${sum.missing} ${sum.maintenance} ${sum.resource_class}`,
        )
        assert.deepEqual(shortly.toSorted(), [
          '1  false false false null',
          '1  false false true gpu',
          '1  false true false baremetal',
          '1  true false false null',
          '1 spacing false false false baremetal',
        ])
        const rows = (await allOf(store.fleetRows(null))).flat()
        assert.deepEqual(
          rows.map(({ name, held, missing, reason }) => [name, held, missing, reason]),
          [
            ['node-1', false, false, 'spacing'],
            ['node-2', true, false, null],
            ['node-3', false, false, null],
            ['node-4', false, false, null],
            ['node-9', false, true, null],
          ],
        )
        assert.equal(rows[0]?.since, BEGIN)
        assert.deepEqual([await store.fleetSums('east'), await allOf(store.fleetRows('east'))], [[], []])
      }),
    )

    test(
      'gives the whole fleet by pages, each node once, by cloud and name, those without a name first',
      on(open, async ({ store }) => {
        const listed = Array.from({ length: 2_300 }, (_, n) => seenNode(n, { name: n < 1_200 ? null : `of ${Math.floor(n / 3)}` }))
        await store.seen(CLOUD, listed, { complete: true })
        await store.seen('another', [seenNode(1)], { complete: true })
        const pages = await allOf(store.fleetRows(null))
        assert.ok(pages.every((page) => page.length <= 1_000))
        const names = pages.flat().map(({ cloud, name, uuid }) => `${cloud} ${name ?? ''} ${uuid}`)
        assert.equal(new Set(names).size, 2_301)
        assert.deepEqual(names, names.toSorted())
        const here = (await allOf(store.fleetRows(CLOUD))).flat()
        assert.deepEqual([here.length, here[0]?.name, here.at(-1)?.name], [2_300, null, 'of 766'])
      }),
    )

    test(
      'shows nodes with their case, the decision in force and a hold, page by page',
      on(open, async ({ store }) => {
        const listed = [seenNode(1, { provision_state: 'error' }), seenNode(2), seenNode(3, { provision_state: 'clean failed' })]
        await store.seen(CLOUD, listed, { complete: true })
        await pass(store, 1, LATER)
        await store.hold(keyOf(2), { by: 'kim', why: 'mine' })
        const nodes = await store.nodes({ cloud: CLOUD })
        assert.deepEqual(
          nodes.map((node) => [node.name, node.decision?.reason ?? null, node.held]),
          [
            ['node-1', 'spacing', false],
            ['node-2', null, true],
            ['node-3', null, false],
          ],
        )
        assert.equal(nodes[0]?.caseId, (await store.caseOf(keyOf(1)))?.id)
        assert.deepEqual([await store.countNodes({ concerning: true }), await store.countNodes({ search: 'de-2' })], [2, 1])
        assert.deepEqual(
          (await store.nodes({ concerning: true, limit: 1, offset: 1 })).map((node) => node.name),
          ['node-3'],
        )
        assert.deepEqual(
          (await store.nodes({ offset: 2 })).map((node) => node.name),
          ['node-3'],
        )
        const {
          cloud: _cloud,
          seenAt: _seenAt,
          missingSince: _missing,
          caseId: _case,
          decision: _decision,
          held: _held,
          ...node
        } = nodes[1] ?? {}
        assert.deepEqual(node, seenNode(2))
      }),
    )

    test(
      'gives the nodes on record that hang on one thing, the newest failure first, and when the open case of a BMC began',
      on(open, async ({ store }) => {
        const keys = { rack: 'r1', switch: 'leaf-1' }
        const fails = (n: number, failureAt: number, differs: Partial<Diagnosis> = {}, others: Partial<Keys> = keys) =>
          store.deciding(CLOUD, async (tx) => {
            const now = await tx.now()
            const opened = newCase(n, await tx.newCaseId(), now)
            const failure = { provision_state: 'error', provision_updated_at: null, at: failureAt }
            const diagnosis = { ...DIAGNOSIS, ...differs }
            const failed = { ...opened, memory: { ...opened.memory, failure }, diagnosis }
            await passIn(tx, n, LATER, { case: failed, diagnosis, keys: others })
          })
        await fails(1, BEGIN + 3)
        await fails(2, BEGIN + 5)
        await fails(3, BEGIN + 4, { cause: 'agent' })
        await fails(4, BEGIN, { cause: 'bmc-fault' }, { rack: 'r2' })
        await fails(5, BEGIN + 1, { cause: 'bmc-fault' }, { rack: 'r1' })
        await pass(store, 5, resolve, { keys: { rack: 'r1' } })
        const on = async (kind: 'rack' | 'switch', value: string, cloud = CLOUD) => await store.neighboursOn({ cloud, kind, value })
        const row = (n: number, failureAt: number | null) => ({ uuid: keyOf(n).uuid, failureAt })
        const three = [row(2, BEGIN + 5), row(3, null), row(1, BEGIN + 3)]
        assert.deepEqual(await on('switch', 'leaf-1'), three)
        assert.deepEqual(new Set(await on('rack', 'r1')), new Set([...three, row(5, null)]))
        assert.deepEqual(await on('rack', 'r2'), [row(4, BEGIN)])
        assert.deepEqual([await on('rack', 'r3'), await on('rack', 'r1', 'other')], [[], []])
      }),
    )

    test(
      'gives nodes whose power is known from a uuid on, going round at the end, and none that is missing or in trouble',
      on(open, async ({ store }) => {
        const listed = [1, 2, 3, 4, 5].map((n) => seenNode(n, { power_state: 'power on' }))
        const odd = [seenNode(6, { power_state: null }), seenNode(7, { maintenance: true }), seenNode(8, { fault: 'power failure' })]
        await store.seen(CLOUD, [...listed, ...odd, seenNode(9, { power_state: 'power off' })], { complete: true })
        await store.seen(CLOUD, [...listed, ...odd], { complete: true })
        const some = async (from: number, limit: number) =>
          (await store.witnesses({ cloud: CLOUD, from: keyOf(from).uuid, limit })).map(({ uuid }) => uuid)
        const uuids = (...of: number[]) => of.map((n) => keyOf(n).uuid)
        assert.deepEqual(await some(4, 4), uuids(4, 5, 1, 2))
        assert.deepEqual(await some(9, 9), uuids(1, 2, 3, 4, 5))
      }),
    )

    test(
      'counts what is open, under way and said',
      on(open, async ({ store }) => {
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' }), seenNode(2)], { complete: true })
        await resetOf(store, 1)
        await pass(store, 2, LATER, { observation: observation(2, BEGIN, { provision_state: 'available' }) })
        await pass(store, 3, LATER)
        await pass(store, 3, resolve)
        await store.hold(keyOf(2), { by: 'kim', why: 'mine' })
        const counts = await store.counts(CLOUD)
        assert.deepEqual(counts.nodes, [
          { provision_state: 'available', count: 1 },
          { provision_state: 'error', count: 1 },
        ])
        assert.deepEqual(counts.open.map(({ kind, count }) => `${kind} ${count}`).toSorted(), ['act 1', 'wait 1'])
        assert.deepEqual(counts.closed, [{ result: 'healed', count: 1 }])
        assert.deepEqual(counts.acts, [{ act: 'reset', outcome: null, count: 1 }])
        assert.deepEqual([counts.inFlight, counts.openIncidents, counts.held, counts.paused], [1, 0, 1, null])
        assert.deepEqual((await store.counts('east')).open, [])
      }),
    )

    test(
      'finds cases by what is asked of them, the newest first',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER)
        clock.move(1000)
        await pass(store, 2, LATER)
        await pass(store, 2, resolve)
        assert.deepEqual(
          (await store.cases({ cloud: CLOUD })).map((view) => view.name),
          ['node-2', 'node-1'],
        )
        assert.deepEqual(
          (await store.cases({ open: true, cause: 'bmc-unreachable' })).map((view) => view.name),
          ['node-1'],
        )
        assert.deepEqual(await store.cases({ open: false, reason: 'spacing' }), [])
        assert.equal(await store.caseById('c-00000000'), null)
      }),
    )

    test(
      'reads the audit trail on from the last entry that was seen',
      on(open, async ({ store }) => {
        await store.hold(keyOf(1), { by: 'kim', why: 'one' })
        const [first] = await store.audit({})
        await store.hold(keyOf(2), { by: 'lee', why: 'two' })
        assert.deepEqual(
          (await store.audit({ after: first?.id ?? 0 })).map((entry) => entry.by),
          ['lee'],
        )
        assert.deepEqual(
          (await store.audit({ newestFirst: true, limit: 1 })).map((entry) => entry.by),
          ['lee'],
        )
        assert.deepEqual((await store.audit({ by: 'kim' })).length, 1)
      }),
    )

    test(
      'keeps observations for 90 days, and attempts and the audit trail for good',
      on(open, async ({ store, clock }) => {
        await resetOf(store, 1)
        clock.move(90 * DAY)
        assert.equal(await store.prune(await store.now()), 0)
        clock.move(1)
        assert.equal(await store.prune(await store.now()), 1)
        assert.equal(await store.lastObservation(keyOf(1)), null)
        assert.deepEqual([(await store.attempts(keyOf(1))).length, (await store.audit({})).length], [1, 2])
      }),
    )

    test(
      'shows which policy is in force on which cloud, and when it was changed',
      on(open, async ({ store, clock }) => {
        await store.enrol(CLOUD, { mode: 'observe', policyHash: 'a' })
        clock.move(1000)
        await store.enrol(CLOUD, { mode: 'observe', policyHash: 'a' })
        assert.deepEqual(
          (await store.clouds()).map(({ mode, policyAt }) => [mode, policyAt]),
          [['observe', BEGIN]],
        )
        await store.enrol(CLOUD, { mode: 'auto', policyHash: 'a' })
        assert.deepEqual(
          (await store.clouds()).map(({ mode, policyAt }) => [mode, policyAt]),
          [['auto', BEGIN + 1000]],
        )
      }),
    )
  })
}
