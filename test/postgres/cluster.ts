/**
 * A PostgreSQL server of the tests' own: a cluster in a temporary folder, a socket in it and a port on loopback, gone afterwards. The clusters of the
 * machine are left alone. Its programs refuse to be run by root, so then they run as postgres, or nobody.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { type PostgresPlace, postgresPlace } from '../../src/store/database-place.ts'

export const PASSWORD = 'tell-nobody'
const USER = 'anneal'

/** Debian's place of the newest version that is installed, else the PATH's; null where there is none. */
export function postgresPrograms(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl'))) ?? null
}

export type Cluster = {
  /** A new database, empty or as `template` is. */
  database(template?: string): Promise<{ place: PostgresPlace; name: string }>
  place(name: string, password?: string): PostgresPlace
  /** As the superuser, in any of its databases. */
  ask(name: string, sql: string): Promise<pg.QueryResult>
  drop(name: string): Promise<void>
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
  /** Of the server that is running, for whoever stops it in its tracks. */
  pid(): number
  remove(): Promise<void>
}

const run = promisify(execFile)

/** Whoever is not root runs it as themselves. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  const [, , uid, gid] = (
    users.find((line) => line.startsWith('postgres:')) ??
    users.find((line) => line.startsWith('nobody:')) ??
    ''
  ).split(':')
  assert.ok(uid && gid, 'neither postgres nor nobody is a user here')
  return { uid: Number(uid), gid: Number(gid) }
}

export async function startCluster(programs: string): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-pg-'))
  const as = unprivileged()
  if (as !== undefined) chownSync(folder, as.uid, as.gid)
  const data = join(folder, 'data')
  const password = join(folder, 'password')
  writeFileSync(password, PASSWORD)
  if (as !== undefined) chownSync(password, as.uid, as.gid)
  const options = { ...as, cwd: folder, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' } }
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', USER, '--auth=scram-sha-256', `--pwfile=${password}`, '--no-sync', '-E', 'UTF8'],
    {
      ...options,
      stdio: 'ignore',
    },
  )
  const port = await freePort()
  // Its folder is gone when the tests are: nothing in it needs to outlast the machine. A deadlock of ours should be seen in a test's time.
  const settings = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${folder} -c fsync=off -c max_connections=60 -c deadlock_timeout=200ms`
  const ctl = (...words: string[]) => run(join(programs, 'pg_ctl'), ['-D', data, '-w', '-t', '60', ...words], options)
  const start = async () => void (await ctl('-l', join(folder, 'log'), '-o', settings, 'start'))
  const place = (name: string, secret = PASSWORD): PostgresPlace => {
    const found = postgresPlace(`postgres://${USER}:${secret}@127.0.0.1:${port}/${name}`)
    assert.ok(found)
    return found
  }
  const ask = async (name: string, sql: string) => {
    const client = new pg.Client({ connectionString: place(name).url })
    await client.connect()
    try {
      return await client.query(sql)
    } finally {
      await client.end()
    }
  }
  // Whoever ends the tests before their end ends the server, too.
  const end = (): void => {
    execFileSync(join(programs, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'], { ...options, stdio: 'ignore' })
    rmSync(folder, { recursive: true })
    process.exit(1)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, end)
  await start()
  let made = 0
  return {
    database: async (template = 'template1') => {
      const name = `t${++made}`
      await ask('postgres', `create database ${name} template ${template}`)
      return { name, place: place(name) }
    },
    place,
    ask,
    drop: async (name) => void (await ask('postgres', `drop database ${name} with (force)`)),
    stop: async (mode = 'fast') => void (await ctl('-m', mode, 'stop')),
    start,
    pid: () => Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]),
    remove: async () => {
      await ctl('-m', 'immediate', 'stop')
      rmSync(folder, { recursive: true })
    },
  }
}

/** Below those that the kernel gives to outgoing connections (Linux: from 32,768 on), or one of them has it while a server of ours is stopped. */
const PORTS = { from: 15_000, to: 32_000 }

/** One that nobody listens on just now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
