import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { takeRunLock } from './run-lock.ts'
import { StoreError } from './store-error.ts'

function inDirectory(body: (path: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-lock-'))
  try {
    body(join(directory, 'anneal.db'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** The number of a process that has ended. */
const endedPid = (): number => Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }))

test('refuses a second daemon with one sentence that names the process, and lets it in after release', () =>
  inDirectory((path) => {
    const lock = takeRunLock(path)
    assert.throws(
      () => takeRunLock(path),
      (error) => error instanceof StoreError && error.fix.includes(String(process.pid)) && !error.message.includes('\n'),
    )
    lock.release()
    assert.equal(existsSync(`${path}.run`), false)
    takeRunLock(path).release()
  }))

test('refuses a second daemon that reaches the database by another link', () =>
  inDirectory((path) => {
    writeFileSync(path, '')
    const link = `${path}.link`
    symlinkSync(path, link)
    const lock = takeRunLock(path)
    assert.throws(() => takeRunLock(link), StoreError)
    lock.release()
  }))

test('takes over the lock of a process that is gone', () =>
  inDirectory((path) => {
    writeFileSync(`${path}.run`, JSON.stringify({ pid: endedPid(), startedAt: '1' }))
    const lock = takeRunLock(path)
    assert.match(readFileSync(`${path}.run`, 'utf8'), new RegExp(`"pid":${process.pid},`))
    lock.release()
    assert.deepEqual(readdirSync(join(path, '..')), [])
  }))

test('takes over a lock whose number belongs to another process by now', { skip: !existsSync('/proc/self/stat') }, () =>
  inDirectory((path) => {
    writeFileSync(`${path}.run`, JSON.stringify({ pid: process.ppid, startedAt: '1' }))
    takeRunLock(path).release()
  }),
)

test('takes over what a power cut left of a lock', () =>
  inDirectory((path) => {
    for (const rest of ['', '{"pid":', '\0\0\0\0']) {
      writeFileSync(`${path}.run`, rest)
      takeRunLock(path).release()
    }
  }))

test('leaves a lock alone that is another daemon’s by now', () =>
  inDirectory((path) => {
    const lock = takeRunLock(path)
    const theirs = JSON.stringify({ pid: 1, startedAt: null })
    writeFileSync(`${path}.run`, theirs)
    lock.release()
    assert.equal(readFileSync(`${path}.run`, 'utf8'), theirs)
  }))

test('is held by one of several daemons that start at once over a stale lock', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-lock-'))
  const path = join(directory, 'anneal.db')
  writeFileSync(`${path}.run`, JSON.stringify({ pid: endedPid(), startedAt: '1' }))
  const code = `import { takeRunLock } from ${JSON.stringify(import.meta.resolve('./run-lock.ts'))}
    try { takeRunLock(${JSON.stringify(path)}); console.log('held') } catch (e) { console.log(e.name) }
    process.stdin.resume()`
  const daemons = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  const answers = await Promise.all(
    daemons.map(async (daemon) => {
      const { promise, resolve } = Promise.withResolvers<string>()
      daemon.stdout.once('data', (chunk) => resolve(String(chunk).trim()))
      return promise
    }),
  )
  for (const daemon of daemons) daemon.stdin.end()
  assert.deepEqual(answers.toSorted(), ['StoreError', 'StoreError', 'StoreError', 'held'])
  await Promise.all(daemons.map((daemon) => new Promise((resolve) => daemon.once('close', resolve))))
  rmSync(directory, { recursive: true })
})

test('needs no file for a database in memory', () => {
  takeRunLock(':memory:').release()
})
