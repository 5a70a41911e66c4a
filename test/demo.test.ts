import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

type Ended = { code: number | null; out: string; err: string }

/** The demo as a child process without a terminal. `TMPDIR` shows what it leaves behind. */
function anneal(args: string[], o: { folder: string; until?: (out: string) => boolean }): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: o.folder } })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    // Once: a second signal means "at once".
    if (!child.killed && o.until?.(out) === true) child.kill('SIGINT')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-test-'))
  try {
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The nodes in a row of the summary. */
const listed = (out: string, label: string): string[] => new RegExp(`^  ${label} +\\d+  \\((.*)\\)$`, 'm').exec(out)?.[1]?.split(', ') ?? []

/** The node that a story's first line is about. */
const nodeOf = (out: string, title: string): string =>
  new RegExp(`^\\d/\\d ${title}\\n\\S+ +(\\S+)`, 'm').exec(out)?.[1] ?? `no story ${title}`

const actsOn = (out: string, node: string): string[] =>
  out.split('\n').filter((line) => line.slice(10).startsWith(node) && / {2}act {2,}/.test(line))

test(
  'the demo heals what can be healed, quarantines one node, touches nothing that it must not, and leaves nothing behind',
  { timeout: 60_000 },
  () =>
    inFolder(async (folder) => {
      const { code, out, err } = await anneal(['demo', '--nodes', '16', '--speed', '0', '--seed', '5'], { folder })
      assert.deepEqual({ code, err }, { code: 0, err: '' })
      assert.deepEqual(listed(out, 'quarantined'), [nodeOf(out, 'A dead BMC')])
      assert.deepEqual(
        listed(out, 'left alone'),
        [nodeOf(out, 'A live tenant behind an error'), nodeOf(out, "A person's maintenance")].sort(),
      )
      const healed = listed(out, 'healed')
      assert.equal(healed.length, 7)
      assert.ok(healed.includes(nodeOf(out, 'A BMC blip')))
      assert.ok(healed.includes(nodeOf(out, 'A stranded cleaning')))
      for (const node of listed(out, 'left alone')) assert.deepEqual(actsOn(out, node), [])
      // One incident for the six nodes of the outage, and none that the separate stories share.
      assert.deepEqual(out.match(/opened: several nodes failed together \(.*\)/g), [
        'opened: several nodes failed together (service neutron)',
      ])
      assert.match(out, /resets spent +6, /)
      assert.match(out, /promises +kept: /)
      assert.ok(!out.includes('still in hand') && !out.includes('\u001b'))
      assert.deepEqual(readdirSync(folder), [])
    }),
)

test('the demo ends cleanly when it is interrupted', { timeout: 30_000 }, () =>
  inFolder(async (folder) => {
    const { code, out } = await anneal(['demo', '--speed', '200'], { folder, until: (text) => text.includes('1/6') })
    assert.equal(code, 0)
    assert.match(out, /Stopped before the stories were over\./)
    assert.deepEqual(readdirSync(folder), [])
  }),
)

test('a number of nodes that is too small, or a port that is taken, is said in one line', { timeout: 30_000 }, () =>
  inFolder(async (folder) => {
    const few = await anneal(['demo', '--nodes', '3'], { folder })
    assert.deepEqual([few.code, few.err], [64, 'anneal: usage: --nodes is 3. Choose from 16 to 500.\n'])
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      }),
    )
    const taken = await anneal(['demo', '--port', String(port)], { folder })
    server.close()
    assert.deepEqual([taken.code, taken.err.includes(`Port ${port} cannot be had (EADDRINUSE).`)], [64, true])
    assert.deepEqual(readdirSync(folder), [])
  }),
)
