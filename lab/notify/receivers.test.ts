/**
 * Notifications to real receivers on the loopback: Debian's Alertmanager, an SMTP server with and without TLS and login, and an HTTP server
 * that fails in every way it can. Real clock, real sockets. `npm run test:notify`.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { PUBLISHED } from '../../src/commands/published-schemas.ts'
import { DAY } from '../../src/core/policy.ts'
import type { Receiver } from '../../src/notify/receiver.ts'
import { realSeams } from '../../src/seams.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { notifierFor } from '../../src/wiring.ts'
import { alertmanager, email, slack, webhook } from '../../test/notify/given.ts'
import { pass, resolve, wait } from '../../test/store/given.ts'
import {
  type Alertmanager,
  certificate,
  folder,
  type HttpReceiver,
  type MailServer,
  startAlertmanager,
  startHttpReceiver,
  startMailServer,
  until,
} from './servers.ts'

const ANNEAL = fileURLToPath(new URL('../../bin/anneal', import.meta.url))
const seams = realSeams()
const pem = certificate()
const login = { user: 'anneal', password: 'hunter2' }
const escalated = { kind: 'escalate', reason: 'bmc-silent', message: 'The BMC is silent.', until: null, act: null } as const

let http: HttpReceiver
let there: Alertmanager
let plain: MailServer
let starttls: MailServer
let tls: MailServer

before(async () => {
  http = await startHttpReceiver({
    '/twice-500': (response, _request, times) => response.writeHead(times <= 2 ? 500 : 200).end('an error of ours'),
    '/hangs': () => {},
    '/patience': (response, _request, times) => response.writeHead(times === 1 ? 429 : 200, { 'retry-after': '8' }).end(),
    '/resets': (response, _request, times) => (times === 1 ? response.socket?.resetAndDestroy() : response.writeHead(200).end()),
    '/halfway': (response, _request, times) => {
      if (times > 1) response.writeHead(200).end()
      else {
        response.writeHead(200, { 'content-length': '100' }).write('half')
        setTimeout(() => response.socket?.destroy(), 100)
      }
    },
    '/services/T0/B0/s3cret': (response) => response.writeHead(200).end('ok'),
    '/services/gone': (response) => response.writeHead(404).end('no_service'),
  })
  there = await startAlertmanager(`${http.url}/from-alertmanager`)
  plain = await startMailServer({ tls: 'none', login: null, certificate: null })
  starttls = await startMailServer({ tls: 'starttls', login, certificate: pem })
  tls = await startMailServer({ tls: 'tls', login, certificate: pem })
})

after(async () => {
  for (const server of [there, http, plain, starttls, tls]) await server?.stop()
  await seams.close()
})

type Running = { store: Store; logged: string[]; end(): Promise<void> }

async function running(receivers: Receiver[], store?: Store): Promise<Running> {
  const opened = store ?? (await openStore({ path: ':memory:', ...seams }))
  const logged: string[] = []
  const log = (level: string, message: string, fields: object = {}) => void logged.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const claimant = `run-${seams.newId()}`
  const reader = notifierFor(
    { receivers, serverUrl: 'https://anneal.example.org' },
    { store: opened, seams, log, claimant, alertsStandMs: 600_000, onTold: () => undefined },
  )
  const stop = new AbortController()
  const run = reader.run(stop.signal)
  const end = async () => {
    stop.abort()
    await run
  }
  return { store: opened, logged, end }
}

const later = () => wait(Date.now() + DAY)
const at = (path: string) => http.posted.filter((one) => one.path === path)
const mail = (server: MailServer, differs: Partial<ReturnType<typeof email>> = {}, encrypted: 'tls' | 'starttls' | 'none' = 'none') =>
  email({ server: { host: '127.0.0.1', port: server.port, tls: encrypted, ca: pem.cert, verify: true }, ...differs })

test('a webhook that fails twice, hangs, asks for patience or resets the connection gets each message, and delays no other', async () => {
  const names = ['twice-500', 'hangs', 'patience', 'resets', 'halfway', 'good']
  const hooks = names.map((name) => webhook({ name, url: `${http.url}/${name}`, secret: 'sign-me' }))
  const { store, logged, end } = await running(hooks)
  const began = Date.now()
  await pass(store, 1, later())
  await until(() => at('/good').length === 1, 3_000, 'the good one is told at once')
  await until(() => at('/twice-500').length === 3, 30_000, 'a third try')
  for (const path of ['/patience', '/resets', '/halfway']) await until(() => at(path).length === 2, 30_000, `a second try at ${path}`)
  await until(() => at('/hangs').length >= 2, 40_000, 'a hanging one is given up after 10 s and tried again')
  const [first, second] = at('/patience')
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 8_000)
  for (const name of names) assert.equal(new Set(at(`/${name}`).map(({ headers }) => headers['idempotency-key'])).size, 1, name)
  for (const { headers, text } of http.posted) {
    const stamp = String(headers['x-anneal-timestamp'])
    assert.equal(headers['x-anneal-signature'], `sha256=${createHmac('sha256', 'sign-me').update(`${stamp}.${text}`).digest('hex')}`)
    PUBLISHED.notification.schema.parse(JSON.parse(text))
  }
  await pass(store, 2, later())
  await until(() => at('/good').length === 2, 3_000, 'the good one is told at once, still')
  await sleep(2_000)
  assert.equal(at('/good').length, 2)
  await end()
  await store.close()
  assert.ok(Date.now() - began < 90_000)
  assert.match(logged.join('\n'), /receiver not told {"receiver":"hangs","error":"no complete answer within 6000 ms"}/)
  assert.doesNotMatch(logged.join('\n'), /http:|sign-me/)
})

test('a daemon that is killed in the middle of a message goes on after its restart, under the same key', async () => {
  const place = folder()
  const path = join(place, 'anneal.db')
  const first = await openStore({ path, ...seams })
  http.posted.length = 0
  const hook = [webhook({ url: `${http.url}/hangs` })]
  const killed = await running(hook, first)
  await pass(first, 1, later())
  await until(() => at('/hangs').length === 1, 5_000, 'it left')
  // As after a kill: what it waits for comes too late to matter. Another process opens the same file.
  const second = await openStore({ path, ...seams })
  await second.unclaimAll('run-')
  const again = await running([webhook({ url: `${http.url}/good-again` })], second)
  await until(() => at('/good-again').length === 1, 5_000, 'it is sent once more')
  assert.equal(at('/good-again')[0]?.headers['idempotency-key'], at('/hangs')[0]?.headers['idempotency-key'])
  await again.end()
  await second.close()
  await killed.end()
  await first.close()
  rmSync(place, { recursive: true, force: true })
})

test('Slack is posted to, and a webhook that is gone is told without its address', async () => {
  const { store, logged, end } = await running([
    slack({ url: `${http.url}/services/T0/B0/s3cret` }),
    slack({ name: 'old', url: `${http.url}/services/gone` }),
  ])
  await pass(store, 1, escalated)
  await until(() => at('/services/T0/B0/s3cret').length === 1, 5_000, 'it is posted')
  await until(() => logged.some((line) => line.includes('"old"')), 5_000, 'it is said')
  await end()
  await store.close()
  const { attachments } = JSON.parse(at('/services/T0/B0/s3cret')[0]?.text ?? '')
  assert.match(attachments[0].title, /west: node-1 needs a person/)
  assert.match(logged.join('\n'), /"receiver":"old","error":"answered 404, no_service"/)
  assert.doesNotMatch(logged.join('\n'), /services\/gone/)
})

test('mail goes out plain, by STARTTLS and by TLS, with a login', async () => {
  const { store, logged, end } = await running([
    mail(plain, { name: 'plain' }),
    mail(starttls, { name: 'starttls', login }, 'starttls'),
    mail(tls, { name: 'tls', login }, 'tls'),
  ])
  await pass(store, 1, escalated)
  for (const server of [plain, starttls, tls]) await until(() => server.received.length === 1, 15_000, 'a mail')
  await end()
  await store.close()
  assert.deepEqual(
    [plain, starttls, tls].map(({ received: [one] }) => [one?.secure, one?.user, one?.from, one?.to]),
    [
      [false, null, 'anneal@example.org', ['ops@example.org']],
      [true, 'anneal', 'anneal@example.org', ['ops@example.org']],
      [true, 'anneal', 'anneal@example.org', ['ops@example.org']],
    ],
  )
  assert.match(plain.received[0]?.text ?? '', /^Subject: \[anneal\] west: node-1/m)
  assert.match(plain.received[0]?.text ?? '', /^Message-ID: <[0-9a-f-]{36}@example.org>/m)
  assert.deepEqual(logged, [])
})

test('mail is never sent in the open where TLS was asked for, nor to a server that is not believed, and no password is said', async () => {
  const sent = [plain, starttls, tls].map(({ received }) => received.length)
  const { store, logged, end } = await running([
    mail(plain, { name: 'no-starttls' }, 'starttls'),
    mail(tls, { name: 'not-believed', login, server: { host: '127.0.0.1', port: tls.port, tls: 'tls', ca: null, verify: true } }),
    mail(starttls, { name: 'wrong-login', login: { user: 'anneal', password: 'wr0ng-pw' } }, 'starttls'),
    mail(plain, { name: 'unknown', to: ['nobody@example.org'] }),
    email({ name: 'nowhere', server: { host: '127.0.0.1', port: 1, tls: 'none', ca: null, verify: true } }),
  ])
  await pass(store, 1, escalated)
  await until(() => logged.length === 5, 20_000, 'five are said')
  await end()
  await store.close()
  assert.deepEqual(
    [plain, starttls, tls].map(({ received }) => received.length),
    sent,
  )
  const said = logged.join('\n')
  assert.match(said, /"wrong-login".*535/)
  assert.match(said, /"unknown".*550/)
  assert.match(said, /"nowhere".*ECONNREFUSED/)
  assert.doesNotMatch(said, /wr0ng-pw|hunter2/)
})

test('an Alertmanager raises what needs a person, tells it on, keeps it, and ends it, over a restart of either', async () => {
  http.posted.length = 0
  const store = await openStore({ path: ':memory:', ...seams })
  const receivers = [alertmanager({ url: there.url, severity: 'critical' })]
  const first = await running(receivers, store)
  await pass(store, 1, escalated)
  await pass(store, 2, later())
  await until(async () => (await there.alerts()).length === 1, 10_000, 'one alert')
  const [alert = assert.fail()] = await there.alerts()
  assert.deepEqual(alert.labels, {
    ...{ alertname: 'AnnealPersonNeeded', severity: 'critical', cloud: 'west', node: 'node-1' },
    ...{ cause: 'bmc-unreachable', reason: 'bmc-silent' },
  })
  assert.match(alert.annotations['action'] ?? '', /Look at the BMC/)
  assert.match(alert.generatorURL, /^https:\/\/anneal\.example\.org\/cases\/c-/)
  await until(() => at('/from-alertmanager').length === 1, 10_000, 'it tells it on')
  await first.end()
  await there.away()
  await there.back()
  const second = await running(receivers, store)
  await until(async () => (await there.alerts()).length === 1, 90_000, 'it is raised again there')
  await pass(store, 1, resolve)
  await until(async () => (await there.alerts()).length === 0, 10_000, 'it is over')
  await until(() => at('/from-alertmanager').some(({ text }) => JSON.parse(text).status === 'resolved'), 15_000, 'it tells that on')
  await second.end()
  await store.close()
})

test('anneal notify test tries each receiver, says what came back and no secret, and ends with 1 where one failed', async () => {
  const place = folder()
  const config = join(place, 'anneal.yaml')
  const hook = { kind: 'webhook', url: `${http.url}/good`, secret: 'sign-me' }
  const notify = {
    hook,
    chat: { kind: 'slack', url: `${http.url}/services/gone` },
    am: { kind: 'alertmanager', url: there.url },
    mail: {
      kind: 'email',
      server: `127.0.0.1:${starttls.port}`,
      ca: pem.cert,
      ...login,
      from: 'anneal@example.org',
      to: ['ops@example.org'],
    },
  }
  writeFileSync(config, stringify({ notify }))
  const anneal = (...args: string[]) =>
    new Promise<{ code: number | null; out: string }>((resolve) => {
      const child = spawn(process.execPath, [ANNEAL, ...args, '--config', config], {
        cwd: place,
        env: { PATH: process.env['PATH'] ?? '', HOME: place },
      })
      let out = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()))
      child.on('close', (code) => resolve({ code, out }))
    })
  const all = await anneal('notify', 'test')
  assert.deepEqual(all, {
    code: 1,
    out: 'hook (webhook): ok, answered 204\nchat (slack): failed, answered 404, no_service\nam (alertmanager): ok, answered 200\nmail (email): ok, accepted by the server\n',
  })
  assert.deepEqual(await anneal('notify', 'test', 'hook'), { code: 0, out: 'hook (webhook): ok, answered 204\n' })
  const unknown = await anneal('notify', 'test', 'hok')
  assert.deepEqual([unknown.code, /Did you mean hook\?/.test(unknown.out)], [64, true])
  const asJson = await anneal('notify', 'test', 'hook', '-o', 'json')
  assert.deepEqual(PUBLISHED.notify.schema.strict().parse(JSON.parse(asJson.out)).receivers, [
    { name: 'hook', kind: 'webhook', ok: true, message: 'answered 204' },
  ])
  rmSync(place, { recursive: true, force: true })
})
