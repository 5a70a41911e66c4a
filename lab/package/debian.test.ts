/**
 * The Debian package on a clean Debian system, booted by systemd-nspawn: installed, configured, run by its own units in their own sandboxes
 * against the simulated cloud, where a node breaks and is healed; upgraded, removed, purged. `npm run package` must have been run. Needs root.
 * Not real here: the kernel is this machine's own, and there is no network but the loopback.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { z } from 'zod'
import { type Child, startChild } from '../../bench/child.ts'
import { placesOf, settingsFor } from '../../crash/site.ts'
import { type Image, playContainerfile } from './containerfile.ts'
import { type Machine, makeMachine } from './machine.ts'

const made = fileURLToPath(new URL('../../dist/package', import.meta.url))
const CLOUD = 'mycloud'

let machine: Machine
let image: Image
let cloud: Child | null = null
before(
  () => {
    const deb = (existsSync(made) ? readdirSync(made) : []).find((name) => name.endsWith('.deb'))
    assert.ok(deb, 'dist/package holds no .deb: run npm run package first')
    machine = makeMachine()
    // While the system is still as Debian makes it.
    image = playContainerfile(fileURLToPath(new URL('../../packaging/Containerfile', import.meta.url)), {
      context: made,
      base: machine.root,
      into: machine.folder,
      runIn: (root, command) => {
        const done = machine.once(['sh', '-c', command], [], root)
        assert.equal(done.code, 0, `${command}\n${done.out}`)
      },
    })
    cpSync(join(made, deb), join(machine.root, 'anneal.deb'))
  },
  { timeout: 480_000 },
)
after(async () => {
  await cloud?.stop()
  await machine?.remove()
})

/** In the booted system; it must end with `code`. */
function run(command: string, code = 0): string {
  const done = machine.run('sh', '-c', command)
  assert.equal(done.code, code, `${command}\n${done.out}\n${journal()}`)
  return done.out
}
const journal = (): string => machine.run('journalctl', '--no-pager', '-o', 'cat', '-u', 'anneal*').out
const property = (unit: string, name: string): string => run(`systemctl show -P ${name} ${unit}`).trim()
const inside = (path: string): string => join(machine.root, path)
const rights = (path: string): string => machine.run('stat', '-c', '%A %U:%G', path).out.trim()

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await holds())) {
    assert.ok(performance.now() < end, `not within a minute: ${what}\n${journal()}`)
    await pause(250)
  }
}

const inNetwork = (): string[] => ['nsenter', `--net=${machine.network()}`, '--']

/** Asks the daemon from within its machine, where curl is not installed. */
const asked = (path: string): { status: number; text: string } => {
  const code = `const r = await fetch('http://127.0.0.1:8780${path}').catch(() => null); console.log(JSON.stringify({ status: r?.status ?? 0, text: (await r?.text()) ?? '' }))`
  const [command = '', ...args] = [...inNetwork(), process.execPath, '--input-type=module', '-e', code]
  return z.object({ status: z.number(), text: z.string() }).parse(JSON.parse(execFileSync(command, args, { encoding: 'utf8' })))
}

test('it installs on a system that has what it depends on and nothing else, and starts nothing', () => {
  const done = machine.once(['dpkg', '--install', '/anneal.deb'])
  assert.equal(done.code, 0, done.out)
  assert.match(machine.once(['dpkg', '--verify', 'anneal']).out, /^$/)
  assert.match(machine.once(['getent', 'passwd', 'anneal']).out, /:\/var\/lib\/anneal:\/usr\/sbin\/nologin/)
  assert.equal(existsSync(inside('etc/systemd/system/multi-user.target.wants/anneal.service')), false)
  assert.match(machine.once(['anneal', '--version']).out, /^\d+\.\d+\.\d+/)
})

test('booted, its units are in order, and configuration and state are for the right eyes', async () => {
  await machine.boot()
  assert.equal(run('systemd-analyze verify --man=no /lib/systemd/system/anneal.service /lib/systemd/system/anneal-sweep.*'), '')
  assert.equal(rights('/etc/anneal'), 'drwxr-x--- root:anneal')
  assert.equal(rights('/etc/anneal/anneal.yaml'), '-rw-r----- root:anneal')
  assert.equal(rights('/var/lib/anneal'), 'drwxr-x--- anneal:anneal')
  for (const unit of ['anneal.service', 'anneal-sweep.timer'])
    assert.deepEqual([property(unit, 'UnitFileState'), property(unit, 'ActiveState')], ['disabled', 'inactive'])
})

test('without a cloud it says in one line what is missing, and is not started again and again', async () => {
  run('systemctl start anneal')
  await until(() => property('anneal', 'ActiveState') === 'failed', 'it gives up')
  assert.deepEqual([property('anneal', 'ExecMainStatus'), property('anneal', 'NRestarts')], ['78', '0'])
  assert.match(journal(), /clouds\.yaml/)
  assert.doesNotMatch(journal(), /\n\s+at /)
  run('systemctl reset-failed anneal')
})

test('with one it runs as nobody but anneal, in its sandbox, and serves API, figures and dashboard', async () => {
  cloud = startChild(new URL('served-cloud.ts', import.meta.url), [], [], inNetwork())
  const { url, user, password } = await cloud.ask('where', z.object({ url: z.string(), user: z.string(), password: z.string() }))
  const auth = {
    auth_url: `${url}/identity/v3`,
    username: user,
    password,
    project_name: 'admin',
    user_domain_id: 'default',
    project_domain_id: 'default',
  }
  writeFileSync(inside('etc/anneal/clouds.yaml'), stringify({ clouds: { [CLOUD]: { auth, region_name: 'RegionOne' } } }))
  run('chown root:anneal /etc/anneal/clouds.yaml && chmod 0640 /etc/anneal/clouds.yaml')
  const settings = { ...settingsFor(placesOf(6)), log: 'info', clouds: { [CLOUD]: {} }, database: '/var/lib/anneal/anneal.db' }
  // As an editor would: the file keeps its rights.
  writeFileSync(inside('etc/anneal/anneal.yaml'), stringify(settings))
  assert.match(run('anneal check'), /^Fit/m)
  run('systemctl enable --now anneal')
  await until(() => asked('/readyz').status === 200, 'it is ready')
  assert.match(asked('/').text, /<title>.*Anneal/i)
  assert.match(asked('/metrics').text, /^anneal_/m)
  const status = run(`cat /proc/${property('anneal', 'MainPID')}/status`)
  assert.match(status, /^Seccomp:\s+2$/m)
  assert.match(status, /^NoNewPrivs:\s+1$/m)
  assert.match(status, /^CapBnd:\s+0+$/m)
  assert.equal(run(`stat -c %U /proc/${property('anneal', 'MainPID')}`).trim(), 'anneal')
  assert.match(run('systemd-analyze security anneal --no-pager | tail -1'), /Overall exposure level for anneal\.service: [01]\.\d OK/)
  assert.equal(rights('/var/lib/anneal/anneal.db'), '-rw------- anneal:anneal')
})

test('in a container it works as nobody in particular, without capabilities, on a root that cannot be written', () => {
  const etc = join(machine.folder, 'etc')
  mkdirSync(etc)
  for (const name of ['anneal.yaml', 'clouds.yaml']) cpSync(inside(`etc/anneal/${name}`), join(etc, name))
  const [uid = '', gid = ''] = image.user.split(':')
  for (const name of readdirSync(etc)) chownSync(join(etc, name), Number(uid), Number(gid))
  const nobody = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--bounding-set=-all', '--no-new-privs', '--']
  const options = [
    '--read-only',
    `--tmpfs=/var/lib/anneal:uid=${uid},gid=${gid},mode=0750`,
    `--bind-ro=${etc}:/etc/anneal`,
    `--chdir=${image.folder}`,
    `--network-namespace-path=${machine.network()}`,
    ...image.env.map((one) => `--setenv=${one}`),
  ]
  const does = (...command: string[]) => machine.once([...nobody, ...command], options, image.root)
  const [entry = ''] = image.command
  assert.deepEqual(image.command, ['/usr/bin/anneal', 'run'])
  assert.match(does(entry, 'check').out, /^Fit/m)
  assert.match(does(entry, 'sweep', '--mode', 'observe', '-o', 'json').out, /"listed": ?6/)
  const wrote = does('sh', '-c', 'id -u; touch /usr/x; touch /var/lib/anneal/x && echo state')
  assert.match(wrote.out, /^64020$[\s\S]*^state$/m)
  assert.match(wrote.out, /'\/usr\/x': Read-only file system/)
})

const explained = (node: string) =>
  z
    .looseObject({
      decision: z.looseObject({ kind: z.string(), reason: z.string() }).nullable(),
      attempts: z.array(z.looseObject({ act: z.string(), outcome: z.unknown() })),
    })
    .parse(JSON.parse(run(`anneal explain ${node} -o json`)))

const stateOf = async (node: string): Promise<string> =>
  (await cloud?.ask('node', z.object({ state: z.string(), marks: z.array(z.string()) }), node))?.state ?? 'nothing'

test('a node breaks and is healed, and whoever asks is told why', async () => {
  assert.equal(await stateOf('node-004'), 'available')
  await cloud?.ask('fail', z.null(), 'node-004')
  assert.equal(await stateOf('node-004'), 'error')
  await until(async () => (await stateOf('node-004')) === 'available', 'node-004 comes home')
  await until(() => explained('node-004').decision?.reason === 'healed', 'it is proven healed')
  assert.deepEqual(
    explained('node-004').attempts.map(({ act }) => act),
    ['reset'],
  )
  assert.match(run('anneal explain node-004'), /bmc-unreachable/)
})

test("a person's word is said by root as anneal, named by the one who called sudo, and seen by the daemon", async () => {
  run('SUDO_USER=pat anneal hold node-005 --reason "vendor visit"')
  assert.match(asked('/api/v1/holds').text, /"pat"/)
  assert.equal(run('find /var/lib/anneal ! -user anneal'), '')
  assert.equal(run('ANNEAL_DATABASE=/tmp/new.db anneal nodes > /tmp/said; stat -c %U /tmp/new.db').trim(), 'anneal')
  run('SUDO_USER=pat anneal unhold node-005')
})

test('killed, it is started again and goes on', async () => {
  const before = property('anneal', 'MainPID')
  run(`kill -9 ${before}`)
  await until(() => property('anneal', 'MainPID') !== before && asked('/readyz').status === 200, 'it is back')
  assert.equal(property('anneal', 'NRestarts'), '1')
})

/** The commands of a page below a heading, as root types them: here there is no sudo. */
function quoted(page: string, heading: string): string[] {
  const text = readFileSync(new URL(`../../docs/operators/${page}`, import.meta.url), 'utf8')
  const [, part = ''] = text.split(`\n## ${heading}\n`)
  const lines = (part.split('\n## ')[0] ?? '').split('\n').filter((line) => /^ {4}\S/.test(line))
  return lines.map((line) =>
    line
      .trim()
      .replace(/^sudo -u anneal /, 'runuser -u anneal -- ')
      .replace(/^sudo /, ''),
  )
}

test('a copy made while it works is whole, and what is restored is gone on with, by the very commands of the page', async () => {
  // sqlite3 is not installed there, so it is the way by Anneal's own Node.
  run(
    quoted('backup.md', 'Copying it').find((line) => line.includes('/usr/lib/anneal/node')) ?? assert.fail('the page has no such command'),
  )
  assert.match(rights('/var/lib/anneal/backup.db'), / anneal:anneal$/)
  assert.match(run('ANNEAL_DATABASE=/var/lib/anneal/backup.db anneal explain node-004'), /bmc-unreachable/)
  assert.match(run('anneal replay /var/lib/anneal/backup.db'), /decided/)
  for (const command of quoted('backup.md', 'Restore')) run(command.replace(' backup.db ', ' /var/lib/anneal/backup.db '))
  await until(() => asked('/readyz').status === 200, 'it is ready')
  assert.equal(explained('node-004').attempts.length, 1)
  await cloud?.ask('fail', z.null(), 'node-006')
  await until(() => run('anneal explain node-006 -o json || true').includes('"paused"'), 'it waits because of the pause')
  assert.equal(await stateOf('node-006'), 'error')
  run('anneal resume')
  await until(async () => (await stateOf('node-006')) === 'available', 'node-006 comes home')
})

test('an upgrade restarts it with the new files and keeps configuration, cases and rights', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-newer-'))
  try {
    execFileSync('dpkg-deb', ['--raw-extract', inside('anneal.deb'), join(folder, 'tree')])
    const control = join(folder, 'tree/DEBIAN/control')
    writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: (.*)-1$/m, 'Version: $1-2'))
    appendFileSync(join(folder, 'tree/usr/share/doc/anneal/copyright'), '\n')
    execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', join(folder, 'tree'), inside('newer.deb')])
  } finally {
    rmSync(folder, { recursive: true })
  }
  const before = property('anneal', 'MainPID')
  // Rights that an administrator has changed are theirs.
  chmodSync(inside('etc/anneal/anneal.yaml'), 0o440)
  run('DEBIAN_FRONTEND=noninteractive dpkg --install /newer.deb')
  await until(() => property('anneal', 'MainPID') !== before && asked('/readyz').status === 200, 'the new one is ready')
  assert.match(run('dpkg-query -W anneal'), /-2$/m)
  assert.equal(rights('/etc/anneal/anneal.yaml'), '-r--r----- root:anneal')
  assert.match(readFileSync(inside('etc/anneal/anneal.yaml'), 'utf8'), /mycloud/)
  assert.equal(explained('node-004').attempts.length, 1)
})

test('stopped, it ends by itself and in order', () => {
  run('systemctl stop anneal')
  assert.deepEqual([property('anneal', 'Result'), property('anneal', 'ExecMainStatus')], ['success', '0'])
  assert.match(journal(), /stopped/)
})

test('a site without a daemon heals by its timer', async () => {
  await cloud?.ask('fail', z.null(), 'node-002')
  run('systemctl enable --now anneal-sweep.timer')
  assert.match(run('systemctl list-timers --no-pager anneal-sweep.timer'), /anneal-sweep\.service/)
  await until(async () => {
    // The timer's own work, now and not in ten minutes.
    run('systemctl start anneal-sweep.service')
    return (await stateOf('node-002')) === 'available'
  }, 'node-002 comes home')
})

test('removed, nothing runs and the site keeps its configuration and its record', () => {
  run('systemctl start anneal')
  run('dpkg --remove anneal')
  assert.doesNotMatch(run('systemctl list-units --all --no-legend --no-pager "anneal*"'), /running/)
  for (const path of ['usr/bin/anneal', 'usr/lib/anneal', 'lib/systemd/system/anneal.service'])
    assert.equal(existsSync(inside(path)), false, path)
  for (const path of ['etc/anneal/anneal.yaml', 'etc/anneal/clouds.yaml', 'var/lib/anneal/anneal.db'])
    assert.ok(statSync(inside(path)).size > 0, path)
})

test('purged, what is left is what it did not make', () => {
  run('dpkg --purge anneal')
  const left = run('find / -xdev -iname "*anneal*" -not -path "/proc/*" -not -path "/sys/*" -not -path "/var/log/journal/*" | sort')
    .trim()
    .split('\n')
  assert.deepEqual(
    left.filter((path) => path !== '/anneal.deb'),
    ['/etc/anneal'],
  )
  assert.deepEqual(readdirSync(inside('etc/anneal')), ['clouds.yaml'])
  assert.match(run('dpkg-query -W anneal', 1), /no packages found/)
})
