/** Daemons as processes of their own on one PostgreSQL: they share the work, outlive each other and the server's restart, and tell nobody the password. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { simulatedCloud } from '../../src/simulator/cloud.ts'
import { paced } from '../../src/simulator/paced.ts'
import { seededRandom } from '../../src/simulator/seeded.ts'
import { serveCloud } from '../../src/simulator/serve.ts'
import { virtualClock } from '../../src/simulator/virtual-clock.ts'
import { type Cluster, PASSWORD } from './cluster.ts'

const ANNEAL = fileURLToPath(new URL('../../bin/anneal', import.meta.url))

async function servedCloud(folder: string) {
  const clock = virtualClock({ start: Date.now() })
  const cloud = simulatedCloud({ clock, random: seededRandom(3), nodes: 6 })
  const served = await serveCloud(cloud, { host: '127.0.0.1', port: 0 })
  const pace = paced(clock, { speed: 1 })
  const login = { username: 'admin', password: 'simulated', user_domain_id: 'default', project_name: 'admin', project_domain_id: 'default' }
  const clouds = { sim: { auth: { auth_url: `${served.url}/identity/v3`, ...login } } }
  writeFileSync(join(folder, 'clouds.yaml'), stringify({ clouds }))
  const stop = async () => {
    await pace.stop()
    await served.stop()
  }
  return { cloud, stop }
}

type Daemon = { child: ChildProcess; log(): string; seen(words: RegExp): Promise<void> }

/** Under load a process takes its time; what is waited for comes within a second or so otherwise. */
const PATIENCE_MS = 60_000

function daemonIn(folder: string, url: string): Daemon {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml'), ANNEAL_DATABASE: url }
  const child = spawn(process.execPath, [ANNEAL, 'run', '--os-cloud', 'sim', '--config', join(folder, 'anneal.yaml')], { cwd: folder, env })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  return {
    child,
    log: () => log,
    seen: async (words) => {
      for (const end = Date.now() + PATIENCE_MS; Date.now() < end && !words.test(log); )
        await new Promise((resolve) => setTimeout(resolve, 20))
      assert.match(log, words)
    },
  }
}

export function processTests(cluster: Cluster): void {
  test('two daemons on one PostgreSQL: one is killed, the server restarts, and the other goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'anneal-pg-run-'))
    const { cloud, stop } = await servedCloud(folder)
    writeFileSync(join(folder, 'anneal.yaml'), 'poll: 1s\ncensus: 10s\nworkers: 2\nserver: { listen: 127.0.0.1:0 }\n')
    const { place } = await cluster.database()
    const [first, second] = [daemonIn(folder, place.url), daemonIn(folder, place.url)]
    const polls = () => cloud.ledger.entries.filter(({ path }) => /\/v1\/nodes\?provision_state=error/.test(path)).length
    const nextPoll = async () => {
      const before = polls()
      for (const end = Date.now() + PATIENCE_MS; Date.now() < end && polls() === before; )
        await new Promise((resolve) => setTimeout(resolve, 20))
      assert.ok(polls() > before, 'nobody polls')
    }
    try {
      await Promise.all([first.seen(/"watching"/), second.seen(/"watching"/)])
      await nextPoll()
      cloud.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
      for (const end = Date.now() + PATIENCE_MS; Date.now() < end && !/"node-1"/.test(first.log() + second.log()); )
        await new Promise((resolve) => setTimeout(resolve, 20))
      first.child.kill('SIGKILL')
      await nextPoll()
      await nextPoll()
      await cluster.stop('fast')
      await second.seen(/The database postgres:\/\/anneal@127\.0\.0\.1:\d+\/\w+ (was lost|does not answer)/)
      await cluster.start()
      await nextPoll()
      await nextPoll()
      const ended = once(second.child, 'exit')
      second.child.kill('SIGTERM')
      assert.deepEqual(await ended, [0, null], second.log())
      assert.doesNotMatch(first.log() + second.log(), new RegExp(PASSWORD))
    } finally {
      for (const { child } of [first, second]) child.kill('SIGKILL')
      await stop()
      rmSync(folder, { recursive: true })
    }
  })
}
