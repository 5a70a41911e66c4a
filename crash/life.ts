/**
 * One life of the daemon: started on the database that the last one left, and ended by the plan. Kills by the clock and by writes to its
 * log are made from here, those at a request from within the cloud (trigger.ts).
 */
import type { ChildProcess } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { anneal, type Home } from '../bench/bundled.ts'
import { PATIENCE_MS, type Plan } from './plan.ts'
import { killIfAlive, spin } from './trigger.ts'

export type Life = {
  pid: number
  startedAt: number
  /** When it has ended: how, and what it last said. */
  ended: Promise<{ code: number | null; signal: string | null; log: string }>
}

/** The newest of its log, for whoever must find out what went wrong. */
const LOG_BYTES = 20_000

export function startLife(home: Home): Life {
  const startedAt = Date.now()
  const child = anneal(home, ['run'], ['ignore', 'ignore', 'pipe'])
  const leaveNoneBehind = (): void => void child.kill('SIGKILL')
  process.once('exit', leaveNoneBehind)
  child.once('exit', () => process.off('exit', leaveNoneBehind))
  return { pid: child.pid ?? 0, startedAt, ended: endOf(child) }
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null; log: string }> {
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-LOG_BYTES)
  })
  return new Promise((resolve) => void child.once('close', (code, signal) => resolve({ code, signal, log })))
}

/** Does its part of the plan. Resolves with when it killed; null where something else ended the life first. */
export async function endLife(life: Life, home: Home, plan: Plan): Promise<number | null> {
  const over = new AbortController()
  let isOver = false
  void life.ended.then(() => {
    isOver = true
    over.abort()
  })
  const kill = (): number | null => {
    if (isOver) return null
    const at = Date.now()
    killIfAlive(life.pid)
    return at
  }
  // The life may end while it is waited for: that is what over says.
  const wait = (ms: number) => pause(ms, undefined, { signal: over.signal }).catch(() => null)
  if (plan.at === 'request') {
    await wait(PATIENCE_MS)
    return kill()
  }
  await wait(plan.afterMs)
  if (plan.at === 'write' && !isOver) {
    await writeTo(`${home.database}-wal`, () => isOver)
    spin(plan.delayUs)
  }
  return kill()
}

/** No more than this without letting anything else happen. */
const WATCH_SLICE_MS = 20

/**
 * Resolves at the next write to the file, within some microseconds of it, as a watcher could not: a commit is written in less than it takes
 * to be told of it.
 */
async function writeTo(path: string, isOver: () => boolean): Promise<void> {
  if (!existsSync(path)) return
  const before = statSync(path, { bigint: true })
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until && !isOver(); await nextTurn()) {
    for (const slice = performance.now() + WATCH_SLICE_MS; performance.now() < slice; ) {
      const now = statSync(path, { bigint: true, throwIfNoEntry: false })
      if (now === undefined || now.mtimeNs !== before.mtimeNs || now.size !== before.size) return
    }
  }
}
