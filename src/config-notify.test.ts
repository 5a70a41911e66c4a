/** The receivers of anneal.yaml: what is taken, and what is refused with its line, without ever saying a secret. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'
import { ConfigError } from './core/config-error.ts'

const FILES: Record<string, string> = {
  '/etc/slack.json': JSON.stringify({ webhook: 'https://slack.test/services/s3cret', channel: '#nodes', hostname_names: { a: 'b' } }),
  '/etc/secret': 'sign-me\n',
}

const load = (yaml: string) =>
  loadConfig({
    path: '/etc/anneal.yaml',
    cwd: '/',
    env: { HOME: '/home/op', URL: 'https://slack.test/services/s3cret' },
    readFile: (path) => (path === '/etc/anneal.yaml' ? yaml : (FILES[path] ?? null)),
  })

function refusal(yaml: string): ConfigError {
  try {
    load(yaml)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    assert.doesNotMatch(JSON.stringify([error.what, error.message, error.fix]), /s3cret|sign-me|hunter2/)
    return error
  }
  assert.fail('was accepted')
}

test('receivers of every kind are read, secrets by variable and by file', () => {
  const { receivers, serverUrl } = load(`
server: { url: https://anneal.example.org }
notify:
  chat: { kind: slack, url: "\${URL}", severity: warning }
  older: { kind: slack, url: "file:/etc/slack.json" }
  hook: { kind: webhook, url: https://hook.test/, secret: "file:/etc/secret", holders: true }
  am: { kind: alertmanager, url: http://127.0.0.1:9093 }
  mail: { kind: email, server: "[::1]:25", tls: none, from: Anneal <anneal@example.org>, to: [ops@example.org] }
`)
  const { chat, older, hook, mail } = Object.fromEntries(receivers.map((receiver) => [receiver.name, receiver]))
  assert.equal(serverUrl, 'https://anneal.example.org')
  assert.deepEqual(
    [chat?.kind === 'slack' && chat.url, chat?.severity, chat?.clouds],
    ['https://slack.test/services/s3cret', 'warning', null],
  )
  assert.deepEqual(older?.kind === 'slack' && [older.url, older.channel], ['https://slack.test/services/s3cret', '#nodes'])
  assert.deepEqual(hook?.kind === 'webhook' && [hook.secret, hook.holders, hook.verify], ['sign-me', true, true])
  assert.deepEqual(mail?.kind === 'email' && [mail.server.host, mail.server.port, mail.server.tls], ['::1', 25, 'none'])
})

test('a file without receivers tells nobody', () => {
  assert.deepEqual([load('').receivers, load('notify:').receivers, load('').serverUrl], [[], [], null])
})

test('silly receivers are refused, each with its own line', () => {
  const hook = 'kind: webhook, url: https://hook.test/s3cret'
  const mail = 'kind: email, server: smtp.test:25, from: a@b.org'
  const silly: [string, string, RegExp][] = [
    ['notify: [slack]', 'notify', /one key for each receiver/],
    ['notify:\n  chat: { url: x }', 'notify.chat', /one of slack, webhook, email, alertmanager/],
    ['notify:\n  chat: { kind: pager }', 'notify.chat.kind', /one of slack, webhook, email, alertmanager/],
    ['notify:\n  "a b": { kind: slack }', 'notify.a b', /letters, digits/],
    ['notify:\n  chat: { kind: slack }', 'notify.chat', /webhook's address/],
    ['notify:\n  chat: { kind: slack, url: s3cret }', 'notify.chat.url', /webhook's address/],
    [`notify:\n  hook: { ${hook}, severity: high }`, 'notify.hook.severity', /info, warning, critical/],
    [`notify:\n  hook: { ${hook}, clouds: [] }`, 'notify.hook.clouds', /at least one cloud/],
    [`notify:\n  hook: { ${hook}, verify: 1 }`, 'notify.hook.verify', /true or false/],
    ['notify:\n  hook: { kind: webhook, url: "ftp://s3cret" }', 'notify.hook.url', /http/],
    [`notify:\n  mail: { ${mail}, to: [nobody] }`, 'notify.mail.to.0', /e-mail address/],
    [`notify:\n  mail: { ${mail}, to: ["{user_id}@b.org"] }`, 'notify.mail.to', /holders: true/],
    [`notify:\n  mail: { ${mail}, to: [c@d.org], password: hunter2 }`, 'notify.mail', /a user and a password/],
    ['server: { url: nowhere }', 'server.url', /http/],
  ]
  for (const [yaml, key, message] of silly) {
    const error = refusal(yaml)
    assert.match(error.what, new RegExp(`^/etc/anneal.yaml, line \\d+: ${key.replaceAll('.', '\\.')}`), yaml)
    assert.match(error.message, message, yaml)
  }
})

test('an unknown key is refused with the nearest one of its kind', () => {
  const wrong = refusal('notify:\n  mail: { kind: email, server: smtp.test:25, from: a@b.org, to: [c@d.org], pasword: hunter2 }')
  assert.deepEqual([wrong.what, wrong.fix], ['/etc/anneal.yaml, line 2: notify.mail.pasword', 'Did you mean password?'])
  assert.match(refusal('notify:\n  chat: { kind: slack, url: https://x.test, secret: sign-me }').fix, /known here are kind, url, channel/)
})

test('a cloud that the file does not list is refused with the nearest one', () => {
  const wrong = refusal('clouds: { prod: {} }\nnotify:\n  hook: { kind: webhook, url: https://hook.test, clouds: [prd] }')
  assert.deepEqual([wrong.what, wrong.fix], ['/etc/anneal.yaml, line 3: notify.hook.clouds', 'Did you mean prod?'])
})
