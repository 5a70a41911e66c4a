/**
 * What `npm run package` made (it must have been run): the checksums, the parts, that a second build elsewhere gives the same bytes, that
 * lintian finds nothing, and that the package for npm runs from where it is unpacked. Needs root for the second build, which borrows
 * node_modules under another path.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const root = fileURLToPath(new URL('../..', import.meta.url))
const made = join(root, 'dist/package')
const folder = mkdtempSync(join(tmpdir(), 'anneal-artefacts-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const shown = (command: string, args: readonly string[], cwd = folder): string => execFileSync(command, args, { cwd, encoding: 'utf8' })
const fileOf = (ending: string): string => {
  const found = readdirSync(made).find((name) => name.endsWith(ending))
  assert.ok(found, `there is no dist/package/*${ending}: run npm run package`)
  return join(made, found)
}
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))

test('each file is named after the version, and its checksum is right', () => {
  const sums = readFileSync(fileOf('SHA256SUMS'), 'utf8')
  assert.match(shown('sha256sum', ['--check', '--strict', 'SHA256SUMS'], made), /\.deb: OK/)
  const named = sums
    .trim()
    .split('\n')
    .map((line) => line.split('  ')[1] ?? '')
  assert.deepEqual(
    named,
    readdirSync(made)
      .filter((name) => name !== 'SHA256SUMS')
      .toSorted(),
  )
  for (const name of named) assert.ok(name.includes(version), name)
})

test('the list of parts names what is built in, with Node, and nothing that only builds or tests', () => {
  const part = z.object({ name: z.string(), version: z.string(), purl: z.string(), licenses: z.array(z.unknown()).min(1) })
  const bom = z
    .object({ bomFormat: z.literal('CycloneDX'), components: z.array(part) })
    .parse(JSON.parse(readFileSync(fileOf('.cdx.json'), 'utf8')))
  const names = bom.components.map(({ name }) => name)
  for (const wanted of ['fastify', 'kysely', 'react', '@patternfly/react-core', `node-linux-${process.arch}`])
    assert.ok(names.includes(wanted), wanted)
  for (const unwanted of ['esbuild', 'vite', 'typescript', 'playwright-core', 'knip']) assert.ok(!names.includes(unwanted), unwanted)
})

test('both packages hold the bundle and the dashboard', () => {
  for (const listed of [shown('dpkg-deb', ['--contents', fileOf('.deb')]), shown('tar', ['tzf', fileOf('.tgz')])]) {
    assert.match(listed, /dist\/bundle\.mjs$/m)
    assert.match(listed, /dist\/dashboard\/index\.html$/m)
    assert.match(listed, /dist\/dashboard\/assets\/index-.*\.js$/m)
    assert.doesNotMatch(listed, /node_modules|\.db$|dist\/package/m)
  }
})

test('the package for npm runs where it is unpacked, with no other package beside it', () => {
  shown('tar', ['xzf', fileOf('.tgz')])
  const anneal = (...args: string[]) => shown(process.execPath, [join(folder, 'package/bin/anneal'), ...args])
  assert.equal(anneal('--version').trim(), version)
  assert.match(anneal('diagnose', 'IPMI call failed: power status.'), /bmc-unreachable/)
})

test('lintian finds nothing beyond what is overridden with a reason', () => {
  const { status, stdout, stderr } = spawnSync('lintian', ['--fail-on', 'error,warning', '--allow-root', fileOf('.deb')], {
    encoding: 'utf8',
  })
  assert.equal(`${stdout}${stderr}`.replace(/^running with root.*\n/m, ''), '')
  assert.equal(status, 0)
})

test('built again elsewhere, at another hour, in another zone and under another umask, every file has the same bytes', {
  timeout: 180_000,
}, () => {
  const again = join(folder, 'elsewhere/checkout')
  for (const path of shown('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], root)
    .split('\0')
    .filter((name) => name !== '')) {
    if (!existsSync(join(root, path))) continue
    mkdirSync(dirname(join(again, path)), { recursive: true })
    cpSync(join(root, path), join(again, path))
  }
  mkdirSync(join(again, 'node_modules'))
  const built = spawnSync(
    'unshare',
    // The mount is gone with the command.
    ['--mount', 'sh', '-c', `mount --bind "$1/node_modules" node_modules && umask 077 && npm run --silent package`, 'sh', root],
    {
      cwd: again,
      encoding: 'utf8',
      env: {
        ...process.env,
        TZ: 'Asia/Kathmandu',
        LC_ALL: 'C.UTF-8',
        SOURCE_DATE_EPOCH: shown('git', ['log', '-1', '--format=%ct'], root).trim(),
      },
    },
  )
  assert.equal(built.status, 0, built.stderr)
  assert.equal(readFileSync(join(again, 'dist/package/SHA256SUMS'), 'utf8'), readFileSync(fileOf('SHA256SUMS'), 'utf8'))
})
