/**
 * A person's words as the store takes and tells them, put together: what is said of a node, a case, an incident or a cloud, and what of it is in
 * force. How each is written stands in words.ts, acknowledging.ts and clouds.ts.
 */
import type { Words } from '../core/case.ts'
import type { NodeKey } from '../core/seen.ts'
import { type Acknowledging, acknowledge } from './acknowledging.ts'
import { type Believing, believeSize } from './clouds.ts'
import type { Home } from './home.ts'
import { type HoldView, holds } from './reading.ts'
import {
  type AnsweredAct,
  type ApprovalView,
  approvals,
  approve,
  hold,
  type Pause,
  pause,
  pausedBy,
  reject,
  resume,
  type Said,
  sayOnce,
  unhold,
  wordsOn,
} from './words.ts'

/** `cloud: null` means all clouds. */
export type SaidWords = {
  hold(key: NodeKey, said: Said): Promise<void>
  unhold(key: NodeKey, said: Said): Promise<boolean>
  pause(cloud: string | null, said: Said): Promise<void>
  resume(cloud: string | null, said: Said): Promise<boolean>
  retry(key: NodeKey, said: Said): Promise<void>
  release(key: NodeKey, said: Said): Promise<void>
  /** False where no case of this id is open. */
  approve(caseId: string, o: Said & AnsweredAct): Promise<boolean>
  reject(caseId: string, o: Said & AnsweredAct): Promise<boolean>
  /** False where no case or incident of this id is open. */
  acknowledge(said: Said & Acknowledging): Promise<boolean>
  /** A person's word that the last census counted rightly. */
  believeCensus(cloud: string, said: Said): Promise<Believing>
  pausedBy(cloud: string | null): Promise<Pause | null>
  holds(cloud: string | null): Promise<HoldView[]>
  approvals(cloud: string | null): Promise<ApprovalView[]>
  /** The newest word of each kind that is in force on the node. */
  wordsOn(key: NodeKey): Promise<Words>
}

export function wordsIn(home: Home): SaidWords {
  return {
    hold: (key, said) => hold(home, key, said),
    unhold: (key, said) => unhold(home, key, said),
    pause: (cloud, said) => pause(home, cloud, said),
    resume: (cloud, said) => resume(home, cloud, said),
    retry: (key, said) => sayOnce(home, key, { ...said, kind: 'retry' }),
    release: (key, said) => sayOnce(home, key, { ...said, kind: 'release' }),
    approve: (caseId, yes) => approve(home, caseId, yes),
    reject: (caseId, no) => reject(home, caseId, no),
    acknowledge: (said) => acknowledge(home, said),
    believeCensus: (cloud, said) => believeSize(home, cloud, said),
    pausedBy: (cloud) => pausedBy(home.db, cloud),
    holds: (cloud) => holds(home.db, cloud),
    approvals: (cloud) => approvals(home.db, cloud, home.clock.now()),
    wordsOn: (key) => wordsOn(home.db, key, home.clock.now()),
  }
}
