/**
 * Kills the daemon at a request of the kind that its plan names, from within the cloud's process: no message between processes lies
 * between the moment and the kill, so that it lands within microseconds of where it is aimed.
 */
import type { LedgerEntry } from '../src/simulator/ledger.ts'
import { stepOf } from '../src/simulator/promises.ts'
import type { RequestPlan } from './plan.ts'

export type Trigger = {
  aim(pid: number, plan: RequestPlan | null): void
  disarm(): void
  /** Something has come to this point. `isDeciding`: a GET of a node with an intent, asked only where the plan needs it. */
  reached(when: RequestPlan['when'], entry: LedgerEntry, isDeciding: () => boolean): void
  /** When it killed, and the request that had been served but whose answer had not left; null where it did not. */
  shot(): { at: number; unanswered: LedgerEntry | null } | null
}

/** Longer than this is slept, shorter is spun: a timer knows only milliseconds. */
const SPUN_US = 3_000

export function trigger(): Trigger {
  let aimed: { pid: number; plan: RequestPlan; left: number } | null = null
  let fired: { at: number; unanswered: LedgerEntry | null } | null = null

  const kill = (pid: number, unanswered: LedgerEntry | null): void => {
    fired = { at: Date.now(), unanswered }
    killIfAlive(pid)
  }
  const soon = (pid: number, delayUs: number, unanswered: LedgerEntry | null): void => {
    if (delayUs > SPUN_US) return void setTimeout(() => kill(pid, null), delayUs / 1_000)
    spin(delayUs)
    kill(pid, unanswered)
  }
  return {
    aim: (pid, plan) => {
      fired = null
      aimed = plan === null ? null : { pid, plan, left: plan.nth }
    },
    disarm: () => {
      aimed = null
    },
    reached: (when, entry, isDeciding) => {
      if (aimed === null || aimed.plan.when !== when || !isOfKind(aimed.plan.what, entry, isDeciding)) return
      aimed.left -= 1
      if (aimed.left > 0) return
      const { pid, plan } = aimed
      aimed = null
      // The answer is written to the socket once this turn is over.
      if (when === 'answered') setImmediate(() => soon(pid, plan.delayUs, null))
      else soon(pid, plan.delayUs, when === 'served' ? entry : null)
    },
    shot: () => fired,
  }
}

function isOfKind(what: RequestPlan['what'], entry: LedgerEntry, isDeciding: () => boolean): boolean {
  if (what === 'read') return entry.method === 'GET'
  if (what === 'deciding-read') return entry.method === 'GET' && isDeciding()
  const step = stepOf(entry)
  return what === 'mark' ? step === 'mark' : step !== null && step !== 'mark'
}

/** Waits by doing nothing else, as a timer cannot. */
export function spin(us: number): void {
  const until = performance.now() + us / 1_000
  while (performance.now() < until);
}

/** Two may shoot at the same process: what is gone already is what was wanted. */
export function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // Knows: ESRCH, it has ended.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
