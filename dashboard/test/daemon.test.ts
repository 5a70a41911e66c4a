/**
 * The daemon as a process of its own, over a pretend cloud in another, asked by HTTP alone: the page that it serves shows what it sees. What
 * it can do there is browser.test.ts, where the cloud is at hand.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { look, openBrowser } from './stand.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const PORT = 18_780

/** What the process says first that fits; it lives on. */
function saying(child: ChildProcess, what: RegExp): Promise<string> {
  let said = ''
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      const found = what.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.on('exit', () => reject(new Error(`it ended:\n${said}`)))
  })
}

test('the daemon serves the dashboard of the cloud that it watches', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-test-'))
  const children: ChildProcess[] = []
  const anneal = (args: string[], env = {}): ChildProcess => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: folder, ...env },
    })
    children.push(child)
    return child
  }
  const browser = await openBrowser()
  try {
    const clouds = await saying(anneal(['demo', '--speed', '20']), /OS_CLIENT_CONFIG_FILE=(\S+)/)
    writeFileSync(join(folder, 'anneal.yaml'), `server: { listen: "127.0.0.1:${PORT}" }\n`)
    const daemon = anneal(['run', '--os-cloud', 'demo', '--config', join(folder, 'anneal.yaml')], {
      OS_CLIENT_CONFIG_FILE: clouds,
      ANNEAL_DATABASE: join(folder, 'daemon.db'),
    })
    const address = await saying(daemon, /"address":"([^"]+)"/)
    const { page, complaints } = await look(browser, address)
    await page.goto(address)
    await page.getByText('only looks; sends nothing that changes anything').waitFor()
    await page.getByText('of 60 nodes serve users').waitFor()
    await page.locator('.live.is-live').waitFor()
    assert.deepEqual(complaints, [])
  } finally {
    await browser.close()
    for (const child of children) {
      child.removeAllListeners('exit')
      if (child.exitCode !== null) continue
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
})
