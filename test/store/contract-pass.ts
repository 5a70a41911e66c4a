/** The deciding transaction: alone per cloud, all or nothing, and what one commit makes durable. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unknown } from '../../src/core/reading.ts'
import { type Open, on } from './contract.ts'
import { BEGIN, CLOUD, keyOf, observation, pass, passIn, reset, resetOf, resolve, wait } from './given.ts'

export function passContract(open: Open): void {
  describe('the deciding transaction', () => {
    test(
      'runs one at a time, over several stores, so that a budget of 2 is never exceeded',
      on(open, async ({ store, again }) => {
        const other = await again()
        const tryReset = (n: number) =>
          (n % 2 === 0 ? store : other).deciding(CLOUD, async (tx) => {
            const { inFlight } = await tx.fleet(keyOf(n), { keys: {}, resource_class: 'baremetal', within: 1000 })
            // Lets every other pass run up to its own transaction.
            for (let turn = 0; turn < 20; turn++) await Promise.resolve()
            return passIn(tx, n, inFlight.cloud < 2 ? reset(BEGIN + 60_000) : wait(BEGIN + 60_000))
          })
        const intents = await Promise.all([1, 2, 3, 4, 5, 6].map(tryReset))
        assert.equal(intents.filter((intent) => intent !== null).length, 2)
      }),
    )

    test(
      'rolls everything back where the work throws, and goes on afterwards',
      on(open, async ({ store, again }) => {
        const broken = store.deciding(CLOUD, async (tx) => {
          await passIn(tx, 1, reset(BEGIN + 60_000))
          throw new Error('a bug')
        })
        await assert.rejects(broken, /a bug/)
        const other = await again()
        for (const reader of [store, other]) {
          assert.deepEqual(await reader.cases({}), [])
          assert.deepEqual(await reader.attempts(keyOf(1)), [])
          assert.deepEqual(await reader.audit({}), [])
          assert.equal(await reader.nextDue([CLOUD]), null)
        }
        assert.notEqual(await pass(store, 1, reset(BEGIN + 60_000)), null)
      }),
    )

    test(
      'has made everything durable when it returns, for whoever opens the database next',
      on(open, async ({ store, again }) => {
        const intent = await resetOf(store, 1, { keys: { switch: 'sw-1' } })
        await store.close()
        const after = await again()
        const [stored] = await after.attempts(keyOf(1))
        assert.deepEqual([stored?.id, stored?.outcome, stored?.mark], [intent.id, null, new Date(BEGIN).toISOString()])
        const view = await after.caseOf(keyOf(1))
        assert.deepEqual([view?.id, view?.decision?.reason, view?.keys], [intent.caseId, 'bmc-answers', { switch: 'sw-1' }])
        assert.equal((await after.lastObservation(keyOf(1)))?.observation.uuid, keyOf(1).uuid)
        assert.deepEqual(
          (await after.unsent(9)).map((row) => row.kind),
          ['case-opened', 'act'],
        )
        assert.deepEqual(
          (await after.timeline(keyOf(1))).map((moment) => moment.kind),
          ['opened', 'act'],
        )
      }),
    )

    test(
      'gives an intent 20 s, its mark and all that the act must find again',
      on(open, async ({ store }) => {
        const intent = await resetOf(store, 1)
        assert.equal(intent.deadlineAt, BEGIN + 20_000)
        assert.equal(intent.mark, '2026-11-22T03:10:00.000Z')
        assert.deepEqual(
          [intent.digest, intent.extraOthers, intent.decided.provision_state, intent.cause],
          ['digest', 'others', 'error', 'bmc-unreachable'],
        )
      }),
    )

    test(
      'refuses a second intent on a node whose first is unsettled, whatever was decided',
      on(open, async ({ store }) => {
        await resetOf(store, 1)
        await assert.rejects(resetOf(store, 1), /UNIQUE|unique|duplicate/)
        assert.equal((await store.attempts(keyOf(1))).length, 1)
      }),
    )

    test(
      'keeps since when a decision has been the same, and says a change once',
      on(open, async ({ store, clock }) => {
        await pass(store, 1, wait(BEGIN + 10_000))
        clock.move(10_000)
        await pass(store, 1, wait(BEGIN + 20_000))
        const same = (await store.caseOf(keyOf(1)))?.decision
        assert.deepEqual([same?.since, same?.at, same?.until], [BEGIN, BEGIN + 10_000, BEGIN + 20_000])
        const escalate = { kind: 'escalate', reason: 'needs-person', message: 'Look at it.', until: BEGIN + 30_000, act: null } as const
        await pass(store, 1, escalate)
        await pass(store, 1, escalate)
        assert.equal((await store.caseOf(keyOf(1)))?.decision?.since, BEGIN + 10_000)
        assert.deepEqual(
          (await store.timeline(keyOf(1))).map((moment) => moment.kind),
          ['opened', 'wait', 'escalate'],
        )
        assert.deepEqual(
          (await store.unsent(9)).map((row) => row.kind),
          ['case-opened', 'escalate'],
        )
        const caseId = (await store.caseOf(keyOf(1)))?.id ?? ''
        assert.deepEqual(
          (await store.observationsOf(caseId)).map((kept) => kept.reason),
          ['spacing', 'needs-person'],
        )
      }),
    )

    test(
      'keeps since when a reason has held where the wait for it becomes an escalation, and says the escalation',
      on(open, async ({ store, clock }) => {
        const waiting = { kind: 'wait', reason: 'power-failure', message: 'Ironic looks.', until: BEGIN + 10_000, act: null } as const
        await pass(store, 1, waiting)
        clock.move(10_000)
        await pass(store, 1, { ...waiting, kind: 'escalate' })
        const lasting = (await store.caseOf(keyOf(1)))?.decision
        assert.deepEqual([lasting?.kind, lasting?.since], ['escalate', BEGIN])
        assert.deepEqual(
          (await store.timeline(keyOf(1))).map((moment) => moment.kind),
          ['opened', 'wait', 'escalate'],
        )
      }),
    )

    test(
      'keeps since when a node has waited for its turn, whichever turn it was, and tells people once that it lasts',
      on(open, async ({ store, clock }) => {
        const waiting = { kind: 'wait', message: 'It waits.', until: BEGIN + 30_000, act: null } as const
        const lasting = { kind: 'escalate', lasting: true } as const
        await pass(store, 1, { ...waiting, reason: 'canary-first' })
        clock.move(10_000)
        await pass(store, 1, { ...waiting, reason: 'fleet-budget' })
        await pass(store, 1, { ...waiting, ...lasting, reason: 'fleet-budget' })
        await pass(store, 1, { ...waiting, ...lasting, reason: 'incident-ramp' })
        const inForce = (await store.caseOf(keyOf(1)))?.decision
        assert.deepEqual([inForce?.reason, inForce?.since], ['incident-ramp', BEGIN])
        const said = (await store.audit({ uuid: keyOf(1).uuid })).map(({ kind, reason }) => `${kind} ${reason}`)
        assert.deepEqual(said.slice(1), ['wait canary-first', 'wait fleet-budget', 'escalate fleet-budget', 'escalate incident-ramp'])
        assert.deepEqual(
          (await store.unsent(9)).map((row) => row.kind),
          ['case-opened', 'escalate'],
        )
        await pass(store, 1, { ...waiting, ...lasting, reason: 'canary-first' })
        assert.equal((await store.unsent(9)).filter((row) => row.kind === 'escalate').length, 2)
        await pass(store, 1, wait(BEGIN + 30_000))
        assert.equal((await store.caseOf(keyOf(1)))?.decision?.since, BEGIN + 10_000)
      }),
    )

    test(
      'tells people of a node that may have an instance, and once that a wait lasts, whatever it waits on next',
      on(open, async ({ store }) => {
        const said = { message: 'Look at it.', until: BEGIN + 30_000, act: null } as const
        const kinds = async () => (await store.unsent(9)).map((row) => row.kind)
        await pass(store, 1, { ...said, kind: 'leave', reason: 'instance-may-live' })
        assert.deepEqual(await kinds(), ['case-opened', 'instance-may-live'])
        for (const reason of ['service-red', 'node-unreadable', 'locked'] as const)
          await pass(store, 1, { ...said, kind: 'escalate', reason, lasting: true })
        assert.deepEqual((await kinds()).slice(2), ['escalate'])
        await pass(store, 1, { ...said, kind: 'escalate', reason: 'needs-person' })
        assert.deepEqual((await kinds()).slice(3), ['escalate'])
      }),
    )

    test(
      'closes the case with a resolve and opens another one for the next failure',
      on(open, async ({ store }) => {
        const intent = await resetOf(store, 1)
        await store.record(intent.id, { kind: 'accepted', reason: 'Accepted.', mark: 'written' })
        await store.retry(keyOf(1), { by: 'kim', why: 'try' })
        await pass(store, 1, resolve)
        const closed = await store.caseById(intent.caseId)
        assert.deepEqual([closed?.result, closed?.closedAt], ['healed', BEGIN])
        assert.equal((await store.attempts(keyOf(1)))[0]?.endedAt, BEGIN)
        assert.deepEqual(await store.nodes({ concerning: true }), [])
        await pass(store, 1, wait(BEGIN + 60_000))
        const next = await store.caseOf(keyOf(1))
        assert.notEqual(next?.id, intent.caseId)
        await store.deciding(CLOUD, async (tx) => {
          const loaded = await tx.load(keyOf(1))
          assert.deepEqual([loaded.case?.id, loaded.attempts.length, loaded.words.retry], [next?.id, 1, null])
        })
      }),
    )

    test(
      'keeps a decision without a case, and forgets it when there is nothing to say any more',
      on(open, async ({ store }) => {
        await store.seen(CLOUD, [], { complete: false })
        const transition = { kind: 'wait', reason: 'transition', message: 'Being cleaned.', until: BEGIN + 60_000, act: null } as const
        await pass(store, 1, transition, { case: null, newCase: false })
        assert.deepEqual([(await store.cases({})).length, await store.nextDue([CLOUD])], [0, BEGIN + 60_000])
        await pass(store, 1, resolve, { case: null, newCase: false })
        assert.deepEqual([await store.nextDue([CLOUD]), await store.audit({}), await store.unsent(9)], [null, [], []])
      }),
    )

    test(
      'keeps keys and class of a node that could not be read this time',
      on(open, async ({ store }) => {
        await pass(store, 1, wait(BEGIN + 1000), { keys: { rack: 'r7' } })
        const unread = { ...observation(1, BEGIN), node: unknown('no answer') }
        await pass(store, 1, wait(BEGIN + 1000), { observation: unread, keys: {}, resource_class: null })
        const view = await store.caseOf(keyOf(1))
        assert.deepEqual([view?.keys, view?.resource_class, view?.name], [{ rack: 'r7' }, 'baremetal', 'node-1'])
      }),
    )

    test(
      'is in its first pass over a cloud until that is said to be done',
      on(open, async ({ store, again }) => {
        const first = () => store.deciding(CLOUD, async (tx) => (await tx.load(keyOf(1))).firstPass)
        assert.equal(await first(), true)
        await store.enrol(CLOUD, { mode: 'auto', policyHash: 'a' })
        assert.equal(await first(), true)
        await (await again()).passDone(CLOUD)
        assert.equal(await first(), false)
      }),
    )

    test(
      'draws case ids of c- and eight letters or digits that no case has',
      on(open, async ({ store }) => {
        for (let n = 0; n < 20; n++) await pass(store, n, wait(BEGIN + 1000))
        const ids = (await store.cases({})).map((view) => view.id)
        assert.equal(new Set(ids).size, 20)
        for (const id of ids) assert.match(id, /^c-[0-9a-z]{8}$/)
      }),
    )
  })
}
