/** An Alertmanager's alerts: raised when something stands, said again while it does, and ended when it does not, whatever happens between. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acknowledgeById } from '../../src/commands/acknowledge.ts'
import { EMPTY_MEMORY } from '../../src/core/case.ts'
import { DAY, MINUTE, SECOND } from '../../src/core/policy.ts'
import { BEGIN, keyOf, newCase, pass, resolve, wait } from '../store/given.ts'
import { alertmanager, answer, type Told, told } from './given.ts'

const escalated = { kind: 'escalate', reason: 'bmc-silent', message: 'The BMC is silent.', until: null, act: null } as const
const LATER = wait(BEGIN + DAY)

type Sent = { labels: Record<string, string>; annotations: Record<string, string>; startsAt: string; endsAt: string; generatorURL?: string }

/** What an Alertmanager would show now. */
function firing(t: Told): Record<string, string>[] {
  const alerts = new Map<string, Sent>()
  for (const { text } of t.arrived) for (const alert of JSON.parse(text) as Sent[]) alerts.set(JSON.stringify(alert.labels), alert)
  return [...alerts.values()].filter(({ endsAt }) => Date.parse(endsAt) > t.clock.now()).map(({ labels }) => labels)
}

async function withAlerts(receiver: Parameters<typeof alertmanager>[0], body: (t: Told) => Promise<void>): Promise<void> {
  const t = await told([alertmanager(receiver)], { serverUrl: 'https://anneal.example.org' })
  try {
    await body(t)
  } finally {
    await t.close()
  }
}

test('a case is an alert until a person is needed, that is another, and both end', () =>
  withAlerts({ authorization: 'Basic abc' }, async (t) => {
    const stop = t.start()
    await pass(t.store, 1, LATER)
    await t.clock.advance(6 * SECOND)
    assert.deepEqual(firing(t), [
      { alertname: 'AnnealCaseOpen', severity: 'info', cloud: 'west', node: 'node-1', cause: 'bmc-unreachable', reason: 'case-open' },
    ])
    await pass(t.store, 1, escalated)
    await t.clock.advance(6 * SECOND)
    assert.deepEqual(firing(t), [
      {
        alertname: 'AnnealPersonNeeded',
        severity: 'critical',
        cloud: 'west',
        node: 'node-1',
        cause: 'bmc-unreachable',
        reason: 'bmc-silent',
      },
    ])
    await pass(t.store, 1, resolve)
    await t.clock.advance(6 * SECOND)
    await stop()
    assert.deepEqual([firing(t), await t.store.raisedAlerts('am')], [[], []])
    const [first] = t.arrived
    assert.deepEqual([first?.url, first?.headers['authorization']], ['http://am.test:9093/api/v2/alerts', 'Basic abc'])
    assert.match(JSON.parse(first?.text ?? '')[0].generatorURL, /^https:\/\/anneal.example.org\/cases\/c-/)
  }))

test('what stands is said again before it times out there, and began when it began', () =>
  withAlerts({ severity: 'critical' }, async (t) => {
    const stop = t.start()
    await pass(t.store, 1, escalated)
    for (let minutes = 0; minutes < 30; minutes++) {
      await t.clock.advance(MINUTE)
      assert.equal(firing(t).length, 1)
    }
    await stop()
    assert.ok(t.arrived.length >= 28 && t.arrived.length <= 31, `${t.arrived.length}`)
    assert.equal(new Set(t.arrived.map(({ text }) => JSON.parse(text)[0].startsAt)).size, 1)
  }))

test('an alert is ended after a restart, and after an Alertmanager that was away', () =>
  withAlerts({ severity: 'critical' }, async (t) => {
    await pass(t.store, 1, escalated)
    await t.clock.run(t.reader.drain(MINUTE))
    assert.equal(firing(t).length, 1)
    await pass(t.store, 1, resolve)
    t.answers(() => answer(503))
    await t.clock.run(t.another('second').drain(MINUTE))
    t.answers(() => answer(200))
    t.arrived.length = 0
    await t.clock.advance(MINUTE)
    await t.clock.run(t.another('third').drain(MINUTE))
    const [end] = JSON.parse(t.arrived[0]?.text ?? '[]')
    assert.ok(Date.parse(end.endsAt) <= t.clock.now())
    assert.deepEqual(await t.store.raisedAlerts('am'), [])
  }))

test('incidents and leases are alerts of their own while they stand', () =>
  withAlerts({ severity: 'warning' }, async (t) => {
    const incident = { open: { key: 'switch', value: 'sw', why: 'Both hang there.' } } as const
    const held = {
      ...{ id: 'l-1', name: 'demo', status: 'ACTIVE', project_id: 'p', user_id: 'u', reservation: null, host_id: '1', lostAt: null },
      ...{ start_date: '2026-11-22T03:00:00Z', end_date: '2026-11-23T03:00:00Z' },
    }
    const memory = { ...EMPTY_MEMORY, leases: [held], told: ['lease-on-failed-node l-1'] }
    await pass(t.store, 1, LATER, { case: { ...newCase(1, 'c-11111111', BEGIN), memory }, incident })
    await t.clock.run(t.reader.drain(MINUTE))
    const names = () => firing(t).map(({ alertname, lease = '', severity }) => [alertname, lease, severity])
    assert.deepEqual(names().toSorted(), [
      ['AnnealIncident', '', 'warning'],
      ['AnnealLeaseOnFailedNode', 'l-1', 'critical'],
    ])
    await pass(t.store, 1, resolve)
    await t.clock.run(t.another('next').drain(MINUTE))
    assert.deepEqual(names(), [])
  }))

test('a quiet Alertmanager is sent nothing', () =>
  withAlerts({ severity: 'critical' }, async (t) => {
    const stop = t.start()
    await pass(t.store, 1, LATER)
    await t.clock.advance(5 * MINUTE)
    await stop()
    assert.deepEqual(t.arrived, [])
  }))

test('only what its clouds and its severity ask for is sent', () =>
  withAlerts({ clouds: ['east'] }, async (t) => {
    await pass(t.store, 1, escalated)
    await t.clock.run(t.reader.drain(MINUTE))
    assert.deepEqual(t.arrived, [])
  }))

test('what a person has seen stands as information until it changes, and then a person is called again', () =>
  withAlerts({}, async (t) => {
    const stop = t.start()
    await pass(t.store, 1, escalated)
    const id = (await t.store.caseOf(keyOf(1)))?.id ?? ''
    await acknowledgeById(t.store, { id, by: 'pat', why: 'vendor comes on Tuesday' })
    await t.clock.advance(MINUTE)
    assert.deepEqual(
      firing(t).map(({ alertname, severity }) => [alertname, severity]),
      [['AnnealCaseOpen', 'info']],
    )
    assert.match(t.arrived.at(-1)?.text ?? '', /pat has seen it: vendor comes on Tuesday\./)
    await pass(t.store, 1, { ...escalated, reason: 'bmc-refusing' })
    await t.clock.advance(MINUTE)
    await stop()
    assert.deepEqual(
      firing(t).map(({ alertname, reason }) => [alertname, reason]),
      [['AnnealPersonNeeded', 'bmc-refusing']],
    )
  }))

test('an incident that a person has seen is information until a node joins it', () =>
  withAlerts({ severity: 'warning' }, async (t) => {
    const stop = t.start()
    const shared = { keys: { switch: 's1' }, incident: { open: { key: 'switch', value: 's1', why: 'they fail together' } } } as const
    await pass(t.store, 1, LATER, shared)
    await pass(t.store, 2, LATER, shared)
    await t.clock.advance(MINUTE)
    const names = () => firing(t).map(({ alertname }) => alertname)
    assert.deepEqual(names(), ['AnnealIncident'])
    const [incident] = await t.store.incidents({ open: true })
    await acknowledgeById(t.store, { id: incident?.id ?? '', by: 'pat', why: 'the switch is exchanged' })
    await t.clock.advance(MINUTE)
    assert.deepEqual(names(), [])
    await pass(t.store, 3, LATER, shared)
    await t.clock.advance(MINUTE)
    await stop()
    assert.deepEqual(names(), ['AnnealIncident'])
  }))

test('a node that waits too long for its turn is one alert, whichever turn it is', () =>
  withAlerts({ severity: 'critical' }, async (t) => {
    const stop = t.start()
    for (const reason of ['fleet-budget', 'incident-ramp', 'canary-first'] as const) {
      await pass(t.store, 1, { ...escalated, reason })
      await t.clock.advance(6 * SECOND)
      assert.deepEqual(
        firing(t).map(({ alertname, reason: of }) => [alertname, of]),
        [['AnnealPersonNeeded', 'fleet-budget']],
      )
    }
    await stop()
  }))
