/**
 * The command line as a person and cron use it: bin/anneal as a process of its own, its two outputs and its exit code. The cloud is the
 * simulated one, served on the loopback from this process.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { after, before, describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import type { Out } from '../src/cli/io.ts'
import { runProgram } from '../src/cli/program.ts'
import { PUBLISHED } from '../src/commands/published-schemas.ts'
import { newSecret, realSeams } from '../src/seams.ts'
import { type SimulatedCloud, simulatedCloud } from '../src/simulator/cloud.ts'
import { paced } from '../src/simulator/paced.ts'
import { seededRandom } from '../src/simulator/seeded.ts'
import { serveCloud } from '../src/simulator/serve.ts'
import { virtualClock } from '../src/simulator/virtual-clock.ts'

const ANNEAL = fileURLToPath(new URL('../bin/anneal', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'anneal-cli-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

type Ended = { code: number | null; out: string; err: string }
/** `columns`: a terminal of this width. */
type Options = { env?: Record<string, string>; input?: string; columns?: number }

/** Nothing of this machine's environment but PATH: a developer's OS_CLOUD must not change what a test sees. */
const around = (env: Record<string, string> = {}) => ({
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  ANNEAL_DATABASE: join(folder, 'anneal.db'),
  // Dozens of processes of the same sources: the first one's compiled code serves all.
  NODE_COMPILE_CACHE: join(folder, 'compiled'),
  ...env,
})

const start = (args: string[], env?: Record<string, string>): ChildProcess =>
  spawn(process.execPath, [ANNEAL, ...args], { cwd: folder, env: around(env) })

async function anneal(args: string[], { env, input }: Options = {}): Promise<Ended> {
  const child = start(args, env)
  child.stdin?.end(input ?? '')
  return await ended(child)
}

function ended(child: ChildProcess): Promise<Ended> {
  const texts = { out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => (texts.out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (texts.err += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...texts })))
}

/** The same in this process: for what ends before anything of a process matters. */
async function typed(args: string[], { env, columns }: Options = {}): Promise<Ended> {
  const texts = { out: '', err: '' }
  const to = (name: 'out' | 'err'): Out => ({
    write: (text) => (texts[name] += text),
    isTTY: columns !== undefined,
    columns: () => columns ?? null,
  })
  const seams = realSeams()
  const readFile = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null)
  const input = { isTTY: true, lines: () => Readable.from([]), keys: () => () => {} }
  const io = {
    out: to('out'),
    err: to('err'),
    input,
    env: around(env),
    cwd: folder,
    user: 'pat',
    version: '0',
    dashboard: '',
    seams,
    newSecret,
    readFile,
  }
  const code = await runProgram(args, { ...io, onStop: () => () => {} })
  await seams.close()
  return { code, ...texts }
}

/** One line on stderr, nothing on stdout, and the code. */
async function refuses(args: string[], expected: { code: number; words: RegExp }, options: Options = {}, run = typed): Promise<void> {
  const { code, out, err } = await run(args, options)
  assert.match(err, expected.words)
  assert.deepEqual([code, out, err.trimEnd().split('\n').length], [expected.code, '', 1], err)
  assert.doesNotMatch(err, /\n\s+at /)
}

describe('tokens', () => {
  test('are shown once, alone on stdout, listed without their secret, and let nobody in once they are removed', async () => {
    const database = { env: { ANNEAL_DATABASE: join(folder, 'tokens.db') } }
    const made = await typed(['token', 'add', 'prometheus', '--role', 'viewer', '--expires', '90d'], database)
    assert.deepEqual([made.code, /^anneal_[\w-]{43}\n$/.test(made.out)], [0, true], made.out + made.err)
    assert.match(made.err, /Token prometheus, viewer, until .*shown only now/)
    const json = JSON.parse((await typed(['token', 'add', 'ci', '--role', 'operator', '-o', 'json'], database)).out)
    assert.deepEqual([json.name, json.role, json.expiresAt], ['ci', 'operator', null])
    const listed = await typed(['token', 'list'], database)
    assert.match(listed.out, /^TOKEN +ROLE .*\nci +operator +pat .* never +never\nprometheus +viewer/)
    const { tokens } = JSON.parse((await typed(['token', 'list', '-o', 'json'], database)).out)
    assert.deepEqual(Object.keys(tokens[0]).toSorted(), ['at', 'by', 'expiresAt', 'name', 'role', 'usedAt'])
    for (const secret of [made.out.trim(), json.token]) assert.ok(!(listed.out + JSON.stringify(tokens)).includes(secret))
    await refuses(['token', 'add', 'ci', '--role', 'viewer'], { code: 1, words: /ci.*already.*token remove ci/ }, database)
    await refuses(['token', 'add', 'Not a name', '--role', 'viewer'], { code: 1, words: /cannot have this name/ }, database)
    assert.equal((await typed(['token', 'remove', 'ci'], database)).code, 0)
    await refuses(['token', 'remove', 'ci'], { code: 64, words: /no token of this name.*token list/ }, database)
    assert.equal((await typed(['token', 'list'], database)).out.split('\n').length, 3)
  })

  test('need a name, a role and a duration that is one', async () => {
    await refuses(['token', 'add'], { code: 64, words: /No name is given/ })
    await refuses(['token', 'add', 'x'], { code: 64, words: /No role is given.*viewer or --role operator/ })
    await refuses(['token', 'add', 'x', '--role', 'admin'], { code: 64, words: /role/ })
    await refuses(['token', 'mend', 'x'], { code: 64, words: /add, list, remove/ })
    for (const expires of ['90', '0d', '-1d', '99999d', 'soon'])
      await refuses(['token', 'add', 'x', '--role', 'viewer', `--expires=${expires}`], { code: 64, words: /no duration/ })
  })
})

test('it listens elsewhere than on the loopback only with a login', async () => {
  const open = file('open.yaml', 'server: { listen: "0.0.0.0:0" }\n')
  await refuses(['run', '--config', open], { code: 78, words: /server\.listen.*no login is configured.*login/ })
})

describe('a command line that cannot be meant ends with 64 and one line', () => {
  test('an unknown command, with the nearest one', () => refuses(['swep'], { code: 64, words: /^anneal: usage: .*swep.*sweep/ }))
  test('no command at all', () => refuses([], { code: 64, words: /No command is given/ }, {}, anneal))
  test('an unknown option', () => refuses(['nodes', '--stat', 'x'], { code: 64, words: /--stat/ }))
  test('a limit that is no number', () => refuses(['sweep', '--limit', 'few'], { code: 64, words: /"few" is not a whole number/ }))
  test('a hold without a reason, with where to read on', () =>
    refuses(['hold', 'node-1'], { code: 64, words: /--reason.*`anneal hold --help`/ }))
  test('and with -o json an object too', async () => {
    const { code, out, err } = await typed(['nodes', '-o', 'json', '--state'])
    assert.equal(code, 64)
    assert.deepEqual(PUBLISHED.error.schema.strict().parse(JSON.parse(out)), JSON.parse(out))
    assert.equal(err.trimEnd().split('\n').length, 1)
  })
})

test('help goes to stdout and ends with 0, and every command has an example', async () => {
  const { code, out, err } = await anneal(['--help'])
  assert.deepEqual([code, err], [0, ''])
  const listed = /\nCommands:\n([\s\S]*?)\n\n/.exec(out)?.[1] ?? ''
  const commands = [...listed.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name).filter((name) => name !== 'help')
  assert.deepEqual(
    [
      'check',
      'sweep',
      'run',
      'nodes',
      'cases',
      'show',
      'explain',
      'evidence',
      'retry',
      'approve',
      'hold',
      'unhold',
      'release',
      'pause',
      'resume',
      'diagnose',
      'observations',
      'replay',
    ].filter((name) => !commands.includes(name)),
    [],
  )
  for (const name of commands) {
    const help = await typed(['help', name ?? ''])
    assert.ok(help.code === 0 && /Example:\n {2}anneal /.test(help.out), help.out)
  }
})

describe('what an operator wrote wrong ends with 78 and one line that names file, key and fix', () => {
  const wrong = (name: string, text: string, words: RegExp) => refuses(['nodes', '--config', file(name, text)], { code: 78, words })
  test('an unknown key', () => wrong('key.yaml', 'budget:\n  soak: 5m\n', /key\.yaml, line 1: budget: There is no such key.*budgets/))
  test('a duration that is none', () => wrong('duration.yaml', 'poll: 5 minutes\n', /duration\.yaml, line 1: poll: It must be a duration/))
  test('a file that is not there', () =>
    refuses(['nodes', '--config', 'no.yaml'], { code: 78, words: /no\.yaml: It is not there.*--config/ }))
  test('no cloud anywhere', () => refuses(['check'], { code: 78, words: /clouds\.yaml: There is none/ }))
  test('a cloud that clouds.yaml does not have', () => {
    const clouds = file('two.yaml', stringify({ clouds: { prod: { auth: {} }, lab: { auth: {} } } }))
    return refuses(
      ['sweep', '--os-cloud', 'prd'],
      { code: 78, words: /two\.yaml.*"prd".*prod/ },
      { env: { OS_CLIENT_CONFIG_FILE: clouds } },
    )
  })
  test('a misspelt cloud where only the database is asked, which would else look like a healthy one', async () => {
    const clouds = file('two.yaml', stringify({ clouds: { prod: { auth: {} }, lab: { auth: {} } } }))
    const wrong = { code: 78, words: /"prd".*prod/ }
    for (const command of [['nodes'], ['cases'], ['explain', 'node-1']])
      await refuses([...command, '--os-cloud', 'prd'], wrong, { env: { OS_CLIENT_CONFIG_FILE: clouds } })
  })
})

describe('a database that cannot be used is left as it is', () => {
  const at = (path: string): Options => ({ env: { ANNEAL_DATABASE: path } })
  test('a file of something else', async () => {
    const path = file('other.db', 'not a database, although somebody may need it')
    await refuses(['nodes'], { code: 78, words: /other\.db is not a SQLite database/ }, at(path))
    assert.equal(readFileSync(path, 'utf8'), 'not a database, although somebody may need it')
  })
  test('one of a newer version', async () => {
    const path = join(folder, 'newer.db')
    await typed(['nodes'], at(path))
    const database = new DatabaseSync(path)
    database.exec('insert into schema_version (version, at) values (999, 0)')
    database.close()
    const untouched = join(folder, 'untouched.db')
    copyFileSync(path, untouched)
    await refuses(['nodes'], { code: 78, words: /newer anneal \(schema 999/ }, at(path))
    assert.deepEqual(readFileSync(path), readFileSync(untouched))
  })
  test('a path through a file', () =>
    refuses(['nodes'], { code: 78, words: /a part of its path is a file/ }, at(join(file('plain', ''), 'x.db'))))
})

describe('diagnose', () => {
  const TEXT = 'Failed to tear down: IPMI call failed: power status.'
  test('reads a text from the arguments or from standard input, without cloud or database', async () => {
    const env = { ANNEAL_DATABASE: join(folder, 'none', 'never.db') }
    const [argument, input] = await Promise.all([
      anneal(['diagnose', TEXT, '-o', 'json'], { env }),
      anneal(['diagnose', '-o', 'json'], { env, input: TEXT }),
    ])
    assert.equal(JSON.parse(argument.out).cause, 'bmc-unreachable')
    assert.equal(argument.out, input.out)
    assert.equal(existsSync(join(folder, 'none')), false)
  })
  test('says what the runbook tells a person to do, and where', async () => {
    const [table, json] = await Promise.all([anneal(['diagnose', TEXT]), anneal(['diagnose', TEXT, '-o', 'json'])])
    const { advice, runbook } = JSON.parse(json.out)
    assert.equal(runbook, 'docs/runbook.md#bmc-unreachable')
    assert.ok(table.out.includes(advice) && table.out.includes(runbook), table.out)
  })
  test('--jsonl answers each line, reports a bad one with its number, and goes on', async () => {
    const input = `${JSON.stringify({ id: 'a', text: TEXT, provision_state: 'error', driver: 'ipmi' })}\nnonsense\n\n${JSON.stringify({ id: 'b', text: '' })}\n`
    const { code, out, err } = await anneal(['diagnose', '--jsonl'], { input })
    assert.equal(code, 1)
    assert.match(err, /^anneal: line 2: it is not a JSON object\..*\n$/)
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      lines.map(({ id }) => id),
      ['a', 'b'],
    )
    assert.deepEqual(Object.keys(lines[0]), ['id', 'cause', 'transient', 'signature'])
  })
})

test('output that nobody reads to its end is no error', async () => {
  const child = start(['diagnose', '--jsonl'])
  child.stdout?.destroy()
  child.stdin?.on('error', () => {})
  child.stdin?.end(`${JSON.stringify({ id: 1, text: 'x' })}\n`.repeat(20_000))
  assert.equal((await ended(child)).err, '')
})

describe('on a cloud', () => {
  let cloud: SimulatedCloud
  let stop: () => Promise<void>
  let env: Record<string, string>

  before(async () => {
    const clock = virtualClock({ start: Date.now() })
    cloud = simulatedCloud({ clock, random: seededRandom(3), nodes: 6, blazar: { kind: 'chameleon' } })
    cloud.people.lend('node-1', { from: clock.now() + 3_600_000, until: clock.now() + 7_200_000 })
    const served = await serveCloud(cloud, { host: '127.0.0.1', port: 0 })
    const pace = paced(clock, { speed: 1 })
    stop = async () => {
      await pace.stop()
      await served.stop()
    }
    const entry = (username: string, password: string, scope: object) => ({
      auth: { auth_url: `${served.url}/identity/v3`, username, password, user_domain_id: 'default', ...scope },
    })
    const admin = { project_name: 'admin', project_domain_id: 'default' }
    const clouds = {
      sim: entry('admin', 'simulated', admin),
      wrong: entry('admin', 'mistyped', admin),
      elsewhere: { ...entry('admin', 'simulated', admin), region_name: 'Nowhere' },
      blind: entry('redacted', 'simulated', { system_scope: 'all' }),
      keystoneless: { auth_type: 'none', auth: { endpoint: served.url, auth_url: 'null' } },
      down: { auth: { auth_url: 'http://127.0.0.1:9/v3', username: 'a', password: 'b', project_name: 'c' } },
    }
    env = { OS_CLIENT_CONFIG_FILE: file('clouds.yaml', stringify({ clouds })), ANNEAL_DATABASE: join(folder, 'sim.db') }
    cloud.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
    cloud.people.fail('node-2', 'Failed to tear down: IPMI call failed: power status.')
    cloud.people.setMaintenance('node-2', 'swapping a disk')
  })
  after(() => stop())

  const on = (...args: string[]) => anneal([...args, '--os-cloud', 'sim'], { env })
  const here = (...args: string[]) => typed([...args, '--os-cloud', 'sim'], { env })

  test('check passes, changes nothing, and says each thing on a line', async () => {
    const { code, out } = await on('check', '-o', 'json')
    assert.equal(code, 0, out)
    const { checks } = JSON.parse(out)
    assert.deepEqual(PUBLISHED.check.schema.parse({ checks }), { checks })
    const verdicts = Object.fromEntries(checks.map(({ name, verdict }: { name: string; verdict: string }) => [name, verdict]))
    for (const name of [
      'login',
      'ironic',
      'reading',
      'writing',
      'nova',
      'neutron',
      'placement',
      'history',
      'bmc route',
      'database',
      'blazar',
    ])
      assert.equal(verdicts[name], 'pass', `${name}: ${out}`)
    assert.match(out, /Chameleon's Blazar, 6 hosts/)
    assert.deepEqual(cloud.ledger.changes(), [])
  })

  test('sweep in mode observe reports every failed node in the published shape and sends nothing', async () => {
    const { code, out, err } = await on('sweep', '-o', 'json')
    assert.deepEqual([code, err], [0, ''])
    const swept = JSON.parse(out)
    assert.deepEqual(Object.keys(swept), ['cloud', 'mode', 'listed', 'doubtful', 'nodes'])
    assert.deepEqual([swept.cloud, swept.mode, swept.listed, swept.doubtful], ['sim', 'observe', 6, null])
    const [first, second] = swept.nodes
    assert.deepEqual(Object.keys(first), ['uuid', 'name', 'provision_state', 'case', 'diagnosis', 'decision', 'outcome', 'acknowledged'])
    assert.deepEqual(Object.keys(first.decision), ['kind', 'reason', 'message', 'act', 'until'])
    assert.deepEqual(
      [first.name, first.provision_state, first.diagnosis.cause, first.outcome],
      ['node-1', 'error', 'bmc-unreachable', null],
    )
    assert.match(first.case, /^c-[0-9a-z]{8}$/)
    assert.match(first.decision.until, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual([second.name, second.decision.kind, second.decision.reason], ['node-2', 'leave', 'maintenance-by-person'])
    assert.deepEqual(cloud.ledger.changes(), [])
  })

  test('a node that waits for a yes makes the sweep end with 2: cron mails it to the person who is asked', async () => {
    const config = file('approve.yaml', 'mode: approve\nbudgets: { spacing: [1ms] }\n')
    const asked = { env: { ...env, ANNEAL_DATABASE: join(folder, 'approve.db') } }
    const { code, out } = await typed(['sweep', '--os-cloud', 'sim', '--config', config], asked)
    assert.match(out, /needs-approval[\s\S]*1 needs a person/)
    assert.equal(code, 2)
    assert.deepEqual(cloud.ledger.changes(), [])
  })

  test('explain, nodes, cases and show tell about it afterwards, and an unknown node gets the nearest name', async () => {
    const explained = JSON.parse((await on('explain', 'node-1', '-o', 'json')).out)
    assert.deepEqual([explained.name, explained.decision.reason, explained.attempts], ['node-1', 'spacing', []])
    assert.ok(explained.timeline.length >= 2)
    assert.deepEqual(
      [explained.blazar.kind, explained.blazar.leases.length, explained.blazar.leases[0].status],
      ['chameleon', 1, 'PENDING'],
    )
    assert.match(
      (await here('explain', 'node-1')).out,
      /Reservations in Blazar \(chameleon\), seen .*\n {2}Host .*: reservable\.\n {2}.*begins in .*PENDING/,
    )
    const { out: narrow } = await typed(['explain', 'node-1', '--os-cloud', 'sim', '--no-color'], { env, columns: 60 })
    for (const line of narrow.split('\n')) assert.ok(line.length <= 60, line)
    assert.ok(narrow.split('\n').length > (await here('explain', 'node-1')).out.split('\n').length)
    assert.match((await here('explain', 'node-1')).out, /Budget: 0 of 3 resets spent in 7 d/)
    assert.match((await here('nodes')).out, /node-2 +error .*leave: maintenance-by-person/)
    assert.match((await here('cases')).out, /c-[0-9a-z]{8} +node-1/)
    assert.match((await here('show', 'node-2')).out, /maintenance_reason +swapping a disk/)
    await refuses(['explain', 'node-11'], { code: 64, words: /node-11: No known node.*node-1\b/ }, { env })
  })

  test('a word of a person is written with their name, and saying it again changes nothing', async () => {
    assert.match((await here('hold', 'node-1', '--why', 'vendor visit')).out, /node-1 is held/)
    const again = JSON.parse((await here('hold', 'node-1', '--reason', 'vendor visit', '-o', 'json')).out)
    assert.equal(again.changed, false)
    assert.equal(JSON.parse((await on('sweep', '-o', 'json')).out).nodes[0].decision.reason, 'held')
    assert.match((await here('unhold', 'node-1')).out, /no longer held/)
  })

  test('a sweep tells at its end, and a daemon as it goes, each thing once', async (t) => {
    const told: string[] = []
    const receiver = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => {
        for (const { kind, name } of JSON.parse(text).messages) told.push(`${kind} ${name}`)
        response.writeHead(204).end()
      })
    })
    t.after(() => receiver.close())
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const address = receiver.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
    const settings = { poll: '1s', server: { listen: 'off' }, notify: { hook: { kind: 'webhook', url } } }
    const config = file('told.yaml', stringify(settings))
    const own = { ...env, ANNEAL_DATABASE: join(folder, 'told.db') }
    await anneal(['sweep', '--os-cloud', 'sim', '--config', config], { env: own })
    assert.deepEqual(told.filter((line) => line.startsWith('case-opened')).toSorted(), ['case-opened node-1', 'case-opened node-2'])
    const daemon = start(['run', '--os-cloud', 'sim', '--config', config], own)
    const end = ended(daemon)
    cloud.people.fail('node-5', 'Failed to tear down: IPMI call failed: power status.')
    for (const limit = Date.now() + 15_000; !told.includes('case-opened node-5'); ) {
      assert.ok(Date.now() < limit, told.join())
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    daemon.kill('SIGTERM')
    assert.equal((await end).code, 0)
    assert.deepEqual(told, [...new Set(told)])
  })

  test('a daemon logs lines of JSON, refuses a second one, sees a word within a second, and ends when told to', async () => {
    const config = file('daemon.yaml', 'poll: 1s\nworkers: 2\nserver: { listen: 127.0.0.1:0 }\n')
    const daemon = start(['run', '--os-cloud', 'sim', '--config', config], env)
    const log: string[] = []
    daemon.stderr?.on('data', (chunk: Buffer) => log.push(chunk.toString()))
    const seen = async (words: RegExp, withinMs: number) => {
      for (const end = Date.now() + withinMs; Date.now() < end; ) {
        if (words.test(log.join(''))) return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      assert.fail(`${words} is not in the log after ${withinMs} ms: ${log.join('')}`)
    }
    const end = ended(daemon)
    await seen(/"watching"/, 10_000)
    await refuses(['run', '--os-cloud', 'sim'], { code: 1, words: new RegExp(`process ${daemon.pid}`) }, { env }, anneal)
    await on('hold', 'node-1', '--reason', 'firmware')
    await seen(/"node":"node-1".*"reason":"held"/, 1_500)
    await seen(/"address":"http:\/\/127\.0\.0\.1:\d+"/, 1_000)
    const at = /"address":"([^"]+)"/.exec(log.join(''))?.[1] ?? ''
    assert.equal((await fetch(`${at}/readyz`)).status, 200)
    const body = JSON.stringify({ by: 'pat', why: 'the firmware is new' })
    const said = await fetch(`${at}/api/v1/nodes/sim/node-1/unhold`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    assert.deepEqual([said.status, JSON.parse(await said.text()).changed], [200, true])
    await seen(/"node":"node-1".*"reason":"(?!held)[a-z-]+"/, 1_500)
    const taken = file('taken.yaml', `server: { listen: ${at.slice('http://'.length)} }\n`)
    const elsewhere = { env: { ...env, ANNEAL_DATABASE: join(folder, 'second.db') } }
    await refuses(
      ['run', '--os-cloud', 'sim', '--config', taken],
      { code: 78, words: /server\.listen 127\.0\.0\.1:\d+: Another process/ },
      elsewhere,
    )
    const figures = await (await fetch(`${at}/metrics`)).text()
    assert.match(figures, /anneal_cloud_requests_total\{service="baremetal",method="GET",status="200"\} \d+/)
    assert.match(figures, /anneal_last_pass_timestamp_seconds\{cloud="sim"\} \d+/)
    assert.match(figures, /anneal_probe_up\{cloud="sim",service="[a-z-]+"\} 1/)
    daemon.kill('SIGTERM')
    const { code, err } = await end
    assert.equal(code, 0)
    for (const line of err.trimEnd().split('\n')) assert.ok(JSON.parse(line).msg, line)
    assert.match(err, /"stopped"/)
    await here('unhold', 'node-1')
  })

  /** `sim` and beside it a Keystone that answers so, in one daemon, until its log holds the words or it has ended. */
  async function besideSim(t: TestContext, keystone: RequestListener, words: RegExp) {
    const other = createServer(keystone)
    t.after(() => other.close())
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const auth_url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v3`
    const { clouds } = parse(readFileSync(env['OS_CLIENT_CONFIG_FILE'] ?? '', 'utf8'))
    const both = { sim: clouds.sim, other: { auth: { ...clouds.down.auth, auth_url } } }
    const OS_CLIENT_CONFIG_FILE = file('two.yaml', stringify({ clouds: both }))
    const config = file('two-anneal.yaml', 'poll: 1s\nserver: { listen: off }\nclouds: { other: {}, sim: {} }\n')
    const ANNEAL_DATABASE = join(mkdtempSync(join(folder, 'two-')), 'two.db')
    const daemon = start(['run', '--config', config], { ...env, OS_CLIENT_CONFIG_FILE, ANNEAL_DATABASE })
    const end = ended(daemon)
    let log = ''
    daemon.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
    for (let tries = 0; !words.test(log) && daemon.exitCode === null && tries < 1_500; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20))
    return { daemon, end }
  }

  const DECIDED = /"cloud":"sim","node":"node-1".*"msg":"decision"/

  test('of two clouds one that never answers keeps the other waiting for nothing', async (t) => {
    const { daemon, end } = await besideSim(t, () => {}, DECIDED)
    daemon.kill('SIGKILL')
    const { err } = await end
    assert.match(err, DECIDED)
    // What is said of the one that does not answer comes after 10 s (the patience of a request).
    assert.doesNotMatch(err, /"cloud":"other"/)
  })

  test('of two clouds one that turns out to be wrong ends the daemon, and the other in order', async (t) => {
    const late: RequestListener = (_, response) => void setTimeout(() => response.writeHead(401).end('{}'), 3_000)
    const { end } = await besideSim(t, late, /never said/)
    const { code, err } = await end
    assert.equal(code, 78)
    assert.match(err, DECIDED)
    assert.match(err, /"error":"Keystone at [^"]+ answered 401.*"msg":"stopping: what is in hand is finished first"/)
    assert.match(err.trimEnd().split('\n').at(-1) ?? '', /cloud other: Keystone at \S+ answered 401/)
  })

  test('a daemon that is stopped while one of two clouds is still being begun with does not begin with it any more', async (t) => {
    const late: RequestListener = (_, response) => void setTimeout(() => response.writeHead(503).end('{}'), 2_500)
    const { daemon, end } = await besideSim(t, late, DECIDED)
    daemon.kill('SIGTERM')
    const { code, err } = await end
    assert.equal(code, 0)
    assert.match(err, /"cloud":"other".*"msg":"not reached yet"/)
    assert.doesNotMatch(err, /"cloud":"other".*"msg":"watching"/)
  })

  test('with a login a daemon lets nobody ask who is not logged in at the cloud itself, and says so where passwords come in the clear', async () => {
    const login = 'login: { keystone: sim, project: admin, roles: { operator: [admin] } }'
    const config = file('login.yaml', `server: { listen: "0.0.0.0:0", ${login} }\n`)
    const own = { ...env, ANNEAL_DATABASE: join(folder, 'login.db') }
    const daemon = start(['run', '--os-cloud', 'sim', '--config', config], own)
    const end = ended(daemon)
    const log: string[] = []
    daemon.stderr?.on('data', (chunk: Buffer) => log.push(chunk.toString()))
    const port = () => /"address":"http:\/\/0\.0\.0\.0:(\d+)"/.exec(log.join(''))?.[1]
    for (let tries = 0; port() === undefined && tries < 500; tries++) await new Promise((resolve) => setTimeout(resolve, 20))
    const at = `http://127.0.0.1:${port()}`
    assert.equal((await fetch(`${at}/api/v1/clouds`)).status, 401)
    const shown = (password: string) => ({
      method: 'POST',
      body: JSON.stringify({ user: 'admin', password }),
      headers: { 'content-type': 'application/json' },
    })
    assert.equal((await fetch(`${at}/api/v1/login`, shown('wrong'))).status, 401)
    const inside = await fetch(`${at}/api/v1/login`, shown('simulated'))
    assert.equal(inside.status, 200)
    const cookie = inside.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    assert.equal((await fetch(`${at}/api/v1/clouds`, { headers: { cookie } })).status, 200)
    daemon.kill('SIGTERM')
    const { code, err } = await end
    assert.equal(code, 0)
    assert.match(err, /"msg":"passwords and tokens come in the clear/)
    assert.match(err, /"name":"admin@Default".*"msg":"logged in"/)
    assert.ok(!err.includes('simulated') && !err.includes(cookie.split('=')[1] ?? '?'), err)
    const nowhere = file('nowhere.yaml', `server: { ${login.replace('sim', 'simm')} }\n`)
    await refuses(['run', '--os-cloud', 'sim', '--config', nowhere], { code: 78, words: /simm.*sim/ }, { env: own })
    const keystoneless = file('keystoneless.yaml', `server: { ${login.replace('sim', 'keystoneless')} }\n`)
    const words = /server\.login\.keystone keystoneless: .*no auth_url that is an address.*Name an entry/
    await refuses(['run', '--os-cloud', 'sim', '--config', keystoneless], { code: 78, words }, { env: own })
  })

  test('an Ironic behind a proxy that answers in HTML, or one that closes connections, is one line and a 1', async () => {
    for (const [kind, words] of [
      ['502', /cloud sim: The baremetal service answered 502 to GET \S+: /],
      ['down', /cloud sim: The baremetal service gave no answer: /],
    ] as const) {
      cloud.faults.set('ironic', { kind })
      await refuses(['sweep', '--os-cloud', 'sim'], { code: 1, words }, { env })
      const checked = await here('check', '-o', 'json')
      assert.equal(checked.code, 1)
      const { message } = JSON.parse(checked.out).checks.find(({ name }: { name: string }) => name === 'ironic')
      assert.match(`cloud sim: ${message}`, words)
      cloud.faults.clearAll()
    }
  })

  test('a wrong password, a missing permission and a catalog without Ironic end with 78; a Keystone that is down with 1', async () => {
    const refusals: [string, string[], RegExp, number][] = [
      ['wrong', [], /cloud wrong: Keystone at http.* answered 401 .*clouds\.yaml/, 78],
      ['elsewhere', [], /cloud elsewhere: The catalog has no public endpoint of a baremetal service in region Nowhere/, 78],
      ['blind', ['--mode', 'auto'], /cloud blind, reading: Ironic withholds last_error/, 78],
      ['down', [], /cloud down: Keystone at .* gave no answer/, 1],
    ]
    for (const [name, more, words, code] of refusals) await refuses(['sweep', '--os-cloud', name, ...more], { code, words }, { env })
    // A daemon that only observes waits for what is down, and for nothing else.
    const config = file('quiet.yaml', 'server: { listen: off }\n')
    for (const [name, , words, code] of refusals.slice(0, 2))
      await refuses(['run', '--os-cloud', name, '--config', config], { code, words }, { env })
    const variables = { OS_AUTH_URL: 'http://127.0.0.1:9/v3', OS_USERNAME: 'a', OS_PASSWORD: 'b', OS_PROJECT_NAME: 'c' }
    await refuses(['sweep'], { code: 1, words: /comes from the OS_\* variables/ }, { env: variables })
    const { code, out } = await typed(['check', '--os-cloud', 'wrong'], { env })
    assert.equal(code, 78)
    assert.match(out, /fail +login .*401/)
    assert.equal((await typed(['check', '--os-cloud', 'down'], { env })).code, 1)
  })

  test('no password ever stands in an output or in the database', async () => {
    const { out, err } = await anneal(['check', '--os-cloud', 'wrong', '-o', 'json'], { env: { ...env, ANNEAL_DEBUG: '1' } })
    assert.doesNotMatch(out + err, /mistyped/)
    assert.doesNotMatch(readFileSync(join(folder, 'sim.db'), 'latin1'), /simulated/)
  })
})
