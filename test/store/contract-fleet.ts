/** The sums that budgets and incidents are judged by, and the life of an incident. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Reason } from '../../src/core/decision.ts'
import type { Fleet, Keys } from '../../src/core/fleet.ts'
import type { Store } from '../../src/store/store.ts'
import { type Open, on } from './contract.ts'
import { BEGIN, CLOUD, keyOf, pass, reset, resetOf, resolve, seenNode, wait } from './given.ts'

const MINUTE = 60_000
const WITHIN = 15 * MINUTE
const LATER = wait(BEGIN + 24 * 60 * MINUTE)
const SWITCH: Keys = { switch: 'sw-1', rack: 'r1' }

const fleet = (store: Store, n: number, keys: Keys = SWITCH, resource_class: string | null = 'baremetal'): Promise<Fleet> =>
  store.deciding(CLOUD, (tx) => tx.fleet(keyOf(n), { keys, resource_class, within: WITHIN }))

const openSwitch = { open: { key: 'switch', value: 'sw-1', why: 'They share it.' } as const }

export function fleetContract(open: Open): void {
  describe('sums', () => {
    test(
      'count places in flight in the cloud, the class and each key, from the intent on',
      on(open, async ({ store }) => {
        const sent = await resetOf(store, 1, { keys: SWITCH })
        await resetOf(store, 2, { keys: { rack: 'r1' }, resource_class: 'gpu' })
        const refused = await resetOf(store, 3, { keys: SWITCH })
        await store.record(refused.id, { kind: 'refused', reason: 'Locked.', mark: 'none' })
        assert.deepEqual((await fleet(store, 9)).inFlight, { cloud: 2, inClass: 1, byKey: { switch: 1, rack: 2 } })
        await store.record(sent.id, { kind: 'unknown', reason: 'No answer.', mark: 'written' })
        assert.equal((await fleet(store, 9)).inFlight.cloud, 2)
        await pass(store, 1, LATER, { keys: SWITCH, settled: [{ id: sent.id, outcome: 'accepted', endedAt: BEGIN, result: 'failed' }] })
        assert.deepEqual((await fleet(store, 9)).inFlight, { cloud: 1, inClass: 0, byKey: { rack: 1 } })
      }),
    )

    test(
      'count the two steps of one recovery as one place',
      on(open, async ({ store }) => {
        const recover = (step: 'manage' | 'provide') =>
          ({
            kind: 'act',
            reason: 'stranded-cleaning',
            message: 'Recovers it.',
            until: BEGIN + MINUTE,
            act: 'recover-cleaning',
            plan: { act: 'recover-cleaning', number: 1, step },
          }) as const
        for (const step of ['manage', 'provide'] as const) {
          const intent = await pass(store, 1, recover(step))
          await store.record(intent?.id ?? '', { kind: 'accepted', reason: 'Accepted.' })
        }
        assert.deepEqual(
          (await store.attempts(keyOf(1))).map((attempt) => attempt.step),
          ['provide', 'manage'],
        )
        assert.equal((await fleet(store, 9)).inFlight.cloud, 1)
      }),
    )

    test(
      'leave out what the asking node holds itself: its own place is not in its way',
      on(open, async ({ store }) => {
        await resetOf(store, 1, { keys: SWITCH })
        assert.deepEqual((await fleet(store, 1)).inFlight, { cloud: 0, inClass: 0, byKey: {} })
        await resetOf(store, 2, { keys: SWITCH })
        assert.deepEqual((await fleet(store, 1)).inFlight, { cloud: 1, inClass: 1, byKey: { switch: 1, rack: 1 } })
      }),
    )

    test(
      'count resets begun within the last hour, but neither refused ones nor those of an incident',
      on(open, async ({ store, clock }) => {
        await resetOf(store, 1)
        clock.move(10 * MINUTE)
        await store.record((await resetOf(store, 2)).id, { kind: 'not-sent', reason: 'Late.', mark: 'none' })
        await resetOf(store, 3)
        await resetOf(store, 4, { keys: SWITCH, incident: openSwitch })
        const now = await fleet(store, 9)
        assert.deepEqual([now.startsLastHour, now.oldestStartAt], [2, BEGIN])
        clock.move(50 * MINUTE)
        const later = await fleet(store, 9)
        assert.deepEqual([later.startsLastHour, later.oldestStartAt], [1, BEGIN + 10 * MINUTE])
        // A start of its own stays one where the case comes to belong to an incident later.
        await pass(store, 3, LATER, {
          keys: { switch: 'sw-9' },
          incident: { open: { key: 'switch', value: 'sw-9', why: 'they fail together' } },
        })
        assert.equal((await fleet(store, 9)).startsLastHour, 1)
      }),
    )

    test(
      'count failures that share a key within the window, open or closed, this node’s own once',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER, { keys: SWITCH })
        clock.move(10 * MINUTE)
        await pass(store, 2, LATER, { keys: SWITCH })
        await pass(store, 3, LATER, { keys: { rack: 'r1', switch: 'sw-2' } })
        await pass(store, 3, resolve, { keys: { rack: 'r1', switch: 'sw-2' } })
        assert.deepEqual((await fleet(store, 9)).related, { switch: 3, rack: 4 })
        assert.deepEqual((await fleet(store, 2)).related, { switch: 2, rack: 3 })
        clock.move(6 * MINUTE)
        assert.deepEqual((await fleet(store, 2)).related, { switch: 1, rack: 2 })
        assert.equal((await fleet(store, 9)).openInClass, 2)
      }),
    )

    test(
      'count failures around this node’s own, however long ago, and for the backlog every node that is listed as failed',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER, { keys: SWITCH })
        clock.move(24 * 60 * MINUTE)
        await store.seen(
          CLOUD,
          [1, 2, 3].map((n) => seenNode(n, { provision_state: n === 3 ? 'available' : 'error' })),
          { complete: true },
        )
        const asked = { resource_class: 'baremetal', within: WITHIN, keys: { switch: 'sw-1', backlog: 'first-pass' } as const }
        const around = (failedAt: number) => store.deciding(CLOUD, (tx) => tx.fleet(keyOf(2), { ...asked, failedAt }))
        assert.deepEqual((await around(BEGIN + 10 * MINUTE)).related, { switch: 2, backlog: 2 })
        assert.deepEqual((await around(BEGIN + 20 * MINUTE)).related, { switch: 1, backlog: 2 })
      }),
    )
  })

  describe('incidents', () => {
    test(
      'take in the case that opens them and every open case of the key',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER, { keys: SWITCH })
        await pass(store, 2, LATER, { keys: { rack: 'r1' } })
        clock.move(MINUTE)
        await pass(store, 3, LATER, { keys: SWITCH, incident: openSwitch })
        await pass(store, 4, LATER, { keys: SWITCH, incident: openSwitch })
        const [incident, ...more] = await store.incidents({ open: true })
        assert.deepEqual([more.length, incident?.members, incident?.open, incident?.openedAt], [0, 3, 3, BEGIN + MINUTE])
        assert.match(incident?.id ?? '', /^i-[0-9a-z]{8}$/)
        assert.deepEqual((await fleet(store, 9)).incidents.switch?.id, incident?.id)
        assert.deepEqual((await fleet(store, 2, { rack: 'r1' })).incidents, {})
        await pass(store, 2, LATER, { keys: { rack: 'r1' }, incident: { join: incident?.id ?? '' } })
        assert.equal((await fleet(store, 2, {})).incidents.switch?.members, 4)
      }),
    )

    test(
      'sum up what became of their members since they opened',
      on(open, async ({ store, clock }) => {
        const before = await resetOf(store, 1, { keys: SWITCH })
        await store.record(before.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        clock.move(MINUTE)
        await pass(store, 1, LATER, { keys: SWITCH, incident: openSwitch, settled: [{ id: before.id, endedAt: BEGIN, result: 'failed' }] })
        const first = (await fleet(store, 9)).incidents.switch
        assert.deepEqual([first?.members, first?.inFlight, first?.failed, first?.last], [1, 0, 0, null])
        const canary = await resetOf(store, 2, { keys: SWITCH, incident: openSwitch, readings: 'canary' })
        assert.deepEqual((await fleet(store, 9)).incidents.switch?.last, {
          at: BEGIN + MINUTE,
          readings: 'canary',
          result: null,
          isFailing: true,
        })
        await store.record(canary.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        assert.equal((await fleet(store, 9)).incidents.switch?.inFlight, 1)
        await pass(store, 2, LATER, { keys: SWITCH, settled: [{ id: canary.id, endedAt: BEGIN + MINUTE, result: 'proven' }] })
        clock.move(MINUTE)
        const refused = await resetOf(store, 1, { keys: SWITCH, readings: 'refused' })
        await store.record(refused.id, { kind: 'refused', reason: 'Locked.', mark: 'none' })
        const sums = (await fleet(store, 9)).incidents.switch
        assert.deepEqual([sums?.inFlight, sums?.proven, sums?.failed, sums?.last?.readings], [0, 1, 0, 'canary'])
      }),
    )

    test(
      'take for proof what healed on their key since they opened, whichever incident it belongs to',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, LATER, { keys: SWITCH, incident: openSwitch })
        const openService = { open: { key: 'service' as const, value: 'neutron', why: 'They name it.' } }
        clock.move(MINUTE)
        const healed = await resetOf(store, 2, { keys: { ...SWITCH, service: 'neutron' }, incident: openService })
        await store.record(healed.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        assert.deepEqual([(await fleet(store, 9)).incidents.switch?.proven, (await fleet(store, 9)).incidents.switch?.inFlight], [0, 0])
        await pass(store, 2, LATER, {
          keys: { ...SWITCH, service: 'neutron' },
          settled: [{ id: healed.id, endedAt: BEGIN, result: 'proven' }],
        })
        assert.equal((await fleet(store, 9)).incidents.switch?.proven, 1)
        assert.equal((await fleet(store, 9, { rack: 'r1' })).incidents.switch, undefined)
      }),
    )

    test(
      'begin with what was tried on their switch before they opened and did not heal, and not with what did',
      on(open, async ({ store, clock }) => {
        const tried = await resetOf(store, 1, { keys: SWITCH, readings: 'early' })
        await store.record(tried.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        clock.move(MINUTE)
        await pass(store, 3, LATER, { keys: SWITCH, incident: openSwitch })
        const last = async (triedSince: number) =>
          (
            await store.deciding(CLOUD, (tx) =>
              tx.fleet(keyOf(9), {
                keys: SWITCH,
                resource_class: null,
                within: WITHIN,
                horizon: { triesBefore: triedSince, tries: 0, proofs: 0 },
              }),
            )
          ).incidents.switch?.last?.readings
        assert.equal(await last(BEGIN), 'early')
        assert.equal(await last(BEGIN + 1), undefined)
        await pass(store, 1, LATER, { keys: SWITCH, settled: [{ id: tried.id, endedAt: BEGIN, result: 'proven' }] })
        assert.equal(await last(BEGIN), undefined)
      }),
    )

    test(
      'take their first try for no failure any more once its node is home, or manageable in the middle of a recovery',
      on(open, async ({ store }) => {
        const canary = await resetOf(store, 1, { keys: SWITCH, incident: openSwitch })
        await store.record(canary.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        const isFailing = async (provision_state: string) => {
          await store.seen(CLOUD, [seenNode(1, { provision_state })], { complete: true })
          return (await fleet(store, 9)).incidents.switch?.last?.isFailing
        }
        for (const state of ['error', 'clean failed', 'cleaning', 'clean wait', 'deleting'])
          assert.equal(await isFailing(state), true, state)
        for (const state of ['available', 'active', 'manageable']) assert.equal(await isFailing(state), false, state)
      }),
    )

    test(
      'ask of a later failure neither old proofs nor old tries: what healed or was tried long before speaks neither for it nor against it',
      on(open, async ({ store, clock }) => {
        const healed = await resetOf(store, 1, { keys: SWITCH, incident: openSwitch })
        await store.record(healed.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        await pass(store, 1, LATER, { keys: SWITCH, settled: [{ id: healed.id, endedAt: BEGIN + 5, result: 'proven' }] })
        clock.move(MINUTE)
        const failed = await resetOf(store, 2, { keys: SWITCH, incident: openSwitch })
        await store.record(failed.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        const asked = async (tries: number, proofs: number) => {
          const horizon = { triesBefore: null, tries, proofs }
          const around = await store.deciding(CLOUD, (tx) =>
            tx.fleet(keyOf(9), { keys: SWITCH, resource_class: null, within: WITHIN, horizon }),
          )
          const { proven, last } = around.incidents.switch ?? {}
          return [proven, last?.at ?? null]
        }
        const triedAt = BEGIN + MINUTE
        assert.deepEqual(await asked(0, BEGIN + 5), [1, triedAt])
        assert.deepEqual(await asked(triedAt, BEGIN + 6), [0, triedAt])
        assert.deepEqual(await asked(triedAt + 1, 0), [1, null])
        assert.deepEqual([(await store.incidents({}))[0]?.proven, (await store.incidents({}))[0]?.last?.at], [1, triedAt])
      }),
    )

    test(
      'give back the place of what was begun long ago and never seen to end, and keep that of what was accepted',
      on(open, async ({ store }) => {
        const sent = await resetOf(store, 1, { keys: SWITCH, incident: openSwitch })
        await resetOf(store, 2, { keys: SWITCH, incident: openSwitch })
        const lost = await resetOf(store, 3, { keys: SWITCH, incident: openSwitch })
        await store.record(sent.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        await store.record(lost.id, { kind: 'unknown', reason: 'No answer.', mark: 'maybe' })
        const held = async (unseenSince: number) => {
          const around = await store.deciding(CLOUD, (tx) =>
            tx.fleet(keyOf(9), { keys: SWITCH, resource_class: null, within: WITHIN, unseenSince }),
          )
          return [around.inFlight.cloud, around.inFlight.byKey.switch, around.incidents.switch?.inFlight]
        }
        assert.deepEqual(await held(BEGIN), [3, 3, 3])
        assert.deepEqual(await held(BEGIN + 1), [1, 1, 1])
      }),
    )

    test(
      'take the first step of a recovery for a try, but neither for one that failed nor for a proof',
      on(open, async ({ store }) => {
        const recover = (step: 'manage' | 'provide') =>
          ({
            kind: 'act',
            reason: 'cleaning-failed',
            message: 'Recovers it.',
            until: BEGIN + MINUTE,
            act: 'recover-cleaning',
            plan: { act: 'recover-cleaning', number: 1, step },
          }) as const
        const first = await pass(store, 1, recover('manage'), { keys: SWITCH, incident: openSwitch })
        await store.record(first?.id ?? '', { kind: 'accepted', reason: 'Accepted.' })
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'clean failed' })], { complete: true })
        const sums = async () => (await fleet(store, 9)).incidents.switch
        assert.deepEqual([(await sums())?.last?.at, (await sums())?.last?.isFailing], [BEGIN, false])
        await pass(store, 1, LATER, { keys: SWITCH, settled: [{ id: first?.id ?? '', endedAt: BEGIN, result: 'proven' }] })
        assert.equal((await sums())?.proven, 0)
        const second = await pass(store, 1, recover('provide'), { keys: SWITCH })
        await store.record(second?.id ?? '', { kind: 'accepted', reason: 'Accepted.' })
        assert.equal((await sums())?.last?.isFailing, true)
        await pass(store, 1, LATER, { keys: SWITCH, settled: [{ id: second?.id ?? '', endedAt: BEGIN, result: 'proven' }] })
        assert.equal((await sums())?.proven, 1)
      }),
    )

    test(
      'are not held back by a try whose node is gone, or somebody’s by now, though its case stays open',
      on(open, async ({ store }) => {
        const canary = await resetOf(store, 1, { keys: SWITCH, incident: openSwitch })
        await store.record(canary.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
        const isFailing = async (reason: Reason) => {
          await pass(store, 1, { ...LATER, reason }, { keys: SWITCH })
          return (await fleet(store, 9)).incidents.switch?.last?.isFailing
        }
        for (const reason of ['dirty-port', 'held', 'spacing'] as const) assert.equal(await isFailing(reason), true, reason)
        for (const reason of ['node-gone', 'instance-may-live'] as const) assert.equal(await isFailing(reason), false, reason)
        assert.equal(await isFailing('spacing'), true)
      }),
    )

    test(
      'lose a case that leaves, keep what it tried, and are over when none is left, with what they cost',
      on(open, async ({ store, clock }) => {
        const canary = await resetOf(store, 1, { keys: SWITCH, incident: openSwitch })
        await store.record(canary.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        await pass(store, 2, LATER, { keys: SWITCH, incident: openSwitch })
        await pass(store, 1, LATER, { keys: SWITCH, incident: 'leave', settled: [{ id: canary.id, endedAt: BEGIN, result: 'failed' }] })
        const [incident] = await store.incidents({ open: true })
        assert.deepEqual([incident?.members, incident?.cost.resets, incident?.canary?.result], [1, 1, 'failed'])
        assert.equal((await fleet(store, 2)).incidents.switch?.isOwn, true)
        assert.equal((await fleet(store, 1)).incidents.switch?.isOwn, false)
        clock.move(90 * MINUTE)
        await pass(store, 2, resolve, { keys: SWITCH, incident: 'leave' })
        const [over] = await store.incidents({ open: false })
        assert.deepEqual(over?.cost, { nodes: 1, nodeMs: 90 * MINUTE, resets: 1 })
        const said = (await store.audit({ cloud: CLOUD, limit: 100 })).filter(({ kind }) => kind.startsWith('incident'))
        assert.deepEqual(
          said.map(({ kind, uuid }) => [kind, uuid]),
          [
            ['incident-opened', null],
            ['incident-left', keyOf(1).uuid],
            ['incident-closed', null],
          ],
        )
        assert.match(said.at(-1)?.message ?? '', /is over: 1 node, 1\.5 node-hours lost, 1 reset spent\.$/)
      }),
    )

    test(
      'say of a case that moves to another which one it left, and leave what it tried on the first one',
      on(open, async ({ store, clock }) => {
        const canary = await resetOf(store, 1, { keys: SWITCH, incident: openSwitch })
        await store.record(canary.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        await pass(store, 2, LATER, { keys: SWITCH, incident: openSwitch })
        clock.move(MINUTE)
        await pass(store, 1, LATER, { keys: SWITCH, incident: { open: { key: 'service', value: 'neutron', why: 'Neutron was down.' } } })
        const [neutron, first] = await store.incidents({ open: true })
        assert.deepEqual([first?.key, first?.members, first?.canary?.uuid], ['switch', 1, keyOf(1).uuid])
        assert.deepEqual([neutron?.key, neutron?.members, neutron?.canary], ['service', 1, null])
        const left = (await store.audit({ cloud: CLOUD, limit: 100 })).filter(({ kind }) => kind === 'incident-left')
        assert.deepEqual(
          left.map(({ uuid, reason, message }) => [uuid, reason, message]),
          [[keyOf(1).uuid, first?.id, `It leaves incident ${first?.id}: ${neutron?.id} explains its failure better.`]],
        )
      }),
    )

    test(
      'leave to a conductor and to a text only what no switch explains',
      on(open, async ({ store }) => {
        const conductor = { conductor: 'c-1' }
        for (const n of [1, 2, 3]) await pass(store, n, LATER, { keys: { ...SWITCH, ...conductor } })
        await pass(store, 4, LATER, { keys: conductor })
        const counted = async (n: number, keys: Keys) => {
          const { related, openInClass } = await fleet(store, n, keys)
          return [related.conductor, openInClass]
        }
        assert.deepEqual(await counted(4, conductor), [4, 4])
        for (const n of [1, 2, 3]) await pass(store, n, LATER, { keys: { ...SWITCH, ...conductor }, incident: openSwitch })
        assert.deepEqual(await counted(4, conductor), [1, 1])
        assert.deepEqual(await counted(1, { ...SWITCH, ...conductor }), [4, 4])
      }),
    )

    test(
      'are over with their last open case, and a later failure of the key is another one',
      on(open, async ({ store }) => {
        await pass(store, 1, LATER, { keys: SWITCH, incident: openSwitch })
        await pass(store, 2, LATER, { keys: SWITCH, incident: openSwitch })
        await pass(store, 1, resolve, { keys: SWITCH })
        assert.equal((await store.incidents({ open: true })).length, 1)
        await pass(store, 2, resolve, { keys: SWITCH })
        const [over] = await store.incidents({ open: false })
        assert.deepEqual([over?.closedAt, over?.open, over?.members], [BEGIN, 0, 2])
        assert.deepEqual((await fleet(store, 9)).incidents, {})
        await pass(store, 3, reset(BEGIN + MINUTE), { keys: SWITCH, incident: openSwitch })
        assert.notEqual((await store.incidents({ open: true }))[0]?.id, over?.id)
      }),
    )
  })
}
