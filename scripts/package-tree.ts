/**
 * The Debian package: which file of the checkout goes where, and what dpkg is told of it. Times, owners and rights come from here alone, so
 * that the same commit gives the same package. What the package does when it is installed stands in packaging/debian.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

export type Release = {
  root: string
  version: string
  /** As Debian calls it. */
  architecture: 'amd64' | 'arm64'
  /** The folder of the platform package that holds the Node to be shipped. */
  nodeFolder: string
  /** Seconds: the time that everything in it has. */
  epoch: number
  maintainer: string
}

const DOC = 'usr/share/doc/anneal'
/** What the pinned Node is linked against: `objdump -T` names no newer symbols than of these. */
const DEPENDS = 'adduser, libc6 (>= 2.28), libgcc-s1 (>= 3.0), libstdc++6 (>= 5.2)'
const DESCRIPTION = `self-healing operator for OpenStack Ironic
 Anneal watches the bare-metal nodes of OpenStack Ironic clouds. It opens a case
 for every node that failed, finds out why, resets what is safe to reset, proves
 that users can launch on the node again, puts into maintenance what a person
 must look at, and can always say what it did, what it did not do, and why.
 .
 This package brings its own Node.js, a daemon for systemd (not started before
 it is configured), and a timer for sites that want single passes.`

/** Puts together and packs. Returns the path of the .deb. @param folder for the package; its subfolder `tree` is made anew */
export function buildDeb(release: Release, folder: string): string {
  const tree = join(folder, 'tree')
  fill(tree, release)
  const files = pathsBelow(tree)
  mkdirSync(join(tree, 'DEBIAN'))
  for (const script of ['postinst', 'prerm', 'postrm'])
    put(tree, `DEBIAN/${script}`, readFileSync(join(release.root, 'packaging/debian', script)), 0o755)
  put(tree, 'DEBIAN/conffiles', '/etc/anneal/anneal.yaml\n')
  put(tree, 'DEBIAN/md5sums', files.map((path) => `${md5(join(tree, path))}  ${path}\n`).join(''))
  put(tree, 'DEBIAN/control', control(release, installedSize(tree, files)))
  settle(tree, release.epoch)
  const deb = join(folder, `anneal_${debianVersion(release)}_${release.architecture}.deb`)
  // One thread, because xz packs otherwise for another number of them. Level 1: a fifth larger than level 6 and five times as quick.
  const how = ['--root-owner-group', '-Zxz', '-z1', '--threads-max=1', '--build']
  execFileSync('dpkg-deb', [...how, tree, deb], { env: { ...process.env, SOURCE_DATE_EPOCH: `${release.epoch}` } })
  return deb
}

const debianVersion = ({ version }: Release): string => `${version}-1`

function fill(tree: string, release: Release): void {
  const { root, nodeFolder } = release
  const from = (path: string) => readFileSync(join(root, path))
  const debian = (name: string) => from(`packaging/debian/${name}`)
  put(tree, 'usr/bin/anneal', debian('anneal'), 0o755)
  put(tree, 'usr/lib/anneal/node', readFileSync(join(nodeFolder, 'bin/node')), 0o755)
  put(tree, 'usr/lib/anneal/package.json', `${JSON.stringify({ name: 'anneal', version: release.version, type: 'module' })}\n`)
  for (const name of ['anneal.mjs', 'bundle.mjs']) put(tree, `usr/lib/anneal/dist/${name}`, from(`dist/${name}`))
  copy(join(root, 'dist/dashboard'), join(tree, 'usr/lib/anneal/dist/dashboard'), (path) => !path.endsWith('licences.md'))
  put(tree, 'etc/anneal/anneal.yaml', debian('anneal.yaml'))
  for (const unit of ['anneal.service', 'anneal-sweep.service', 'anneal-sweep.timer']) put(tree, `lib/systemd/system/${unit}`, debian(unit))
  put(tree, 'usr/share/man/man1/anneal.1.gz', packed(from('man/anneal.1')))
  for (const [shell, path] of Object.entries(COMPLETIONS)) put(tree, path, completion(root, shell))
  put(tree, 'usr/share/lintian/overrides/anneal', debian('lintian-overrides'))
  put(tree, `${DOC}/copyright`, debian('copyright'))
  put(tree, `${DOC}/licences-of-the-daemon.md.gz`, packed(from('dist/licences.md')))
  put(tree, `${DOC}/licences-of-the-dashboard.md.gz`, packed(from('dist/dashboard/licences.md')))
  put(tree, `${DOC}/licences-of-node.gz`, packed(readFileSync(join(nodeFolder, 'LICENSE'))))
  put(tree, `${DOC}/changelog.gz`, packed(from('CHANGELOG.md')))
  put(tree, `${DOC}/changelog.Debian.gz`, packed(Buffer.from(debianChangelog(release))))
  copy(join(root, 'docs'), join(tree, `${DOC}/docs`), (path) => !/\/screenshots(\/|$)|\.test\.yml$/.test(path))
}

const COMPLETIONS = {
  bash: 'usr/share/bash-completion/completions/anneal',
  zsh: 'usr/share/zsh/vendor-completions/_anneal',
  fish: 'usr/share/fish/vendor_completions.d/anneal.fish',
}

const completion = (root: string, shell: string): Buffer =>
  execFileSync(process.execPath, [join(root, 'dist/anneal.mjs'), 'completion', shell])

function put(tree: string, path: string, content: string | Buffer, mode = 0o644): void {
  const target = join(tree, path)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, content)
  chmodSync(target, mode)
}

function copy(from: string, to: string, wanted: (path: string) => boolean): void {
  cpSync(from, to, { recursive: true, filter: wanted })
}

/** Without name and time in its header, which zlib leaves out. */
const packed = (content: Buffer): Buffer => gzipSync(content, { level: 9 })

const md5 = (path: string): string => createHash('md5').update(readFileSync(path)).digest('hex')

function pathsBelow(tree: string): string[] {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(tree.length + 1))
    .toSorted()
}

/** In KiB, each file rounded up, as Debian's own tools count. */
const installedSize = (tree: string, files: readonly string[]): number =>
  files.reduce((sum, path) => sum + Math.ceil(statSync(join(tree, path)).size / 1024), 0)

/** Rights and times that do not depend on who builds where. */
function settle(tree: string, epoch: number): void {
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) chmodSync(path, 0o755)
    else if (!(statSync(path).mode & 0o100)) chmodSync(path, 0o644)
    utimesSync(path, epoch, epoch)
  }
  chmodSync(tree, 0o755)
  utimesSync(tree, epoch, epoch)
}

const control = (release: Release, size: number): string => `Package: anneal
Version: ${debianVersion(release)}
Architecture: ${release.architecture}
Maintainer: ${release.maintainer}
Installed-Size: ${size}
Depends: ${DEPENDS}
Suggests: python3-openstackclient, prometheus
Section: admin
Priority: optional
Description: ${DESCRIPTION}
`

function debianChangelog(release: Release): string {
  const at = new Date(release.epoch * 1000).toUTCString().replace('GMT', '+0000')
  return `anneal (${debianVersion(release)}) unstable; urgency=medium

  * Version ${release.version}; what changed stands in changelog.gz.

 -- ${release.maintainer}  ${at}
`
}
