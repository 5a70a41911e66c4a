/** The figures for Prometheus: which there are, what they count, and what of it goes on across restarts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Served, served, WEST } from '../../test/http.ts'
import { CLOUD, observation, pass, resetOf, resolve, seenNode, wait } from '../../test/store/given.ts'
import { HOUR } from '../core/policy.ts'
import { known } from '../core/reading.ts'
import { type Metrics, openMetrics } from './metrics.ts'

/** Every series with its value. */
async function read(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

/** Node 1 failed, was reset and healed within a quarter of an hour; node 2 waits. */
async function history({ store, clock }: Served): Promise<void> {
  await store.passDone(CLOUD)
  clock.move(1_000)
  for (const n of [1, 2]) await pass(store, n, wait(clock.now() + 60_000))
  const intent = await resetOf(store, 1)
  await store.record(intent.id, { kind: 'accepted', reason: 'Ironic accepted it.' })
  clock.move(HOUR / 4)
  await pass(store, 1, resolve)
}

test('there are exactly the figures of the design, with a help text that says since when they count', () =>
  served(async ({ world }) => {
    const text = await world.metrics.text()
    assert.deepEqual([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => `${name} ${kind}`).toSorted(), [
      'anneal_actions_total counter',
      'anneal_budget_remaining gauge',
      'anneal_canary_healed_timestamp_seconds gauge',
      'anneal_canary_trouble gauge',
      'anneal_cases gauge',
      'anneal_cloud_requests_total counter',
      'anneal_decisions_in_force gauge',
      'anneal_decisions_total counter',
      'anneal_detection_seconds histogram',
      'anneal_last_census_timestamp_seconds gauge',
      'anneal_last_pass_timestamp_seconds gauge',
      'anneal_lost_node_hours_total counter',
      'anneal_nodes_unattended gauge',
      'anneal_notifications_oldest_waiting_seconds gauge',
      'anneal_notifications_total counter',
      'anneal_notifications_waiting gauge',
      'anneal_oldest_case_seconds gauge',
      'anneal_pass_seconds histogram',
      'anneal_paused gauge',
      'anneal_probe_up gauge',
      'anneal_time_to_heal_seconds histogram',
    ])
    for (const [, help] of text.matchAll(/^# HELP (.*)$/gm)) assert.match(help ?? '', /database|this process/i)
  }))

test('what a person is alerted of: failed nodes that nobody tends, cases that grow old, decisions in force, the last census', () =>
  served(async ({ world, store, clock }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' }), seenNode(2, { provision_state: 'error' }), seenNode(3)], {
      complete: true,
    })
    await store.census(CLOUD, 3)
    const counted = clock.now()
    await pass(store, 1, wait(clock.now() + 60_000))
    clock.move(HOUR)
    const figures = await read(world.metrics)
    assert.equal(figures.get('anneal_nodes_unattended{cloud="west"}'), 1)
    assert.equal(figures.get('anneal_oldest_case_seconds{cloud="west",kind="wait"}'), 3_600)
    assert.equal(figures.get('anneal_decisions_in_force{cloud="west",kind="wait",reason="spacing"}'), 1)
    assert.equal(figures.get('anneal_last_census_timestamp_seconds{cloud="west"}'), counted / 1_000)
    await pass(store, 1, resolve)
    const after = await read(world.metrics)
    assert.equal([...after.keys()].filter((name) => /^anneal_(oldest_case|decisions_in_force)/.test(name)).length, 0)
  }))

test('what came of cases, decisions and acts is counted once, however often it is asked for', () =>
  served(async (given) => {
    await history(given)
    const { metrics } = given.world
    await Promise.all([metrics.text(), metrics.text(), metrics.text()])
    const figures = await read(metrics)
    const expected = {
      'anneal_cases{cloud="west",cause="bmc-unreachable",state="open"}': 1,
      'anneal_cases{cloud="west",cause="bmc-unreachable",state="healed"}': 1,
      'anneal_decisions_total{cloud="west",kind="wait",reason="spacing"}': 2,
      'anneal_decisions_total{cloud="west",kind="act",reason="bmc-answers"}': 1,
      'anneal_decisions_total{cloud="west",kind="resolve",reason="healed"}': 1,
      'anneal_actions_total{cloud="west",act="reset",outcome="accepted"}': 1,
      anneal_time_to_heal_seconds_count: 1,
      anneal_time_to_heal_seconds_sum: 900,
      anneal_detection_seconds_count: 2,
      'anneal_lost_node_hours_total{cloud="west",cause="bmc-unreachable"}': 0.5,
      'anneal_paused{cloud="west"}': 0,
    }
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, figures.get(name)])), expected)
    given.clock.move(HOUR)
    assert.equal((await read(metrics)).get('anneal_lost_node_hours_total{cloud="west",cause="bmc-unreachable"}'), 1.5)
  }))

test('after a restart what is in the database goes on, and what was of the process begins again', () =>
  served(async (given) => {
    const { store, clock } = given
    await history(given)
    const before = await read(given.world.metrics)
    const after = await read(await openMetrics({ store, clock, clouds: [WEST], canaries: () => [], receivers: [] }))
    for (const [name, value] of before)
      if (/^anneal_(cases|decisions|actions|time_to_heal|paused|budget)/.test(name)) assert.equal(after.get(name), value, name)
    assert.deepEqual([before.get('anneal_detection_seconds_count'), after.get('anneal_detection_seconds_count')], [2, 0])
    assert.equal(after.get('anneal_lost_node_hours_total{cloud="west",cause="bmc-unreachable"}'), 0)
  }))

test('a canary that was never healed has no time, and each has a figure for its trouble', () =>
  served(async ({ store, clock }) => {
    const canary = { cloud: 'west', node: 'n', message: '', isUnderWay: false }
    let healedAt: number | null = null
    const metrics = await openMetrics({
      ...{ store, clock, clouds: [WEST], receivers: [] },
      canaries: () => [{ ...canary, healedAt, trouble: healedAt === null ? 'It could not be tried.' : null }],
    })
    const figures = async () => {
      const found = await read(metrics)
      return ['anneal_canary_healed_timestamp_seconds', 'anneal_canary_trouble'].map((name) => found.get(`${name}{cloud="west"}`))
    }
    assert.deepEqual(await figures(), [undefined, 1])
    healedAt = 5_000
    assert.deepEqual(await figures(), [5, 0])
  }))

test('notifications have figures where they are heard, and none elsewhere', () =>
  served(async ({ store, clock, world }) => {
    const state = { cloud: 'west', isUp: true, heardAt: 7_000, woken: 2, pollMs: 60_000 }
    const metrics = await openMetrics({
      ...{ store, clock, clouds: [WEST], canaries: () => [], receivers: [] },
      hearing: () => [{ ...state, heard: new Map([['provision_set', 3]]), putAside: new Map([['not-json', 1]]) }],
    })
    await metrics.text()
    const found = await read(metrics)
    assert.deepEqual(
      [...found].filter(([name]) => /notification|poll_interval/.test(name)),
      [
        ['anneal_ironic_notifications_heard_total{cloud="west",event="provision_set"}', 3],
        ['anneal_ironic_notifications_put_aside_total{cloud="west",reason="not-json"}', 1],
        ['anneal_ironic_notifications_woken_total{cloud="west"}', 2],
        ['anneal_ironic_notifications_up{cloud="west"}', 1],
        ['anneal_last_notification_timestamp_seconds{cloud="west"}', 7],
        ['anneal_poll_interval_seconds{cloud="west"}', 60],
      ],
    )
    assert.ok(![...(await read(world.metrics)).keys()].some((name) => name.startsWith('anneal_ironic_notifications')))
  }))

test('a long history is counted to its end, in stretches that let others have their turn', () =>
  served(async ({ store, clock, world }) => {
    const stretches: number[] = []
    const long: typeof store = {
      ...store,
      newestAudit: async () => 60_000,
      auditTally: async ({ after, upTo }) => {
        stretches.push(upTo - after)
        return [{ cloud: CLOUD, kind: 'wait', reason: 'spacing', count: upTo - after }]
      },
    }
    const figures = await read(await openMetrics({ store: long, clock, clouds: world.clouds, canaries: () => [], receivers: [] }))
    assert.equal(figures.get('anneal_decisions_total{cloud="west",kind="wait",reason="spacing"}'), 60_000)
    assert.deepEqual(stretches, [25_000, 25_000, 10_000])
  }))

test('the backlog that a first pass finds was not waited for', () =>
  served(async ({ store, clock, world }) => {
    await pass(store, 1, wait(clock.now() + 60_000))
    clock.move(1)
    await store.passDone(CLOUD)
    assert.equal((await read(world.metrics)).get('anneal_detection_seconds_count'), 0)
  }))

test('the budget is what is left of the places that the pacing gives, and a pause of all clouds pauses each', () =>
  served(async ({ store, world }) => {
    const left = async () => (await read(world.metrics)).get('anneal_budget_remaining{cloud="west"}')
    assert.equal(await left(), 2)
    await store.seen(
      CLOUD,
      Array.from({ length: 400 }, (_, at) => seenNode(at + 1)),
      { complete: true },
    )
    await store.census(CLOUD, 400)
    assert.equal(await left(), 4)
    await resetOf(store, 1)
    assert.equal(await left(), 3)
    await store.pause(null, { by: 'pat', why: 'x' })
    assert.equal((await read(world.metrics)).get('anneal_paused{cloud="west"}'), 1)
  }))

test('what this process saw: passes, services and requests', () =>
  served(async ({ clock, world: { metrics } }) => {
    const look = (state: 'green' | 'red') => known({ state, detail: '', at: clock.now() })
    const seen = { ...observation(1, clock.now() - 2_000), services: { neutron: look('red'), nova: look('green') } }
    metrics.looked(seen)
    metrics.asked({ service: 'baremetal', method: 'GET', status: 200 })
    metrics.asked({ service: 'baremetal', method: 'GET', status: null })
    const figures = await read(metrics)
    for (const [name, value] of [
      ['anneal_pass_seconds_sum', 2],
      ['anneal_last_pass_timestamp_seconds{cloud="west"}', clock.now() / 1_000],
      ['anneal_probe_up{cloud="west",service="neutron"}', 0],
      ['anneal_probe_up{cloud="west",service="nova"}', 1],
      ['anneal_cloud_requests_total{service="baremetal",method="GET",status="200"}', 1],
      ['anneal_cloud_requests_total{service="baremetal",method="GET",status="none"}', 1],
    ] as const)
      assert.equal(figures.get(name), value, name)
  }))

test('who could not be told, for how long, and how each try ended: from 0 on for a receiver that is configured', () =>
  served(async ({ world: { metrics }, store, clock }) => {
    const of = (name: string, labels = 'receiver="ops"') => `anneal_notifications_${name}{${labels}}`
    const before = await read(metrics)
    assert.deepEqual([before.get(of('waiting')), before.get(of('oldest_waiting_seconds'))], [0, 0])
    for (const outcome of ['sent', 'trouble', 'refused', 'given-up'])
      assert.equal(before.get(of('total', `receiver="ops",outcome="${outcome}"`)), 0)
    await pass(store, 1, wait(clock.now() + 60_000))
    await store.takeMessages(() => ['ops', 'removed'])
    clock.move(HOUR)
    metrics.told({ receiver: 'ops', outcome: 'trouble', count: 1 })
    const waiting = await read(metrics)
    for (const receiver of ['ops', 'removed'])
      assert.deepEqual(
        [waiting.get(of('waiting', `receiver="${receiver}"`)), waiting.get(of('oldest_waiting_seconds', `receiver="${receiver}"`))],
        [1, 3_600],
      )
    assert.equal(waiting.get(of('total', 'receiver="ops",outcome="trouble"')), 1)
    await store.recordTry((await store.nextBatch('ops', 'me')) ?? assert.fail(), { kind: 'sent' })
    assert.deepEqual([(await read(metrics)).get(of('waiting')), (await read(metrics)).get(of('oldest_waiting_seconds'))], [0, 0])
  }))
