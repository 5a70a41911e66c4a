/** Several replicas on one PostgreSQL: no node is reset twice, rounds are shared, and whoever dies is missed for a minute at most. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, SECOND } from '../../src/core/policy.ts'
import { chatter, earAt, saysTo } from '../ears.ts'
import { fakeBroker, unreachable } from '../fake-broker.ts'
import { brokenBy } from '../promises.ts'
import { acceptedResets, type SimOperator, type SimOptions, simOperator } from '../sim-operator.ts'
import type { Cluster } from './cluster.ts'
import { simHome } from './sim-home.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const many = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    name: `n${at + 1}`,
    provision_state: 'active',
    rack: at + 1,
    resource_class: `class-${at % 4}`,
  }))

const home = (op: SimOperator, names: readonly string[]): boolean =>
  names.every((name) => op.node(name).row.provision_state === 'available')

function mostAtOnce(op: SimOperator): number {
  const verbs = acceptedResets(op.cloud)
  return Math.max(0, ...verbs.map((verb) => verbs.filter((other) => other.at <= verb.at && verb.at - other.at < 120 * SECOND).length))
}

/** Lists that polls (by state) and censuses (without) begin with, since then. */
const lists = (op: SimOperator, since: number) => {
  const firsts = op.cloud.ledger.entries.filter(({ at, method, path }) => at >= since && method === 'GET' && /\/v1\/nodes\?/.test(path))
  const polls = firsts.filter(({ path }) => /[?&]provision_state=error(&|$)/.test(path) && !/[?&]marker=/.test(path))
  const censuses = firsts.filter(({ path }) => !/[?&](provision_state|marker)=/.test(path))
  return { polls: polls.map(({ at }) => at), censuses: censuses.map(({ at }) => at) }
}

export function replicaTests(cluster: Cluster, template: string): void {
  const scenario = (name: string, options: SimOptions, body: (op: SimOperator) => Promise<void>): void => {
    test(name, async () => {
      const { place } = await cluster.database(template)
      const op = await simOperator({ ...options, home: simHome(place) })
      try {
        await body(op)
        assert.deepEqual(brokenBy(op.cloud), [], 'promises')
      } finally {
        await op.close()
      }
    })
  }

  scenario(
    'two operators on one PostgreSQL at once, with many nodes: none is reset twice, and the budget of the cloud holds',
    {
      nodes: many(16),
      policy: { incident: { cases: 99, within: MINUTE, classShare: 2, secondCanary: 45 * MINUTE }, starts: { min: 99, share: 1 } },
    },
    async (op) => {
      const names = many(8).map(({ name }) => name)
      for (const name of names) op.people.fail(name, BLIP)
      const other = await op.beside()
      await op.clock.advance(4 * MINUTE)
      for (let at = 0; at < 60 && !home(op, names); at += 1) {
        await op.clock.run(Promise.all([op.begin(), other.begin()]))
        await op.clock.advance(20 * SECOND)
      }
      assert.ok(home(op, names), `${op.resets()} resets`)
      for (const name of names) assert.equal(op.resets(name), 1, name)
      assert.ok(mostAtOnce(op) <= 2, `${mostAtOnce(op)} at once`)
    },
  )

  scenario('three replicas poll and count a cloud as often as one does, and heal what fails', { nodes: 12 }, async (op) => {
    const daemons = [op, await op.beside(), await op.beside()].map((one) => one.daemon({ pollMs: 15_000, censusMs: 5 * MINUTE }))
    await op.clock.advance(20 * SECOND)
    op.people.fail('node-1', BLIP)
    const begun = op.clock.now()
    await op.clock.advance(15 * MINUTE)
    for (const stop of daemons) await stop()
    const { polls, censuses } = lists(op, begun)
    assert.ok(polls.length >= 59 && polls.length <= 61, `${polls.length} polls`)
    assert.ok(censuses.length >= 2 && censuses.length <= 4, `${censuses.length} censuses`)
    assert.deepEqual([op.resets(), op.node('node-1').row.provision_state], [1, 'available'])
    assert.notEqual((await op.store.clouds())[0]?.firstPassAt ?? null, null)
  })

  /** Two replicas, each with an ear at a broker of its own, two minutes after something was said of a node. */
  const hearing = async (op: SimOperator) => {
    const [first, second] = [fakeBroker(), fakeBroker()]
    saysTo(op, [first, second])
    const other = await op.beside()
    const stops = [op.daemon({ ears: [earAt(op, first)] }), other.daemon({ ears: [earAt(other, second)] })]
    await op.clock.advance(20 * SECOND)
    chatter(op)
    await op.clock.advance(2 * MINUTE)
    const pollsIn = async (ms: number): Promise<number> => {
      const begun = op.clock.now()
      await op.clock.advance(ms)
      return lists(op, begun).polls.length
    }
    return { second, stops, pollsIn }
  }

  scenario(
    'two replicas that hear poll once a minute together; one that goes deaf has the cloud polled every 15 s, until it is gone',
    { nodes: 4 },
    async (op) => {
      const { second, stops, pollsIn } = await hearing(op)
      const alive = await pollsIn(8 * MINUTE)
      assert.ok(alive >= 7 && alive <= 9, `${alive} polls in 8 min`)
      second.away(unreachable)
      second.drop('gone')
      const deaf = await pollsIn(5 * MINUTE)
      assert.ok(deaf >= 19 && deaf <= 22, `${deaf} polls in 5 min`)
      await stops[1]?.()
      await op.clock.advance(MINUTE)
      const again = await pollsIn(8 * MINUTE)
      assert.ok(again >= 7 && again <= 9, `${again} polls in 8 min`)
      await stops[0]?.()
    },
  )

  scenario('a change that none of two replicas heard of brings the short polls back', { nodes: 4 }, async (op) => {
    const { stops, pollsIn } = await hearing(op)
    // Not through Ironic's own hands, so that nothing is announced.
    Object.assign(op.node('node-1').row, { provision_state: 'clean wait', provision_updated_at: '2026-03-01T03:02:00.000000+00:00' })
    await op.clock.advance(2 * MINUTE)
    const distrusting = await pollsIn(7 * MINUTE)
    assert.ok(distrusting >= 27, `${distrusting} polls in 7 min`)
    for (const stop of stops) await stop()
  })

  scenario(
    'the first round is over when all that the first poll found was looked at, by whichever replica',
    { nodes: 12, fresh: true },
    async (op) => {
      for (const name of ['node-1', 'node-2', 'node-3']) op.people.fail(name, BLIP)
      const daemons = [op, await op.beside()].map((one) => one.daemon())
      await op.clock.advance(MINUTE)
      assert.notEqual((await op.store.clouds())[0]?.firstPassAt ?? null, null)
      for (const stop of daemons) await stop()
    },
  )

  for (const point of ['committed', 'marked', 'verbed'] as const)
    scenario(
      `a replica that dies ${point}: another polls within a minute and heals the node without a second reset`,
      { nodes: 12 },
      async (op) => {
        op.daemon()
        const other = await op.beside()
        await op.clock.advance(20 * SECOND)
        op.dieAt(point)
        op.people.fail('node-1', BLIP)
        for (let at = 0; at < 60 && !op.died(); at += 1) await op.clock.advance(5 * SECOND)
        assert.ok(op.died(), 'nothing was begun')
        const died = op.clock.now()
        const stop = other.daemon()
        await op.clock.advance(MINUTE)
        assert.ok(lists(op, died).polls.length > 0, 'no poll within a minute')
        await op.clock.advance(15 * MINUTE)
        await stop()
        assert.equal(op.node('node-1').row.provision_state, 'available')
        // The verb had left, or it had not: either way it is accepted once in the end.
        assert.equal(op.resets(), 1)
      },
    )

  scenario(
    'the database goes away under two replicas and comes back: what is under way is settled, and nothing is reset twice',
    { nodes: 12 },
    async (op) => {
      const other = await op.beside()
      const stops = [op.daemon(), other.daemon()]
      await op.clock.advance(20 * SECOND)
      for (const name of ['node-1', 'node-2']) op.people.fail(name, BLIP)
      await op.clock.advance(MINUTE)
      const stopped = Promise.withResolvers<void>()
      let isStopping = false
      const stop = async () => {
        if (isStopping) return
        isStopping = true
        await cluster.stop('immediate')
        stopped.resolve()
      }
      for (const one of [op, other]) one.at('verb', stop)
      const said = () => op.logged.concat(other.logged).filter((line) => /The database/.test(line))
      for (let at = 0; at < 200 && said().length === 0; at += 1) await op.clock.advance(5 * SECOND)
      await stopped.promise
      assert.match(said()[0] ?? '', /was lost|does not answer|starting or stopping/)
      await cluster.start()
      await op.clock.advance(20 * MINUTE)
      for (const stop of stops) await stop()
      assert.ok(home(op, ['node-1', 'node-2']), op.logged.concat(other.logged).join('\n'))
      assert.deepEqual([op.resets('node-1'), op.resets('node-2')], [1, 1])
    },
  )
}
