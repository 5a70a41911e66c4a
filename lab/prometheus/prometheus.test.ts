/**
 * Debian's own Prometheus over a real daemon: the rules are checked and tried by promtool, the daemon is scraped with a token as a site would,
 * and Prometheus is asked for every series that a rule or the dashboard needs. Needs the Debian package prometheus; all else is of this
 * checkout, on the loopback, in a folder that goes away.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { simulatedCloud } from '../../src/simulator/cloud.ts'
import { paced } from '../../src/simulator/paced.ts'
import { seededRandom } from '../../src/simulator/seeded.ts'
import { serveCloud } from '../../src/simulator/serve.ts'
import { virtualClock } from '../../src/simulator/virtual-clock.ts'

const DOCS = fileURLToPath(new URL('../../docs/prometheus/', import.meta.url))
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'anneal-prometheus-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const promtool = (...args: string[]): string => execFileSync('promtool', args, { cwd: DOCS, encoding: 'utf8' })

test('promtool finds nothing wrong with the rules, and they fire when they should', () => {
  assert.match(promtool('check', 'rules', 'anneal.rules.yml'), /SUCCESS: \d+ rules found/)
  assert.match(promtool('test', 'rules', 'anneal.rules.test.yml'), /SUCCESS/)
})

/** Metrics and recorded series that the rules and the dashboard name. */
function named(): string[] {
  const texts = ['anneal.rules.yml', 'grafana-dashboard.json'].map((name) => readFileSync(join(DOCS, name), 'utf8'))
  // What `expr` says and not what is told to people.
  const said = texts.flatMap((text) => [...text.matchAll(/^\s*"?(?:expr|record)"?: (.*)$/gm)].map(([, expression]) => expression ?? ''))
  return [...new Set(said.flatMap((text) => text.match(/\banneal[_:][a-z0-9_:]+/g) ?? []))].toSorted()
}

test('Prometheus scrapes a running daemon and has every series that a rule or the dashboard names', { timeout: 120_000 }, async () => {
  const clock = virtualClock({ start: Date.now() })
  const cloud = simulatedCloud({ clock, random: seededRandom(5), nodes: 4 })
  const site = await serveCloud(cloud, { host: '127.0.0.1', port: 0 })
  const time = paced(clock, { speed: 1 })
  const [failed] = cloud.state.nodes.values()
  if (failed !== undefined)
    Object.assign(failed.row, { provision_state: 'error', last_error: 'Failed to tear down: IPMI call failed: power status.' })
  const children: ChildProcess[] = []
  try {
    const { address, token } = await daemon(cloud.credentials('admin'), children)
    const prometheus = await scraping(address, token, children)
    await until(async () => (await value(prometheus, 'up{job="anneal"}')) === 1, 'the scrape succeeds')
    await until(async () => (await value(prometheus, 'sum(anneal_cases{state="open"})')) === 1, 'the case of the failed node is seen')
    const missing: string[] = []
    await until(async () => {
      missing.length = 0
      for (const name of named()) if ((await value(prometheus, `count(${name})`)) === null) missing.push(name)
      // Nothing has healed yet, and nothing was sent in mode observe: what is made of that alone may have no value.
      return missing.every((name) => /^anneal:(acts|time_to_heal|lost|detection)|^anneal_actions_total$/.test(name))
    }, `of ${named().length} series there are all but ${missing}`)
    assert.ok(named().length >= 18, named().join(' '))
    await until(
      async () => (await value(prometheus, 'ALERTS{alertname="AnnealAlive",alertstate="firing"}')) === 1,
      "the dead man's switch is on",
    )
    assert.equal(await value(prometheus, 'ALERTS{alertname="AnnealSilent",alertstate="firing"}'), null)
  } finally {
    for (const child of children) await ended(child)
    await site.stop()
    await time.stop()
  }
})

async function daemon(login: { authUrl: string; user: string; password: string }, children: ChildProcess[]) {
  const auth = { auth_url: login.authUrl, username: login.user, password: login.password, project_name: 'admin' }
  const domains = { user_domain_id: 'default', project_domain_id: 'default' }
  writeFileSync(join(folder, 'clouds.yaml'), stringify({ clouds: { sim: { auth: { ...auth, ...domains }, region_name: 'RegionOne' } } }))
  const config = join(folder, 'anneal.yaml')
  writeFileSync(
    config,
    stringify({
      ...{ poll: '1s', server: { listen: '127.0.0.1:0', login: {} }, database: join(folder, 'anneal.db') },
      // Nobody listens at any of these: it is enough to be counted.
      clouds: { sim: { canary: { node: 'nobody' }, notifications: { brokers: ['amqp://guest:guest@127.0.0.1:9/'] } } },
      notify: { ops: { kind: 'webhook', url: 'http://127.0.0.1:9/' } },
    }),
  )
  const env = { PATH: process.env['PATH'], HOME: folder, OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') }
  const run = (...args: string[]) => [MAIN, ...args, '--config', config]
  const made = execFileSync(process.execPath, run('token', 'add', 'prometheus', '--role', 'viewer', '-o', 'json'), {
    env,
    encoding: 'utf8',
  })
  const { token } = JSON.parse(made)
  const child = spawn(process.execPath, run('run'), { env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const listening = () => /"address":"([^"]+)"/.exec(log)?.[1]
  await until(
    async () => listening() !== undefined,
    () => `the daemon listens: ${log}`,
  )
  assert.doesNotMatch(log, new RegExp(token))
  return { address: new URL(listening() ?? '').host, token: String(token) }
}

async function scraping(target: string, token: string, children: ChildProcess[]): Promise<string> {
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 })
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(DOCS, 'anneal.rules.yml')],
    scrape_configs: [
      { job_name: 'anneal', authorization: { credentials_file: join(folder, 'token') }, static_configs: [{ targets: [target] }] },
    ],
  }
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config))
  const port = await freePort()
  const args = [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`]
  const child = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'], { stdio: 'inherit' })
  children.push(child)
  const url = `http://127.0.0.1:${port}`
  await until(
    async () =>
      await fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    'Prometheus is ready',
  )
  return url
}

/** The one value of an expression; null where there is none. */
async function value(prometheus: string, expression: string): Promise<number | null> {
  const answer = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query: expression })}`)
  const { status, data } = (await answer.json()) as { status: string; data: { result: { value: [number, string] }[] } }
  assert.equal(status, 'success', expression)
  const [first] = data.result
  return first === undefined ? null : Number(first.value[1])
}

async function until(is: () => Promise<boolean>, what: string | (() => string)): Promise<void> {
  const end = performance.now() + 45_000
  while (!(await is())) {
    if (performance.now() > end) assert.fail(`not in time: ${typeof what === 'string' ? what : what()}`)
    await pause(250)
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  await gone
}

/** Prometheus does not say which free port it took. */
function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    }),
  )
}
