/**
 * Completes package-lock.json after an `npm install` from a registry that does not have every platform's packages: npm leaves
 * those out of the lock file without a word, and `npm ci` then refuses it everywhere. What is added is what npm itself would
 * have written, but for the checksums, which only the missing packages could tell; a lock file that is complete stays as it is.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

// Records keep the order of keys, in which npm's own next write would otherwise change every line.
const anything = z.record(z.string(), z.unknown())
const entry = z.object({ optionalDependencies: z.record(z.string(), z.string()).default({}), dev: z.boolean().default(false) })

const OPERATING_SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64']

/** What a package of binaries says in its name about where it runs; a package that says nothing of it is none. */
function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } | null {
  const parts = (name.split('/').at(-1) ?? '').split('-')
  const os = OPERATING_SYSTEMS.find((known) => parts.includes(known))
  const cpu = PROCESSORS.find((known) => parts.includes(known))
  if (os === undefined || cpu === undefined) return null
  const libc = parts.find((part) => /^(musl|gnu)/.test(part))
  return { os: [os], cpu: [cpu], ...(os === 'linux' && libc ? { libc: [libc.startsWith('musl') ? 'musl' : 'glibc'] } : {}) }
}

const target = new URL('../package-lock.json', import.meta.url)
const lock = anything.parse(JSON.parse(readFileSync(target, 'utf8')))
const packages = anything.parse(lock['packages'])
const added: string[] = []
for (const [path, written] of Object.entries(packages)) {
  const { optionalDependencies, dev } = entry.parse(written)
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const platform = platformOf(name)
    if (platform === null || `node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages) continue
    packages[`node_modules/${name}`] = { version, ...(dev ? { dev } : {}), optional: true, ...platform }
    added.push(name)
  }
}
if (added.length > 0) {
  const sorted = Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(target, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
}
process.stdout.write(`${added.length} packages of other platforms added${added.map((name) => `\n  ${name}`).join('')}\n`)
