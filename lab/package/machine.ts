/**
 * A Debian system of the test's own, in a folder: made from this machine's apt sources, with nothing in it but what Debian calls essential,
 * systemd, and what our package asks for. It can run single commands, or be booted by systemd-nspawn with a network of its own, so that units
 * and their sandboxes are the real ones. It touches nothing outside of its folder, and ends no process but its own.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export type Done = { code: number; out: string }

export type Machine = {
  root: string
  folder: string
  /** In the system while it is not booted. @param options of systemd-nspawn @param of another system's folder */
  once(command: readonly string[], options?: readonly string[], of?: string): Done
  boot(): Promise<void>
  /** In the booted system, as its root. */
  run(...command: string[]): Done
  /** The booted system's own network, for nsenter and the like. */
  network(): string
  halt(): Promise<void>
  remove(): Promise<void>
}

/** What our package depends on, and an init. */
const PACKAGES = ['systemd-sysv', 'adduser', 'libstdc++6']

/** Throws where a system cannot be made here, and says why. @param needs extra packages */
export function makeMachine(): Machine {
  if (process.getuid?.() !== 0) throw new Error('a Debian system is made and booted by root only: run this as root')
  const folder = mkdtempSync(join(tmpdir(), 'anneal-package-'))
  const root = join(folder, 'root')
  const quick = ['force-unsafe-io', 'path-exclude=/usr/share/locale/*']
  const options = [...quick.map((option) => `--dpkgopt=${option}`), ...aptOptions().map((option) => `--aptopt=${option}`)]
  const made = spawnSync(
    'mmdebstrap',
    ['--mode=root', '--variant=essential', '--format=directory', `--include=${PACKAGES}`, ...options, codename(), root, ...aptSources()],
    { encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`no Debian system was made (${made.error?.message ?? made.status}):\n${made.stderr}`)
  return machineIn(folder, root)
}

const codename = (): string => /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable'

/** The files that name this Debian; others may name archives that it does not need. */
function aptSources(): string[] {
  const below = '/etc/apt/sources.list.d'
  const files = ['/etc/apt/sources.list', ...(existsSync(below) ? readdirSync(below).map((name) => join(below, name)) : [])]
  return files.filter((path) => /\.(list|sources)$/.test(path) && existsSync(path) && readFileSync(path, 'utf8').includes(codename()))
}

/** How this machine reaches them: proxies, certificates, and what it thinks of dates. */
const aptOptions = (): string[] =>
  execFileSync('apt-config', ['dump'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /^Acquire::(https?|Check-|Retries)\S* ".+";$/.test(line))

function machineIn(folder: string, root: string): Machine {
  const name = basename(folder)
  const common = ['--quiet', '--register=no', '--keep-unit', '--link-journal=no']
  let booted: { nspawn: ChildProcess; leader: number; ended: Promise<unknown> } | null = null
  const leader = () => {
    if (booted === null) throw new Error('the machine is not booted')
    return booted.leader
  }
  return {
    root,
    folder,
    once: (command, options = [], of = root) =>
      done('systemd-nspawn', [...common, `--machine=${name}-once`, `--directory=${of}`, '--console=pipe', ...options, '--', ...command]),
    async boot() {
      const nspawn = spawn(
        'systemd-nspawn',
        [...common, `--machine=${name}`, `--directory=${root}`, '--boot', '--private-network', '--console=pipe'],
        {
          stdio: 'ignore',
        },
      )
      const ended = new Promise((resolve) => nspawn.once('exit', resolve))
      booted = { nspawn, ended, leader: await firstProcessOf(nspawn) }
    },
    run: (...command) => done('nsenter', [...namespaces(leader()), '--', '/usr/bin/env', '-i', PATH, ...command]),
    network: () => `/proc/${leader()}/ns/net`,
    async halt() {
      if (booted === null) return
      const { nspawn, ended } = booted
      // systemd's own signal to power off; a system that does not is killed with its supervisor.
      spawnSync('kill', ['-s', 'RTMIN+4', `${leader()}`])
      await Promise.race([ended, pause(30_000).then(() => nspawn.kill('SIGKILL'))])
      booted = null
    },
    async remove() {
      await this.halt()
      rmSync(folder, { recursive: true, force: true })
      // nspawn's, which it cannot take away itself where /run is on a disk.
      for (const left of [name, `${name}-once`].map((each) => `/run/systemd/nspawn/propagate/${each}`))
        if (existsSync(left)) rmdirSync(left)
    },
  }
}

/** What it says where /run is on a disk, each time; remove() does it instead. */
const NSPAWN_TIDYING = /^Attempted to remove disk file system under .*\n/gm

const PATH = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'

function done(command: string, args: readonly string[]): Done {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 })
  return { code: status ?? -1, out: `${stdout}${stderr}${error?.message ?? ''}`.replace(NSPAWN_TIDYING, '') }
}

const namespaces = (leader: number): string[] => [`--target=${leader}`, '--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd']

/** Waits until the system says that it is up; its first process is the child of nspawn that lives that long. */
async function firstProcessOf({ pid, exitCode }: ChildProcess): Promise<number> {
  for (let tries = 0; tries < 150 && exitCode === null; tries += 1) {
    await pause(200)
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    if (child === undefined || child === '') continue
    const asked = done('nsenter', [...namespaces(Number(child)), '--', '/usr/bin/systemctl', 'is-system-running'])
    if (/^(running|degraded)$/m.test(asked.out)) return Number(child)
  }
  throw new Error('the Debian system did not boot within 30 s')
}
