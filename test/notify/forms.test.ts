/** What each kind of receiver is sent, to the letter where another program reads it. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { PUBLISHED } from '../../src/commands/published-schemas.ts'
import { DAY, MINUTE } from '../../src/core/policy.ts'
import { backoff } from '../../src/notify/backoff.ts'
import { bulletinOf, testBulletin } from '../../src/notify/bulletin.ts'
import { deliver } from '../../src/notify/deliver.ts'
import type { Mail } from '../../src/notify/email.ts'
import { slackRequest } from '../../src/notify/slack.ts'
import type { OutboxMessage } from '../../src/store/outbox.ts'
import { BEGIN, handClock, pass, wait } from '../store/given.ts'
import { alertmanager, answer, email, mailRefused, slack, told, webhook } from './given.ts'

const message = (differs: Partial<OutboxMessage> & { body?: Partial<OutboxMessage['body']> } = {}): OutboxMessage => ({
  id: 1,
  cloud: 'west',
  uuid: '00000000-0000-4000-8000-000000000001',
  kind: 'escalate',
  at: BEGIN,
  ...differs,
  body: {
    caseId: 'c-12345678',
    name: 'node-1',
    provision_state: 'error',
    cause: 'bmc-unreachable',
    kind: 'escalate',
    reason: 'bmc-silent',
    message: 'The BMC is silent.',
    act: null,
    evidence: ['It does not answer a ping.'],
    lease: null,
    ...differs.body,
  },
})

const bulletin = (messages = [message()], about = 'c-12345678', serverUrl: string | null = 'https://anneal.example.org/') =>
  bulletinOf({ key: 'k-1', about, messages }, serverUrl)

test('a person reads what happened, what Anneal does, what to do, and where to read on', () => {
  const { title, happened, did, todo, link, severity } = bulletin()
  assert.equal(title, 'west: node-1 needs a person (bmc-unreachable)')
  assert.deepEqual(happened, ['Node node-1 of cloud west is error, cause bmc-unreachable.', 'It does not answer a ping.'])
  assert.deepEqual(did, ['Anneal leaves it to a person (bmc-silent): The BMC is silent.'])
  assert.match(todo.join(' '), /Look at the BMC.*docs\/runbook.md#bmc-silent.*`anneal explain node-1`/)
  assert.deepEqual([link, severity], ['https://anneal.example.org/cases/c-12345678', 'critical'])
  assert.equal(bulletin([message()], 'c-12345678', null).link, null)
})

test('Slack gets one attachment, in which nothing from outside can call a channel', () => {
  const loud = bulletin([message({ body: { evidence: ['<!channel> & <https://evil.test|click>'] } as OutboxMessage['body'] })])
  const { url, body } = slackRequest(loud, slack({ channel: '#ops' }))
  const sent = JSON.parse(body)
  assert.deepEqual([url, sent.channel, sent.attachments.length], ['https://slack.test/services/T0/B0/s3cret', '#ops', 1])
  assert.match(sent.attachments[0].text, /&lt;!channel&gt; &amp; &lt;https:\/\/evil.test\|click&gt;/)
  assert.deepEqual([sent.attachments[0].color, sent.attachments[0].title_link], ['#e01e5a', 'https://anneal.example.org/cases/c-12345678'])
})

test('a webhook gets the published shape, signed with the time over the very bytes', async () => {
  const t = await told([webhook({ secret: 'sign-me', authorization: 'Bearer token' })])
  await pass(t.store, 1, wait(BEGIN + DAY))
  await t.clock.run(t.reader.drain(MINUTE))
  const [{ headers, text } = assert.fail()] = t.arrived
  const stamp = headers['x-anneal-timestamp'] ?? ''
  assert.ok(Math.abs(Number(stamp) * 1_000 - BEGIN) < MINUTE)
  assert.equal(headers['x-anneal-signature'], `sha256=${createHmac('sha256', 'sign-me').update(`${stamp}.${text}`).digest('hex')}`)
  assert.equal(headers['authorization'], 'Bearer token')
  assert.deepEqual(PUBLISHED.notification.schema.strict().parse(JSON.parse(text)), JSON.parse(text))
  assert.equal(JSON.parse(text).id, headers['idempotency-key'])
  await t.close()
})

test('a mail has a Message-ID of the key, a thread of the case, and no header that a text could break', async () => {
  const mails: Mail[] = []
  const ways = {
    seams: { clock: handClock(), transport: () => Promise.reject(new Error('no HTTP here')) },
    mailer: async (_by: unknown, mail: Mail | null) => {
      if (mail !== null) mails.push(mail)
    },
  }
  const odd = message({ body: { name: 'node-1\r\nBcc: all@example.org' } as OutboxMessage['body'] })
  assert.equal((await deliver(ways, email(), bulletin([odd]))).kind, 'sent')
  const [mail = assert.fail()] = mails
  assert.equal(mail.messageId, '<k-1@example.org>')
  assert.equal(mail.headers['References'], '<c-12345678@example.org>')
  assert.doesNotMatch(mail.subject, /[\r\n]/)
  assert.match(mail.text, /What to do: .*\n\nhttps:\/\/anneal/)
})

test('a test message goes to each kind, and holders get none', async () => {
  const sent: string[] = []
  const logins: unknown[] = []
  const ways = {
    seams: {
      clock: handClock(),
      transport: async ({ body }: { body?: string }) => {
        sent.push(body ?? '')
        return answer(200)
      },
    },
    mailer: async (_by: unknown, mail: Mail | null) => {
      if (mail === null) logins.push(mail)
      else sent.push(mail.subject)
    },
  }
  const asked = testBulletin({ key: 'k', now: BEGIN, user: 'pat', serverUrl: null })
  for (const receiver of [slack(), webhook(), email(), alertmanager()]) assert.equal((await deliver(ways, receiver, asked)).kind, 'sent')
  assert.equal((await deliver(ways, email({ holders: true, to: ['{user_id}@example.org'] }), asked)).kind, 'sent')
  assert.deepEqual([sent.length, logins.length], [4, 1])
  assert.ok(PUBLISHED.notification.schema.parse(JSON.parse(sent[1] ?? '')).test)
  assert.equal(JSON.parse(sent[3] ?? '')[0].labels.alertname, 'AnnealTest')
  const failing = { ...ways, mailer: () => Promise.reject(mailRefused(true)) }
  assert.deepEqual(await deliver(failing, email(), asked), { kind: 'refused', said: '550 no such user' })
})

test('waits double from 5 s to 10 min, with a third at random, and an answer may ask for up to an hour', () => {
  const longest = () => 1
  assert.deepEqual(
    [1, 2, 7, 8, 1_000].map((tries) => backoff(tries, longest)),
    [5_000, 10_000, 320_000, 600_000, 600_000],
  )
  assert.equal(
    backoff(1, () => 0),
    3_333,
  )
  assert.deepEqual([backoff(1, longest, 90_000), backoff(1, longest, DAY), backoff(9, longest, 1)], [90_000, 60 * MINUTE, 600_000])
})
