/** The reader of the outbox: each receiver once, tries and backoff, who is told what, what is given up, and what is never said. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Notice } from '../../src/core/leases.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import { TransportError } from '../../src/core/seams.ts'
import type { Receiver } from '../../src/notify/receiver.ts'
import { BEGIN, CLOUD, pass, reset, resolve, wait } from '../store/given.ts'
import { answer, email, mailRefused, never, slack, type Told, told, webhook } from './given.ts'

const LATER = wait(BEGIN + DAY)
const escalated = { kind: 'escalate', reason: 'bmc-silent', message: 'The BMC is silent.', until: null, act: null } as const

function telling(name: string, receivers: Receiver[], body: (t: Told) => Promise<void>, o: { serverUrl?: string } = {}): void {
  test(name, async () => {
    const t = await told(receivers, o)
    try {
      await body(t)
    } finally {
      await t.close()
    }
  })
}

const lease = (user_id: string | null): Notice => ({
  kind: 'lease-on-failed-node',
  message: 'Node node-1 is error while lease "demo" runs on it.',
  lease: {
    ...{ id: 'l-1', name: 'demo', status: 'ACTIVE', project_id: 'p', user_id, reservation: null, host_id: '1', lostAt: null },
    ...{ start_date: '2026-11-22T03:00:00Z', end_date: '2026-11-23T03:00:00Z' },
  },
})
const policy = { ...DEFAULT_POLICY, blazar: { ...DEFAULT_POLICY.blazar, tellHolder: 'Your node {node} failed.' } }

telling('every receiver is told within a second, once', [slack(), webhook(), email()], async (t) => {
  const stop = t.start()
  await pass(t.store, 1, LATER)
  await t.clock.advance(2 * SECOND)
  assert.deepEqual([t.arrived.map(({ url }) => new URL(url).hostname).toSorted(), t.mails.length], [['hook.test', 'slack.test'], 1])
  await t.clock.advance(2 * HOUR)
  assert.deepEqual([t.arrived.length, t.mails.length, await t.store.unsent(9)], [2, 1, []])
  await stop()
})

telling(
  'a drained outbox is one try at everything, and whoever hangs holds it up no longer than allowed',
  [webhook(), slack()],
  async (t) => {
    t.answers(({ url }) => (url.includes('hook.test') ? never() : answer(200)))
    await pass(t.store, 1, LATER)
    const began = t.clock.now()
    await t.clock.run(t.reader.drain(20 * SECOND))
    assert.deepEqual([t.arrived.length, t.clock.now() - began], [2, 20 * SECOND])
    await t.clock.run(t.another('next').drain(20 * SECOND))
    assert.equal(t.arrived.length, 2, 'the hanging one is still claimed')
  },
)

telling('a receiver that fails is tried again with longer waits and the same key', [webhook()], async (t) => {
  let left = 4
  t.answers(() => (left-- > 0 ? answer(500, {}, 'oops') : answer(200)))
  const stop = t.start()
  await pass(t.store, 1, LATER)
  await t.clock.advance(10 * MINUTE)
  await stop()
  assert.equal(t.arrived.length, 5)
  assert.equal(new Set(t.arrived.map(({ headers }) => headers['idempotency-key'])).size, 1)
  assert.equal(new Set(t.arrived.map(({ text }) => text)).size, 1)
  const waits = t.arrived.slice(1).map(({ at }, i) => at - (t.arrived[i]?.at ?? 0))
  for (const [i, least] of [3, 6, 13, 26].entries())
    assert.ok((waits[i] ?? 0) >= least * SECOND && (waits[i] ?? 0) <= (1.5 * least + 2) * SECOND, `${waits}`)
  assert.deepEqual(
    t.logged.map((line) => line.slice(0, 40)),
    ['warn receiver not told {"receiver":"hook', 'info receiver not told: over {"receiver"'],
  )
  assert.deepEqual(t.counted, ['hook trouble 1', 'hook trouble 1', 'hook trouble 1', 'hook trouble 1', 'hook sent 1'])
})

telling('a receiver that hangs or fails delays no other', [webhook(), slack()], async (t) => {
  t.answers(({ url }) => (url.includes('hook.test') ? never() : answer(200)))
  const stop = t.start()
  for (const n of [1, 2, 3]) {
    await pass(t.store, n, LATER)
    await t.clock.advance(2 * SECOND)
    assert.equal(t.arrived.filter(({ url }) => url.includes('slack.test')).length, n)
  }
  void stop
})

telling('what one message is refused for holds up no other', [webhook()], async (t) => {
  t.answers(({ body = '' }) => answer(body.includes('node-1') ? 400 : 204))
  const stop = t.start()
  await pass(t.store, 1, LATER)
  await t.clock.advance(2 * SECOND)
  await pass(t.store, 2, LATER)
  await t.clock.advance(1 * SECOND)
  await stop()
  assert.equal(t.arrived.filter(({ text }) => text.includes('node-2')).length, 1)
})

telling('a receiver that asks for patience gets it', [webhook()], async (t) => {
  t.answers(() => answer(t.arrived.length === 1 ? 429 : 200, { 'retry-after': '90' }))
  const stop = t.start()
  await pass(t.store, 1, LATER)
  await t.clock.advance(10 * MINUTE)
  await stop()
  const [first, second] = t.arrived
  assert.ok(second !== undefined && first !== undefined && second.at - first.at >= 90 * SECOND && second.at - first.at <= 93 * SECOND)
})

telling('a kill between sending and noting it sends once more, under the same key', [webhook()], async (t) => {
  let killed = true
  t.answers(() => (killed ? never() : answer(200)))
  await pass(t.store, 1, LATER)
  void t.another('run-1').drain(MINUTE)
  await t.clock.advance(SECOND)
  assert.equal(t.arrived.length, 1)
  killed = false
  await t.store.unclaimAll('run-')
  const stop = t.start()
  await t.clock.advance(10 * MINUTE)
  await stop()
  assert.deepEqual([t.arrived.length, t.arrived[0]?.headers['idempotency-key']], [2, t.arrived[1]?.headers['idempotency-key']])
})

telling('a daemon and a sweep beside it tell a receiver once', [webhook()], async (t) => {
  t.answers(async () => {
    await t.clock.sleep(3 * SECOND)
    return answer(200)
  })
  const stop = t.start()
  for (const n of [1, 2, 3, 4]) await pass(t.store, n, LATER)
  await t.clock.run(t.another('sweep-1').drain(20 * SECOND))
  await t.clock.advance(MINUTE)
  await stop()
  assert.equal(new Set(t.arrived.map(({ headers }) => headers['idempotency-key'])).size, t.arrived.length)
  assert.equal(t.arrived.length, 4)
})

telling('messages of one incident are one at once and then one a minute', [webhook()], async (t) => {
  const stop = t.start()
  const incident = { open: { key: 'switch', value: 'sw', why: 'All hang there.' } } as const
  await pass(t.store, 1, LATER, { keys: { switch: 'sw' }, incident })
  await t.clock.advance(2 * SECOND)
  for (let n = 2; n <= 40; n++) {
    await pass(t.store, n, reset(BEGIN + DAY), { keys: { switch: 'sw' }, incident })
    await t.clock.advance(2 * SECOND)
  }
  await t.clock.advance(2 * MINUTE)
  await stop()
  const bodies = t.arrived.map(({ text }) => JSON.parse(text))
  assert.equal(t.arrived.length, 3)
  const [first, second] = t.arrived
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= MINUTE)
  assert.equal(bodies.flatMap(({ messages }) => messages).length, 80)
  assert.match(bodies[1].title, /^west: incident i-\w{8}: \d+ nodes: \d+ case-opened, \d+ act$/)
  assert.match(bodies[1].happened[0], /^\d+ case-opened \(bmc-unreachable\): node-2, node-3, .*node-11 and \d+ more\.$/)
})

telling(
  'each receiver is told what is grave enough for it, of its clouds',
  [
    webhook({ name: 'info', url: 'http://x/info' }),
    webhook({ name: 'warning', url: 'http://x/warning', severity: 'warning' }),
    webhook({ name: 'critical', url: 'http://x/critical', severity: 'critical' }),
    webhook({ name: 'here', url: 'http://x/here', clouds: [CLOUD] }),
    webhook({ name: 'elsewhere', url: 'http://x/elsewhere', clouds: ['east'] }),
  ],
  async (t) => {
    await pass(t.store, 1, LATER)
    await pass(t.store, 2, { ...escalated }, { incident: { open: { key: 'switch', value: 'sw', why: 'Both hang there.' } } })
    await t.clock.run(t.reader.drain(MINUTE))
    const kinds = (name: string) =>
      t.arrived
        .filter(({ url }) => url.endsWith(`/${name}`))
        .flatMap(({ text }) => JSON.parse(text).messages)
        .map(({ kind }) => kind)
        .toSorted()
    const all = ['case-opened', 'case-opened', 'escalate', 'incident-opened']
    assert.deepEqual([kinds('info'), kinds('here'), kinds('elsewhere')], [all, all, []])
    assert.deepEqual([kinds('warning'), kinds('critical')], [['escalate', 'incident-opened'], ['escalate']])
  },
)

telling(
  'what is for holders goes to the receivers for holders alone, and nothing else does',
  [
    webhook(),
    webhook({ name: 'portal', url: 'https://portal.test/in', holders: true }),
    email({ to: ['{user_id}@example.org'], holders: true }),
  ],
  async (t) => {
    await pass(t.store, 1, LATER, { notices: [lease('ann')], policy })
    await t.clock.run(t.reader.drain(MINUTE))
    const kinds = (host: string) =>
      t.arrived
        .filter(({ url }) => url.includes(host))
        .flatMap(({ text }) => JSON.parse(text).messages.map((m: { kind: string }) => m.kind))
    assert.deepEqual([kinds('hook.test'), kinds('portal.test')], [['case-opened', 'lease-on-failed-node'], ['to-holder']])
    assert.deepEqual(
      t.mails.map(({ to, text }) => [to, text]),
      [[['ann@example.org'], 'Your node node-1 failed.\n']],
    )
  },
)

telling('a holder that is no plain name makes no address', [email({ to: ['{user_id}@example.org'], holders: true })], async (t) => {
  await pass(t.store, 1, LATER, { notices: [lease('ann@evil.test,bob')], policy })
  await t.clock.run(t.reader.drain(MINUTE))
  assert.deepEqual(t.mails, [])
  assert.match(t.logged.join(), /receiver not told.*makes no address/)
})

telling('what could not be told for a day is given up, in the log and on the trail', [webhook()], async (t) => {
  t.answers(({ method }) => {
    throw new TransportError('before', `${method} https://hook.test/in: connect ECONNREFUSED 10.0.0.1:443`)
  })
  const stop = t.start()
  await pass(t.store, 1, LATER)
  await t.clock.advance(2 * HOUR)
  await stop()
  const tries = t.arrived.length
  assert.ok(tries > 15 && tries < 30, `${tries}`)
  await t.clock.advance(DAY)
  await t.clock.run(t.another('next').drain(MINUTE))
  assert.equal(t.arrived.length, tries)
  assert.match(t.logged.join('\n'), /error messages given up after a day {"receiver":"hook","messages":1}/)
  const [trail] = await t.store.audit({ kind: 'not-told' })
  assert.match(trail?.message ?? '', /^hook was not told of case-opened from 2026-11-22T03:10:00.000Z: given up after \d+ tries\.$/)
  assert.deepEqual(await t.store.unsent(9), [])
})

telling('a mail that is refused waits by itself, one that found no server makes the receiver rest', [email()], async (t) => {
  t.mailAnswers((mail) => (mail.subject.includes('node-1') ? Promise.reject(mailRefused(true)) : Promise.resolve()))
  const stop = t.start()
  await pass(t.store, 1, LATER)
  await t.clock.advance(SECOND)
  await pass(t.store, 2, LATER)
  await t.clock.advance(SECOND)
  assert.equal(t.mails.filter(({ subject }) => subject.includes('node-2')).length, 1)
  t.mailAnswers(() => Promise.reject(mailRefused(false)))
  const before = t.mails.length
  for (const n of [3, 4, 5, 6]) await pass(t.store, n, LATER)
  await t.clock.advance(2 * SECOND)
  assert.ok(t.mails.length <= before + 1)
  await stop()
})

telling(
  'no secret of a receiver stands in a log, an error or the trail',
  [slack(), webhook({ secret: 'sign-me', authorization: 'Bearer tok-en', url: 'https://u:pw12@hook.test/private/path?key=q1w2' })],
  async (t) => {
    t.answers(({ url, headers, method }) => {
      const { origin, pathname } = new URL(url)
      if (url.includes('slack.test')) throw new TransportError('after', `${method} ${origin}${pathname}: no complete answer within 6000 ms`)
      return answer(403, {}, `echo ${url} ${headers['authorization']}\n sign-me \u001b[31m`)
    })
    const stop = t.start()
    await pass(t.store, 1, LATER)
    await t.clock.advance(2 * MINUTE)
    await stop()
    await t.clock.advance(DAY)
    await t.clock.run(t.another('next').drain(MINUTE))
    const said = [...t.logged, ...(await t.store.audit({})).map(({ message }) => message)].join('\n')
    assert.match(said, /"receiver":"chat","error":"no complete answer within 6000 ms"/)
    assert.match(said, /"receiver":"hook","error":"answered 403, echo/)
    assert.doesNotMatch(said, /s3cret|services|sign-me|tok-en|pw12|private|q1w2/)
    assert.ok(!said.includes('\u001b'))
  },
)

telling('what a case came to is told whole', [webhook()], async (t) => {
  const stop = t.start()
  await pass(t.store, 1, escalated)
  await t.clock.advance(MINUTE)
  await pass(t.store, 1, resolve)
  await t.clock.advance(MINUTE)
  await stop()
  const [opened, settled] = t.arrived.map(({ text }) => JSON.parse(text))
  assert.equal(opened.title, 'west: node-1 needs a person (bmc-unreachable)')
  assert.deepEqual(opened.happened, ['Node node-1 of cloud west is error, cause bmc-unreachable.', 'The BMC answers again.'])
  assert.deepEqual(opened.did, ['Anneal leaves it to a person (bmc-silent): The BMC is silent.'])
  assert.match(opened.todo.join(' '), /Look at the BMC.*docs\/runbook.md#bmc-silent.*`anneal explain node-1`/)
  assert.equal(settled.title, 'west: node-1 is settled')
  assert.deepEqual(settled.did, ['Anneal closed the case (healed): Proven healthy.'])
})
