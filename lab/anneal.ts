/**
 * Runs the checkout's `anneal` as an operator would, as a child process with a clouds.yaml, an anneal.yaml and a database of its own
 * in a temporary folder. Nothing of Anneal is imported: a scenario judges by what the commands print and by what became of Ironic.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { applicationCredential } from './keystone.ts'
import type { Ran } from './lab.ts'
import { readSettings } from './settings.ts'

const program = resolve(import.meta.dirname, '..', 'bin', 'anneal')

/** One operator's desk: files and a database that outlive single commands. */
export type Desk = { dir: string; env: Record<string, string>; clear(): void }

/** How Anneal is authorised at the lab: no Keystone at all, or one of keystone.ts's users, or the application credential. */
export type Login = 'none' | 'sys-member' | 'sys-reader' | 'proj-admin' | 'proj-member' | 'bm-admin' | 'bm-observer' | 'appcred'

export type DeskWish = {
  login?: Login
  /** Content of anneal.yaml. */
  config?: Record<string, unknown>
  /** Services that clouds.yaml shall not have; only without Keystone, whose catalog has them all. */
  without?: ('compute' | 'network' | 'placement')[]
  /** More keys of the cloud's entry, over the others. */
  cloud?: Record<string, unknown>
}

/** A new desk. The cloud is called `lab`; Ironic is reached through the fault proxy. */
export function desk(wish: DeskWish = {}): Desk {
  const dir = mkdtempSync(join(tmpdir(), 'anneal-desk-'))
  const clouds = join(dir, 'clouds.yaml')
  const config = join(dir, 'anneal.yaml')
  writeFileSync(clouds, stringify({ clouds: { lab: { ...cloud(wish), ...wish.cloud } } }), { mode: 0o600 })
  // Several daemons run side by side, and one port is one daemon's.
  writeFileSync(config, stringify({ server: { listen: 'off' }, ...wish.config }))
  const env = { OS_CLIENT_CONFIG_FILE: clouds, OS_CLOUD: 'lab', ANNEAL_DATABASE: join(dir, 'anneal.db') }
  return { dir, env, clear: () => rmSync(dir, { recursive: true, force: true }) }
}

function cloud({ login = 'none', without = [] }: DeskWish): Record<string, unknown> {
  const settings = readSettings()
  if (login === 'none') {
    const services = { compute: settings.nova, network: settings.neutron, placement: settings.placement }
    const kept = Object.entries(services).filter(([name]) => !without.some((left) => left === name))
    return {
      auth_type: 'none',
      baremetal_endpoint_override: settings.proxy,
      ...Object.fromEntries(kept.map(([name, url]) => [`${name}_endpoint_override`, url])),
    }
  }
  const common = { region_name: 'RegionOne', interface: 'public' }
  if (login === 'appcred') {
    const { id, secret } = applicationCredential()
    const auth = { auth_url: settings.keystone, application_credential_id: id, application_credential_secret: secret }
    return { ...common, auth_type: 'v3applicationcredential', auth }
  }
  const project = { 'proj-admin': 'lab', 'proj-member': 'lab', 'bm-admin': 'baremetal', 'bm-observer': 'baremetal' }
  const scope =
    login === 'sys-member' || login === 'sys-reader'
      ? { system_scope: 'all' }
      : { project_name: project[login], project_domain_id: 'default' }
  return {
    ...common,
    auth_type: 'password',
    auth: { auth_url: settings.keystone, username: login, password: login, user_domain_id: 'default', ...scope },
  }
}

export type AnnealRan = Ran & {
  /** Standard output as JSON; undefined where it is not JSON. */
  json: unknown
}

/** A child's environment: the machine's own, without any OS_* or ANNEAL_* that would reach past the desk. */
function environment(at: Desk, env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(OS|ANNEAL)_/.test(name))
  return { ...Object.fromEntries(kept), HOME: at.dir, XDG_STATE_HOME: at.dir, XDG_CONFIG_HOME: at.dir, ...at.env, ...env }
}

/**
 * bin/anneal may start a second process under the pinned Node, so the command gets a process group of its own: SIGKILL must take both.
 * Whatever still runs when the test process ends goes with it.
 */
function launch(args: string[], at: Desk, env?: Record<string, string>): ChildProcess {
  const full = ['--config', join(at.dir, 'anneal.yaml'), ...args]
  const child = spawn(program, full, { cwd: at.dir, env: environment(at, env), stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const end = () => killGroup(child)
  process.once('exit', end)
  child.once('close', () => process.off('exit', end))
  return child
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  process.kill(-child.pid, 'SIGKILL')
}

/** Runs one command to its end: `await anneal(['sweep', '-o', 'json'], at)`. Killed after `seconds` (60), then code is null. */
export async function anneal(
  args: string[],
  at: Desk,
  options: { env?: Record<string, string>; seconds?: number } = {},
): Promise<AnnealRan> {
  const running = started(launch(args, at, options.env))
  const timer = setTimeout(() => running.kill('SIGKILL'), (options.seconds ?? 60) * 1000)
  const ran = await running.ended
  clearTimeout(timer)
  return { ...ran, json: parsed(ran.stdout) }
}

/** A command that goes on, such as `run`, or a `sweep` to be killed in mid request. */
export type Running = {
  ended: Promise<Ran>
  stdout(): string
  stderr(): string
  /** Sends the signal and waits for the end. */
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<Ran>
}

export const startAnneal = (args: string[], at: Desk, env?: Record<string, string>): Running => started(launch(args, at, env))

/** Waits until a `run` says that it watches: by then it has found the cloud fit to work on. Throws where it ends before, or after 30 s. */
export async function untilWatching(daemon: Running): Promise<void> {
  let hasEnded = false
  void daemon.ended.then(() => {
    hasEnded = true
  })
  for (const end = Date.now() + 30_000; !daemon.stderr().includes('watching'); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (hasEnded || Date.now() > end) throw new Error(`the daemon does not watch; it printed: ${daemon.stdout()}${daemon.stderr()}`)
  }
}

function started(child: ChildProcess): Running {
  const out = { stdout: '', stderr: '' }
  child.stdout?.on('data', (part) => (out.stdout += part))
  child.stderr?.on('data', (part) => (out.stderr += part))
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...out }))
  })
  return {
    ended,
    stdout: () => out.stdout,
    stderr: () => out.stderr,
    kill: (signal) => {
      // Other signals go to the launcher alone, which hands them on: the command must not get them twice.
      if (signal === 'SIGKILL') killGroup(child)
      else child.kill(signal)
      return ended
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A table or an error's line: the caller looks at stdout itself.
    return undefined
  }
}
