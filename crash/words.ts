/**
 * People's words to the daemon, said as people say them: `anneal hold` and its kin, each a process of its own on the daemon's database,
 * one at a time. The judges hear a stop once it has been said, a permission as soon as it is about to be.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { anneal, type Home } from '../bench/bundled.ts'
import type { Judges, Word } from '../src/simulator/judges.ts'
import type { ToOperator } from '../src/simulator/script/scene.ts'
import { CLOUD } from './site.ts'

export type Words = ToOperator & {
  /** Resolves when nobody is speaking; from then on nobody does until the returned function is called. */
  silence(): Promise<() => void>
  counts: { said: number; failed: number }
}

/** What left before the word was written has arrived by then. */
const HEARD_MS = 300

export function wordsByCommand(home: Home, judges: Judges): Words {
  const counts = { said: 0, failed: 0 }
  let turn: Promise<void> = Promise.resolve()

  const takeTurn = async (): Promise<() => void> => {
    const before = turn
    const { promise, resolve } = Promise.withResolvers<void>()
    turn = promise
    await before
    return resolve
  }
  const say = async (word: Word, args: string[], isStop: boolean): Promise<void> => {
    const endTurn = await takeTurn()
    if (!isStop) judges.said(word)
    const code = await ended(home, args)
    counts[code === 0 ? 'said' : 'failed'] += 1
    if (isStop && code === 0) {
      await pause(HEARD_MS)
      judges.said(word)
    }
    endTurn()
  }
  const onNode = (kind: Exclude<Word['kind'], 'pause' | 'resume'>, isStop: boolean) => (uuid: string) =>
    say({ kind, uuid }, [kind, uuid, '--os-cloud', CLOUD, '--reason', 'as the trial has it'], isStop)
  const onCloud = (kind: 'pause' | 'resume', isStop: boolean) => () =>
    say({ kind, uuid: null }, [kind, '--os-cloud', CLOUD, '--reason', 'as the trial has it'], isStop)
  return {
    hold: onNode('hold', true),
    unhold: onNode('unhold', false),
    retry: onNode('retry', false),
    release: onNode('release', false),
    pause: onCloud('pause', true),
    resume: onCloud('resume', false),
    // Kills are the plan's; this machine's clock is left alone; a second daemon is what the run lock is for.
    crash: () => {},
    freeze: () => {},
    jumpClock: () => {},
    sweepBeside: () => {},
    replica: () => {},
    upgrade: () => {},
    fillDisk: () => {},
    wake: async () => {},
    // The daemon here asks nobody.
    reject: async () => {},
    believeCensus: async () => {},
    silence: takeTurn,
    counts,
  }
}

function ended(home: Home, args: readonly string[]): Promise<number | null> {
  const child = anneal(home, args, 'ignore')
  return new Promise((resolve) => void child.once('exit', (code) => resolve(code)))
}
