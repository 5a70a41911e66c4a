/**
 * `npm run package`: builds everything that is released, into dist/package: the package for Debian and the one for npm, the list of their
 * parts, and checksums. The same commit gives the same bytes, wherever and whenever it is built with the same dpkg. For this machine's
 * architecture; it publishes nothing.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { packagesNamed } from './licences.ts'
import { sbomText } from './package-sbom.ts'
import { buildDeb, type Release } from './package-tree.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, 'dist/package')

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const manifestOf = (path: string) => z.object({ name: z.string(), version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8')))

/** Of the commit; SOURCE_DATE_EPOCH where there is no repository, as reproducible-builds.org defines it. */
function sourceDate(): number {
  const given = process.env['SOURCE_DATE_EPOCH'] ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' })
  return z.coerce.number().int().positive().parse(given.trim())
}

const ARCHITECTURES: Record<string, Release['architecture']> = { x64: 'amd64', arm64: 'arm64' }

/** npm installs the platform package that fits this machine. */
function pinnedNode(): { folder: string; part: string; architecture: Release['architecture'] } {
  const architecture = ARCHITECTURES[process.arch]
  if (process.platform !== 'linux' || architecture === undefined)
    throw new Error(`no Debian package is built on ${process.platform} ${process.arch}: use Linux on x64 or arm64`)
  const manifest = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`)
  const { name, version } = manifestOf(manifest)
  return { folder: dirname(manifest), part: `${name}@${version}`, architecture }
}

/** Packs a copy with fixed rights, because npm writes those of the checkout into the archive. */
function packForNpm(): string {
  const npm = (...args: string[]) => execFileSync('npm', ['pack', '--json', '--ignore-scripts', ...args], { cwd: root, encoding: 'utf8' })
  const listed = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }))
  const [{ files = [] } = {}] = listed.parse(JSON.parse(npm('--dry-run')))
  const stage = join(out, 'npm')
  for (const { path } of files) {
    mkdirSync(dirname(join(stage, path)), { recursive: true })
    cpSync(join(root, path), join(stage, path))
    chmodSync(join(stage, path), path === 'bin/anneal' ? 0o755 : 0o644)
  }
  const [{ filename = '' } = {}] = listed.parse(JSON.parse(npm('--pack-destination', out, stage)))
  rmSync(stage, { recursive: true })
  return join(out, filename)
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

process.umask(0o022)
execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
rmSync(out, { recursive: true, force: true })
mkdirSync(out)
const { version } = manifestOf(join(root, 'package.json'))
const epoch = sourceDate()
const node = pinnedNode()
// Debian's own variables for who packs; the project has no address of its own.
const maintainer = `${process.env['DEBFULLNAME'] ?? 'Anneal'} <${process.env['DEBEMAIL'] ?? 'anneal@localhost'}>`

say('the package for npm')
packForNpm()
say('the list of parts')
const bundled = ['dist/licences.md', 'dist/dashboard/licences.md'].flatMap((path) => packagesNamed(readFileSync(join(root, path), 'utf8')))
writeFileSync(join(out, `anneal-${version}.cdx.json`), sbomText({ root, packages: [...new Set([...bundled, node.part])], epoch }))
say('the package for Debian')
const deb = buildDeb({ root, version, architecture: node.architecture, nodeFolder: node.folder, epoch, maintainer }, join(out))
rmSync(join(out, 'tree'), { recursive: true })

const released = readdirSync(out).toSorted()
writeFileSync(join(out, 'SHA256SUMS.new'), released.map((name) => `${sha256(join(out, name))}  ${name}\n`).join(''))
renameSync(join(out, 'SHA256SUMS.new'), join(out, 'SHA256SUMS'))
for (const name of released) say(`${(statSync(join(out, name)).size / 1e6).toFixed(1).padStart(6)} MB  dist/package/${name}`)
say(`for ${deb.includes('amd64') ? 'x86-64' : 'arm64'}, of commit time ${new Date(epoch * 1000).toISOString()}`)
