/**
 * The evidence bundle over whole stories: what a technician reads in the archive, what never leaves, and that making it disturbs nobody.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { archiveOf } from '../src/commands/archive.ts'
import { PUBLISHED } from '../src/commands/published-schemas.ts'
import { readRecordedLine } from '../src/commands/recorded-line.ts'
import { HOUR, MINUTE } from '../src/core/policy.ts'
import { decideAgain } from '../src/core/recorded.ts'
import { bundle, inFolder, typed, unpacked } from './evidence.ts'
import { type SimOperator, scenario } from './sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const FILES = [
  'README.txt',
  'attempts.json',
  'hardware.json',
  'history.json',
  'observations.jsonl',
  'peers.json',
  'peers.md',
  'probes.json',
  'summary.md',
  'timeline.txt',
]
/** Ironic's power sync as good as off: then nobody but Anneal notices a dead BMC. */
const NO_SYNC = { file: true, ironic: { powerSyncMs: 1000 * HOUR } }

async function quarantine(op: SimOperator): Promise<void> {
  op.people.bmc('node-1', 'stuck')
  op.people.undeploy('node-1')
  await op.clock.advance(20_000)
  await op.sweepUntil(() => op.node('node-1').row.maintenance, 3 * HOUR, MINUTE)
  await op.sweepFor(10 * MINUTE)
}

const caseId = async (op: SimOperator, name: string): Promise<string> => (await op.store.caseOf(op.key(name)))?.id ?? ''
const parsed = (text: string | undefined) => JSON.parse(text ?? '')

scenario('a quarantined node: one page says which machine, what failed, what was tried, and where to look', NO_SYNC, async (op) => {
  const { row, bmc, port } = op.node('node-1')
  row.extra = { ...row.extra, asset_tag: 'AT-0017', rack_unit: 12 }
  await quarantine(op)
  await op.store.hold(op.key('node-1'), { by: 'kim', why: 'the vendor comes on Monday' })
  const { code, err, files } = await bundle(op, 'node-1')
  assert.deepEqual([code, err, Object.keys(files)], [0, '', FILES])

  const summary = files['summary.md'] ?? ''
  for (const part of [
    'Pretend P-1000',
    '| Serial number | PRT00001 |',
    'asset_tag AT-0017, rack_unit 12',
    bmc.host,
    `${port.switch_info}, ${port.switch_id}, port ${port.port_id}`,
    '**bmc-fault**: does not pass by itself',
    "Likelier place: **bmc**. Ironic's text is of a BMC that answered",
    '## What to look at, and where\n\nLook at the BMC itself first',
    'docs/runbook.md#quarantined',
    'docs/runbook.md#bmc-fault',
    'Only this node: of the 9 other nodes',
    "The former tenant's system may still be running",
    'reset 3 |',
    'It failed again after what was tried',
  ])
    assert.ok(summary.includes(part), `${part} is not in\n${summary}`)
  assert.ok(summary.split('\n').length < 90, 'one page')

  const lines = (files['timeline.txt'] ?? '').split('\n').filter((line) => /^\d/.test(line))
  assert.deepEqual(
    lines.map((line) => line.slice(0, 24)),
    lines.map((line) => line.slice(0, 24)).toSorted(),
  )
  const order = [
    'ironic      unprovision',
    'anneal      opened',
    'anneal      request       reset 1',
    'outcome       reset:accepted',
    'kim         hold',
  ]
  const found = order.map((part) => lines.findIndex((line) => line.includes(part)))
  assert.ok(!found.includes(-1) && found.every((at, i) => i === 0 || at > (found[i - 1] ?? 0)), `${found}\n${lines.join('\n')}`)

  assert.deepEqual(
    parsed(files['attempts.json']).attempts.map(({ act, result }: { act: string; result: string | null }) => [act, result]),
    [
      ['reset', 'failed'],
      ['reset', 'failed'],
      ['reset', 'failed'],
      ['quarantine', null],
    ],
  )
  assert.equal(parsed(files['history.json']).events.length, op.node('node-1').history.length)
  assert.equal(parsed(files['probes.json']).looks[0].bmc.value.kind, 'answers')
  for (const line of (files['observations.jsonl'] ?? '').trimEnd().split('\n')) {
    const read = readRecordedLine(line)
    assert.ok(typeof read !== 'string', String(read))
    assert.deepEqual(decideAgain(read.recorded), { decision: read.recorded.decision, cause: read.recorded.cause })
  }
})

scenario(
  'a case is named by its id, by its node, or by the uuid; of an open and a closed one the open is meant',
  { file: true },
  async (op) => {
    op.people.fail('node-1', BLIP)
    await op.sweepFor(HOUR, 2 * MINUTE)
    const first = await caseId(op, 'node-1')
    const closed = await bundle(op, 'node-1')
    assert.match(closed.files['summary.md'] ?? '', /closed: healed/)
    assert.match(closed.files['summary.md'] ?? '', /The case is closed: healed\./)
    assert.equal(parsed(closed.files['attempts.json']).attempts[0].result, 'proven')

    await op.clock.advance(2 * HOUR)
    op.people.fail('node-1', BLIP)
    await op.sweepFor(20 * MINUTE)
    assert.equal(op.resets('node-1'), 2)
    const second = await caseId(op, 'node-1')
    assert.notEqual(first, second)
    const open = await bundle(op, op.key('node-1').uuid)
    assert.ok(open.files['summary.md']?.includes(`Case ${second} of the cloud sim, open.`))
    assert.match(open.files['summary.md'] ?? '', /In earlier cases it was reset once/)
    assert.equal(parsed(open.files['attempts.json']).earlier[0].case, first)
    // What came after a case has ended is no part of it.
    assert.deepEqual((await bundle(op, first)).archive, closed.archive)
  },
)

scenario('nodes of one switch that failed together are counted, others are told apart', { file: true, nodes: 40 }, async (op) => {
  const mates = ['node-1', 'node-2', 'node-3']
  op.people.fail('node-30', BLIP)
  await op.sweepFor(30 * MINUTE)
  for (const name of mates) op.people.fail(name, BLIP)
  await op.sweepFor(10 * MINUTE)
  const shared = mates.filter((name) => op.node(name).port.switch_info === op.node('node-1').port.switch_info)
  assert.equal(shared.length, 3)
  const { files } = await bundle(op, 'node-1')
  const peers = parsed(files['peers.json'])
  const group = (kind: string) => peers.groups.find((one: { kind: string }) => one.kind === kind)
  assert.deepEqual(
    [group('switch').failedInWindow, group('switch').nodes, group('cloud').failedInWindow, group('cloud').nodes],
    [2, null, 3, 39],
  )
  assert.match(files['peers.md'] ?? '', /Not only this node: 3 of the 39 .*: 2 on the same switch/)
  assert.match(files['peers.md'] ?? '', /where a node hangs is on record only once it has failed/)
  assert.match(
    (await bundle(op, 'node-30')).files['summary.md'] ?? '',
    /3 of the 39 other nodes .* none of them known to share its switch, BMC network or rack; 3 had the same conductor/,
  )
})

scenario('a neighbour that failed at the time and again long after is one that failed at the time', NO_SYNC, async (op) => {
  for (const name of ['node-1', 'node-2']) {
    op.people.bmc(name, 'stuck')
    op.people.undeploy(name)
  }
  await op.sweepFor(100 * MINUTE, MINUTE)
  const [own, other] = [await op.store.caseOf(op.key('node-1')), await op.store.caseOf(op.key('node-2'))]
  assert.ok((other?.memory.failure?.at ?? 0) - (own?.openedAt ?? 0) > HOUR)
  const peers = parsed((await bundle(op, 'node-1')).files['peers.json'])
  assert.deepEqual(
    peers.failures.map(({ name, shares }: { name: string; shares: string[] }) => [name, shares]),
    [['node-2', ['switch', 'BMC network', 'conductor']]],
  )
  assert.ok(Date.parse(peers.failures[0].at) - (own?.openedAt ?? 0) < MINUTE)
})

scenario('an Ironic without history, without inventory, or out of reach: the bundle is made and says so', { file: true }, async (op) => {
  op.node('node-1').inventory = null
  for (const user of op.cloud.state.users) user.redacts.push('history')
  op.people.fail('node-1', BLIP)
  await op.sweepFor(MINUTE)
  const withheld = await bundle(op, 'node-1')
  assert.equal(withheld.code, 0)
  assert.match(withheld.files['summary.md'] ?? '', /history of the node could not be read: redacted/)
  assert.match(withheld.files['README.txt'] ?? '', /Ironic's history at 1 of 1 looks: redacted/)
  assert.match(withheld.files['summary.md'] ?? '', /not known: Ironic keeps no inventory of this node: it was never inspected/)

  const alone = await bundle(op, 'node-1', { cloud: false })
  assert.deepEqual([alone.code, alone.err], [0, ''])
  assert.match(alone.files['hardware.json'] ?? '', /not asked, because no way into the cloud is configured/)

  op.cloud.faults.set('ironic', { kind: '503' })
  const down = await bundle(op, 'node-1')
  assert.equal(down.code, 1)
  assert.match(down.files['README.txt'] ?? '', /The inventory: Ironic was asked: /)
  assert.deepEqual(Object.keys(down.files), FILES)

  const offline = await bundle(op, 'node-1', { args: ['--offline'] })
  assert.equal(offline.code, 0)
  assert.match(offline.files['README.txt'] ?? '', /not asked, because --offline was said/)
})

scenario('a node that is no longer enrolled, and whose observations were pruned, still has its case told', { file: true }, async (op) => {
  op.people.fail('node-1', BLIP)
  await op.sweepFor(10 * MINUTE)
  const id = await caseId(op, 'node-1')
  op.people.remove('node-1')
  const database = new DatabaseSync(op.path)
  database.exec('delete from observations')
  database.close()
  const { code, files } = await bundle(op, id)
  assert.equal(code, 0)
  for (const part of [/Ironic does not know this node any more/, /kept for 90 days, and none of this case is left/])
    assert.match(files['README.txt'] ?? '', part)
  assert.match(files['summary.md'] ?? '', /reset 1 \|/)
  assert.equal(files['observations.jsonl'], '')
})

scenario(
  'a history that is switched off is not taken for one that says nothing happened',
  { file: true, ironic: { history: false } },
  async (op) => {
    op.people.fail('node-1', BLIP)
    await op.sweep()
    const { files } = await bundle(op, 'node-1')
    assert.match(files['summary.md'] ?? '', /history of the node is empty: it may be switched off/)
    assert.deepEqual(parsed(files['history.json']), { events: [], unread: [] })
    assert.match(files['summary.md'] ?? '', /last_error says: "Failed to tear down/)
  },
)

scenario('secrets that stand everywhere leave with nobody', { file: true }, async (op) => {
  const { row, port } = op.node('node-1')
  Object.assign(row.driver_info, { vendor_key: 'SECRET-in-driver-info', ipmi_username: 'SECRET-user', ipmi_password: 'SECRET-password' })
  row.instance_info = { configdrive: 'SECRET-in-instance-info' }
  row.properties = { ...row.properties, vendor: 'ACME', root_password: 'SECRET-in-properties' }
  op.people.setExtra('node-1', 'vault', { key: 'SECRET-in-extra', deeper: ['SECRET-deeper'] })
  op.people.setExtra('node-1', 'location', 'https://SECRET-user:SECRET-pass@dcim.example.org/racks/7')
  op.people.setExtra('node-1', 'asset_tag', { password: 'SECRET-in-a-dictionary' })
  op.node('node-1').inventory = {
    inventory: { system_vendor: { serial_number: 'S-1', note: 'SECRET-note' }, hostname: 'SECRET-host', bmc_user: 'SECRET-bmc' },
    plugin_data: { configuration: 'SECRET-in-plugin-data' },
  }
  Object.assign(port, { switch_info: 'leaf-1 password=SECRET-on-switch' })
  op.people.fail(
    'node-1',
    `${BLIP} ipmitool -I lanplus -H 10.0.0.1 -U SECRET-cli -P SECRET-cli -f /tmp/x; https://SECRET-u:SECRET-p@10.0.0.1/redfish; ` +
      "driver_info {'ipmi_username': 'SECRET-user', 'ipmi_password': 'SECRET-password'}; X-Auth-Token: gAAAAABSECRETxxxxxxxxxxxxxxxxxxxxxxxx",
  )
  await op.sweepFor(10 * MINUTE)
  await op.store.hold(op.key('node-1'), { by: 'kim', why: 'console at https://kim:SECRET-kim@console.example.org' })
  op.people.setExtra('node-1', 'anneal_hold', 'ask for the password: SECRET-held')
  await op.sweepFor(MINUTE)
  const { files, archive } = await bundle(op, 'node-1')
  const { password } = op.cloud.credentials('admin')
  const secrets = [password, ...op.cloud.state.tokens.keys()]
  for (const [name, text] of Object.entries(files)) {
    assert.doesNotMatch(text, /SECRET-/, name)
    for (const secret of secrets) assert.ok(!text.includes(secret), name)
  }
  assert.doesNotMatch(archive.toString('latin1'), /SECRET/)
  const hardware = parsed(files['hardware.json'])
  assert.equal(hardware.inventory.value.system_vendor.serial_number, 'S-1')
  assert.deepEqual(hardware.identity.value, { properties: { vendor: 'ACME' }, extra: { location: 'https://dcim.example.org/racks/7' } })
  assert.match(files['timeline.txt'] ?? '', /kim {9}hold {10}Held: console at https:\/\/console\.example\.org/)
})

scenario('texts that are a megabyte long or full of orders to a terminal are told in lines', { file: true }, async (op) => {
  const orders = '\u001b[2J\u0007\u009b31m\u202e\r\n<script>alert(1)</script> [here](https://evil.example.org) | x'
  op.people.fail('node-1', `${BLIP} ${orders}`)
  const { history } = op.node('node-1')
  history.push({
    uuid: 'long',
    created_at: '2026-03-01T03:00:00+00:00',
    severity: 'ERROR',
    event_type: 'deploy',
    event: `${'many words '.repeat(100_000)}END`,
    conductor: 'conductor-1',
    user: null,
  })
  await op.sweepFor(2 * MINUTE)
  const { code, files } = await bundle(op, 'node-1')
  assert.equal(code, 0)
  for (const [name, text] of Object.entries(files)) assert.doesNotMatch(text, /[^\P{Cc}\n]|\u202e/u, name)
  for (const name of ['summary.md', 'timeline.txt', 'peers.md', 'README.txt'])
    for (const line of (files[name] ?? '').split('\n')) assert.ok(line.length < 1_200, name)
  assert.doesNotMatch(files['summary.md'] ?? '', /(^|[^\\])<script>|[^\\]\]\(https/)
  // Whole, for whoever wants all of it.
  const events: { event: string }[] = parsed(files['history.json']).events
  assert.ok(events.some(({ event }) => event.length > 1_000_000 && event.endsWith('END')))
  assert.ok(events.some(({ event }) => event.includes(orders)))
})

scenario('the same records make the same bytes, nothing of the database changes, and nothing is sent but reads', NO_SYNC, async (op) => {
  await quarantine(op)
  const folder = dirname(op.path)
  const contents = () => readdirSync(folder).map((file) => [file, readFileSync(join(folder, file)).toString('base64')])
  const before = contents().filter(([file]) => !file?.endsWith('-shm'))
  const sent = op.cloud.ledger.changes().length
  const one = await bundle(op, 'node-1')
  await op.clock.advance(HOUR)
  const two = await bundle(op, await caseId(op, 'node-1'))
  assert.deepEqual(two.archive, one.archive)
  assert.deepEqual(
    contents().filter(([file]) => !file?.endsWith('-shm')),
    before,
  )
  assert.equal(op.cloud.ledger.changes().length, sent)
})

scenario('a daemon that holds the write lock is not waited for, and does not wait', NO_SYNC, async (op) => {
  op.people.fail('node-1', BLIP)
  await op.sweep()
  const other = new DatabaseSync(op.path)
  other.exec("begin immediate; update clouds set doubtful = 'half done'")
  const { code, files } = await bundle(op, 'node-1')
  other.exec('rollback')
  other.close()
  assert.deepEqual([code, Object.keys(files).length], [0, FILES.length])
})

scenario('a copy of the database that lies alone is read as it lies, and nothing is left beside it', NO_SYNC, async (op) => {
  op.people.fail('node-1', BLIP)
  await op.sweep()
  await inFolder(async (cwd) => {
    const path = join(cwd, 'copy.db')
    const original = new DatabaseSync(op.path)
    original.exec(`vacuum into '${path}'`)
    original.close()
    const { code } = await typed(op, ['node-1', '--out', '-'], { cwd, path, cloud: false })
    assert.deepEqual([code, readdirSync(cwd)], [0, ['copy.db']])
  })
})

scenario('a database of an older version is not migrated by looking', NO_SYNC, async (op) => {
  op.people.fail('node-1', BLIP)
  await op.sweep()
  await inFolder(async (cwd) => {
    const path = join(cwd, 'old.db')
    const old = new DatabaseSync(path)
    old.exec('create table schema_version (version integer primary key, at integer not null); insert into schema_version values (1, 0)')
    old.close()
    const before = readFileSync(path)
    const { code, err } = await typed(op, ['node-1'], { cwd, path })
    assert.deepEqual([code, err.split('\n').length, readFileSync(path)], [78, 2, before])
    assert.match(err, /older anneal \(schema 1\).*anneal nodes/)
  })
})

scenario('what cannot be meant or written ends with one line that says what to do', { file: true }, async (op) => {
  op.people.fail('node-1', BLIP)
  await op.sweep()
  const id = await caseId(op, 'node-1')
  const near = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`
  await inFolder(async (cwd, read) => {
    const refuses = async (args: string[], code: number, words: RegExp, more: { isTTY?: boolean; path?: string } = {}) => {
      const said = await typed(op, args, { cwd, ...more })
      assert.deepEqual([said.code, said.out, said.err.trimEnd().split('\n').length], [code, '', 1], said.err)
      assert.match(said.err, words)
    }
    await refuses([near], 64, new RegExp(`${near}: There is no case of this id\\. Did you mean ${id}\\?`))
    await refuses(['c-zzzzzzzz'], 64, /no case of this id\. (See `anneal cases`|Did you mean)/)
    await refuses(['node-l'], 64, /No known node.*Did you mean node-1/)
    await refuses(['node-2'], 64, /This node never had a case/)
    await refuses([], 64, /missing required argument 'case'/i)
    await refuses([id, '--out', 'no/such/folder.tar.gz'], 64, /cannot be written \(ENOENT\).*--out/)
    await refuses([id, '--out', '/dev/full'], 64, /It is there already/)
    await refuses([id, '--out', '/dev/full', '--force'], 1, /could not be written to its end \(ENOSPC\)/)
    await refuses([id, '--out', '-'], 64, /nothing for a terminal/, { isTTY: true })
    await refuses([id], 64, /There is no database yet.*anneal sweep/, { path: join(cwd, 'none.db') })

    const written = await typed(op, ['node-1', '-o', 'json'], { cwd })
    const report = parsed(written.out)
    assert.deepEqual(PUBLISHED.evidence.schema.strict().parse(report), report)
    assert.deepEqual([written.code, report.file, report.files], [0, `anneal-evidence-${id}.tar.gz`, FILES])
    assert.equal(statSync(join(cwd, report.file)).mode & 0o777, 0o600)
    assert.deepEqual(Object.keys(await unpacked(read(report.file))), FILES)

    writeFileSync(join(cwd, 'mine.tar.gz'), 'somebody may need it')
    await refuses(['node-1', '--out', 'mine.tar.gz'], 64, /mine\.tar\.gz: It is there already.*--force/)
    assert.equal(read('mine.tar.gz').toString(), 'somebody may need it')
    const forced = await typed(op, ['node-1', '--out', 'mine.tar.gz', '--force'], { cwd })
    assert.equal(forced.code, 0)
    assert.match(forced.out, /^mine\.tar\.gz: 10 files about node-1, case c-\w{8}, as of .*Begin with summary\.md\.\n$/)
    assert.deepEqual(read('mine.tar.gz'), read(report.file))
  })
})

test('the archive is one that tar itself unpacks, with names sorted, one time and one mode', async () => {
  const texts = [
    { name: 'b.txt', text: 'ü' },
    { name: 'a.txt', text: '' },
  ]
  const archive = await archiveOf(texts, { folder: 'x', at: Date.parse('2026-03-01T03:00:00.750Z') })
  assert.deepEqual(await archiveOf(texts.toReversed(), { folder: 'x', at: Date.parse('2026-03-01T03:00:00.250Z') }), archive)
  assert.equal(archive[9], 255, 'gzip says nothing of the system it was made on')
  await inFolder(async (cwd, read) => {
    writeFileSync(join(cwd, 'a.tar.gz'), archive)
    const listed = spawnSync('tar', ['-tvzf', 'a.tar.gz', '--numeric-owner', '--utc'], { cwd, encoding: 'utf8' })
    if (listed.error !== undefined) return
    assert.equal(listed.status, 0, listed.stderr)
    assert.deepEqual(
      listed.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/ +/g, ' ')),
      ['-rw-r--r-- 0/0 0 2026-03-01 03:00 x/a.txt', '-rw-r--r-- 0/0 2 2026-03-01 03:00 x/b.txt'],
    )
    spawnSync('tar', ['-xzf', 'a.tar.gz'], { cwd })
    assert.equal(read('x/b.txt').toString(), 'ü')
  })
})
