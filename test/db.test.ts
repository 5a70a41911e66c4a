/** `anneal db` as a person uses it, from one SQLite file to another; over PostgreSQL it is tried in test/postgres. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import type { Out } from '../src/cli/io.ts'
import { runProgram } from '../src/cli/program.ts'
import { newSecret, realSeams } from '../src/seams.ts'
import { takeRunLock } from '../src/store/run-lock.ts'
import { openStore } from '../src/store/store.ts'
import { BEGIN, CLOUD, handClock, keyOf, newId, pass, resetOf, seeded, wait } from './store/given.ts'

const folder = mkdtempSync(join(tmpdir(), 'anneal-db-'))
after(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

async function anneal(database: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' }
  const to = (name: 'out' | 'err'): Out => ({ write: (text) => (texts[name] += text), isTTY: false, columns: () => null })
  const code = await runProgram(args, {
    out: to('out'),
    err: to('err'),
    input: { isTTY: false, lines: () => Readable.from([]), keys: () => () => {} },
    env: { ANNEAL_DATABASE: database, HOME: folder },
    cwd: folder,
    user: 'pat',
    version: '1.2.3',
    dashboard: folder,
    seams: realSeams(),
    newSecret,
    readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null),
    onStop: () => () => {},
  })
  return { code, ...texts }
}

/** Fewer lines, or a line that somebody wrote into, under a name of its own. */
function written(name: string, change: (lines: string[]) => string[]): string {
  writeFileSync(at(name), change(readFileSync(at('site.jsonl'), 'utf8').split('\n')).join('\n'))
  return name
}

describe('anneal db', () => {
  before(async () => {
    const store = await openStore({ path: at('a.db'), clock: handClock(), newId, random: seeded(1) })
    await resetOf(store, 1)
    await pass(store, 2, wait(BEGIN + 1))
    // Readers of lines take the middle one for two lines.
    await store.hold(keyOf(2), { by: 'pat', why: 'disks\u2028and "fans"' })
    await store.close()
    const { code, out } = await anneal(at('a.db'), 'db', 'export', 'site.jsonl')
    assert.match(out, /rows of .*a\.db are in .*site\.jsonl\. Let nothing work on that database any more/)
    assert.equal(code, 0)
  })

  test('writes a file for its user alone, and none over another', async () => {
    assert.equal(statSync(at('site.jsonl')).mode & 0o777, 0o600)
    const { code, err } = await anneal(at('a.db'), 'db', 'export', 'site.jsonl')
    assert.deepEqual([code, /There is such a file already/.test(err)], [64, true])
  })

  test('takes a site over into an empty database, where it is as it was', async () => {
    const { code, out } = await anneal(at('b.db'), 'db', 'import', 'site.jsonl', '-o', 'json')
    assert.equal(code, 0)
    const { attempts, cases, words, audit } = JSON.parse(out).rows
    assert.deepEqual([attempts, cases, words, audit > 0], [1, 2, 1, true])
    const store = await openStore({ path: at('b.db'), clock: handClock(), newId, random: seeded(2) })
    assert.equal((await store.attempts(keyOf(1)))[0]?.outcome, null)
    assert.deepEqual(
      (await store.holds(CLOUD)).map(({ why }) => why),
      ['disks\u2028and "fans"'],
    )
    await store.close()
  })

  test('puts no two sites together', async () => {
    const { code, err } = await anneal(at('a.db'), 'db', 'import', 'site.jsonl')
    assert.deepEqual([code, /not empty/.test(err)], [78, true])
  })

  const broken: [string, (lines: string[]) => string[], RegExp][] = [
    ['that was cut short', (lines) => lines.slice(0, -3), /not whole: its end is missing/],
    ['that lacks a row', (lines) => lines.toSpliced(3, 1), /not whole: it has other rows/],
    ['that somebody wrote into', (lines) => lines.map((line) => line.replace('fans', 'cats')), /changed since it was written/],
    ['with a line of something else', (lines) => lines.toSpliced(3, 1, '["clouds", 7]'), /one of its lines is no row/],
    ['of another version', ([head = '', ...lines]) => [head.replace('"schema":', '"schema":9'), ...lines], /has schema/],
    ['of somebody else', () => ['hello'], /not what `anneal db export` writes/],
    ['with nothing in it', () => [], /not what `anneal db export` writes/],
  ]
  for (const [what, change, says] of broken)
    test(`refuses a file ${what}, before anything is made`, async () => {
      const { code, err } = await anneal(at('c.db'), 'db', 'import', written('broken.jsonl', change))
      assert.match(err, says)
      assert.deepEqual([code, existsSync(at('c.db'))], [64, false])
    })

  test('names a file that is not there, and a database that is not', async () => {
    assert.match((await anneal(at('c.db'), 'db', 'import', 'no-such')).err, /cannot be read \(ENOENT\)/)
    assert.match((await anneal(at('no.db'), 'db', 'export', 'x.jsonl')).err, /There is no database yet/)
    assert.match((await anneal(at('a.db'), 'db', 'export')).err, /No file is named/)
    assert.equal(existsSync(at('no.db')), false)
  })

  test('moves nothing that a daemon works on', async () => {
    const lock = takeRunLock(at('a.db'))
    const { code, err } = await anneal(at('a.db'), 'db', 'export', 'y.jsonl')
    lock.release()
    assert.match(err, /A daemon works on it \(process \d+\)/)
    assert.deepEqual([code, existsSync(at('y.jsonl'))], [1, false])
  })

  test('brings a database up to date', async () => {
    const { code, out } = await anneal(at('new.db'), 'db', 'migrate')
    assert.deepEqual([code, /new\.db is of this version \(schema \d+\)/.test(out)], [0, true])
  })

  test('says of a PostgreSQL that does not answer where it is, and not the password', async () => {
    const { code, err } = await anneal('postgres://op:hunter2@127.0.0.1:1/anneal', 'db', 'migrate')
    assert.match(err, /^anneal: database: The database postgres:\/\/op@127\.0\.0\.1:1\/anneal does not answer\. [^\n]*\n$/)
    assert.equal(code, 1)
    assert.doesNotMatch(err, /hunter2/)
  })
})
