/**
 * The daemon's log: what is said is one of a known set of messages, each a text that stands in the source, with its data in fields; a storm is
 * read line by line as JSON, and holds no secret of all that the daemon has.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { stringify } from 'yaml'
import { z } from 'zod'
import { simulatedCloud } from '../src/simulator/cloud.ts'
import { paced } from '../src/simulator/paced.ts'
import { seededRandom } from '../src/simulator/seeded.ts'
import { serveCloud } from '../src/simulator/serve.ts'
import { virtualClock } from '../src/simulator/virtual-clock.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Whoever makes an alert of a line names one of these. A new one is added here, and to CHANGELOG.md where an operator should know of it. */
const MESSAGES = [
  'a step of the canary failed',
  'act',
  'another process put another mode or policy in force: this one only observes',
  'canary not looked at',
  'census failed',
  'census is doubtful',
  'census not kept',
  'claim not renewed',
  'decision',
  'events broke off',
  'first round not noted',
  'listening',
  'logged in',
  'logged out',
  'login not possible',
  'login refused',
  'messages given up after a day',
  'not reached yet',
  'notifications are heard',
  'notifications do not prove alive',
  'notifications prove alive',
  'notifying failed',
  'old observations not removed',
  'outbox not read',
  'pass failed',
  'passwords and tokens come in the clear: put a proxy with TLS before it and name it in server.trustedProxies',
  'poll failed',
  'receiver not told',
  'request failed',
  'stopped',
  'stopping: what is in hand is finished first; a second signal ends at once',
  'stopping: what is in hand is finished first',
  'the canary is not healed',
  'the mode and policy of this process are in force again',
  'the wall clock was set back: every open case is looked at again',
  'watching',
  'worker stumbled',
]
/** What was said to go wrong and does so no more (controller/repeats.ts). */
const OVER = ': over'

/** What calls of `log` in the product say, and the files with one that says no plain text. */
function saidInSource(): { texts: Set<string>; others: string[] } {
  const texts = new Set<string>()
  const others: string[] = []
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !/^(simulator|cli\/simulation)\//.test(path),
  )
  for (const path of files) {
    const tree = ts.createSourceFile(path, readFileSync(join(root, 'src', path), 'utf8'), ts.ScriptTarget.ESNext, true)
    const walk = (node: ts.Node): void => {
      const called = ts.isCallExpression(node) ? node.expression : null
      const name =
        called !== null && (ts.isIdentifier(called) ? called.text : ts.isPropertyAccessExpression(called) ? called.name.text : '')
      if (ts.isCallExpression(node) && name === 'log') {
        const [, message] = node.arguments
        if (message !== undefined && ts.isStringLiteral(message)) texts.add(message.text)
        else others.push(path)
      }
      ts.forEachChild(node, walk)
    }
    walk(tree)
  }
  return { texts, others }
}

test('every call of the log says a text that stands in the source, and each is known', () => {
  const { texts, others } = saidInSource()
  // What is said again and again is said by one function, whose callers give the text.
  assert.deepEqual([...new Set(others)], ['controller/repeats.ts'])
  const unknown = [...texts].filter((text) => !MESSAGES.includes(text))
  assert.deepEqual(unknown, [])
})

const SECRETS = { hook: 'h00k-secret-in-the-path', signing: 's1gning-secret', tried: 'tr1ed-password' }

const line = z.looseObject({ level: z.enum(['info', 'warn', 'error']), time: z.iso.datetime(), msg: z.string() })

/** A receiver that says in its error where it was asked, as many do. */
async function echoing() {
  const server = createServer((request, response) => void response.writeHead(500).end(`Cannot POST ${request.url}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  return { server, url: `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}` }
}

async function until(what: () => string, isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    assert.ok(tries < 600, what())
    await pause(50)
  }
}

test('a storm is one JSON line for each event, of known messages with names in fields, and without a secret', {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-log-'))
  const clock = virtualClock({ start: Date.now() })
  const cloud = simulatedCloud({ clock, random: seededRandom(5), nodes: 12 })
  const site = await serveCloud(cloud, { host: '127.0.0.1', port: 0 })
  cloud.moveTo(site.url)
  const time = paced(clock, { speed: 1 })
  const { authUrl, user, password } = cloud.credentials('admin')
  const auth = {
    auth_url: authUrl,
    username: user,
    password,
    project_name: 'admin',
    user_domain_id: 'default',
    project_domain_id: 'default',
  }
  writeFileSync(join(folder, 'clouds.yaml'), stringify({ clouds: { sim: { auth, region_name: 'RegionOne' } } }))
  const config = join(folder, 'anneal.yaml')
  const echo = await echoing()
  const hook = { kind: 'webhook', url: `${echo.url}/${SECRETS.hook}`, secret: SECRETS.signing }
  const server = { listen: '127.0.0.1:0', login: { keystone: 'sim', roles: { operator: 'admin' } } }
  writeFileSync(config, stringify({ poll: '1s', server, database: join(folder, 'anneal.db'), clouds: { sim: {} }, notify: { ops: hook } }))
  const env = { PATH: process.env['PATH'], HOME: folder, OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') }
  const args = (...words: string[]) => [join(root, 'src/main.ts'), ...words, '--config', config]
  const made = execFileSync(process.execPath, args('token', 'add', 'ci', '--role', 'operator', '-o', 'json'), { env, encoding: 'utf8' })
  const token = z.looseObject({ token: z.string() }).parse(JSON.parse(made)).token
  const child = spawn(process.execPath, args('run'), { env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  try {
    await until(
      () => `it listens: ${log}`,
      () => /"address":"([^"]+)"/.test(log),
    )
    const address = /"address":"([^"]+)"/.exec(log)?.[1] ?? ''
    for (const { row } of [...cloud.state.nodes.values()].slice(0, 6))
      cloud.people.fail(row.uuid, 'Failed to tear down: IPMI call failed: power status.')
    await until(
      () => `decisions and a receiver that is not there: ${log}`,
      () => log.split('"msg":"decision"').length > 6 && log.includes('receiver not told'),
    )
    const say = (path: string, body: object, headers: Record<string, string>) =>
      fetch(`${address}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    await say('/api/v1/login', { user, password: SECRETS.tried }, {})
    await say('/api/v1/login', { user, password }, {})
    await say('/api/v1/pause', { by: 'pat', why: 'a storm' }, { authorization: `Bearer ${token}` })
    cloud.faults.set('ironic', { kind: 'down' })
    await until(
      () => `a poll that fails: ${log}`,
      () => log.includes('poll failed'),
    )
    cloud.faults.clear('ironic')
    await until(
      () => `a poll that works: ${log}`,
      () => log.includes('poll failed: over'),
    )
    child.kill('SIGTERM')
    await once(child, 'exit')
  } finally {
    child.kill('SIGKILL')
    echo.server.close()
    await site.stop()
    await time.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const lines = log.split('\n').filter((text) => text !== '')
  const entries = lines.map((text) => line.parse(JSON.parse(text)))
  const messages = new Set(entries.map(({ msg }) => (msg.endsWith(OVER) ? msg.slice(0, -OVER.length) : msg)))
  assert.deepEqual(
    [...messages].filter((message) => !MESSAGES.includes(message)),
    [],
  )
  for (const expected of ['listening', 'watching', 'decision', 'receiver not told', 'login refused', 'logged in', 'poll failed', 'stopped'])
    assert.ok(messages.has(expected), `${expected}: ${[...messages]}`)
  for (const { msg, cloud: of, uuid } of entries.filter((entry) => entry.msg === 'decision'))
    assert.deepEqual([of, typeof uuid], ['sim', 'string'], msg)
  for (const [name, secret] of Object.entries({ ...SECRETS, password, token }))
    assert.ok(!log.includes(secret), `${name} stands in the log`)
})
