/**
 * The pure part of a pass: what earlier attempts came to, what the case remembers, what the cause is, and the decision. A pass and a
 * replay of it both take this path, so that what is decided again is decided alike. Nothing is loaded or kept here.
 */
import { type Attempt, type Case, EMPTY_MEMORY, type Words } from './case.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import { diagnose } from './diagnose.ts'
import type { Fleet } from './fleet.ts'
import type { DecideInput } from './judged.ts'
import { keysOf } from './keys.ts'
import { type Notice, neededAt, noticesOf } from './leases.ts'
import type { Observation } from './observation.ts'
import type { Policy } from './policy.ts'
import { remember } from './remember.ts'
import type { PersonMemory } from './seen.ts'
import { afterSettling, type Settled, settle } from './settle.ts'

/** What a decision begins with. The fleet is asked for afterwards, by the keys that come out of this. */
export type Given = {
  observation: Observation
  /** The open case as it was loaded; null where none is open. */
  case: Case | null
  /** The id of the case that is opened now; null where none is. */
  newCase: string | null
  /** All on the node, newest first, not settled by this observation yet. */
  attempts: Attempt[]
  words: Words
  /** A person's maintenance as listings remember it. */
  person: PersonMemory | null
  firstPass: boolean
  /** Another process put another policy in force: this one only observes. */
  overruled: boolean
  /** How many more acts this run may begin; null for no limit. */
  actsLeft: number | null
  policy: Policy
  now: number
}

export type Considered = {
  /** Everything of the decision's input but the fleet. */
  input: Omit<DecideInput, 'fleet'>
  settled: Settled[]
  /** Epoch ms of the failure being answered; now where nothing has failed. */
  failedAt: number
  /** Ironic lifted a person's maintenance together with a fault: it goes on as a hold. */
  personHold: boolean
  /** What people are to be told of leases on the node. */
  notices: Notice[]
  /** How soon somebody needs the node: 0 while a lease runs on it, else when the next one starts; null: nobody is known to. */
  neededAt: number | null
}

export function consider(given: Given): Considered {
  const { observation, words, actsLeft, now } = given
  // Two policies must not both act on one store.
  const overruled = given.overruled && given.policy.mode !== 'observe'
  const policy: Policy = overruled ? { ...given.policy, mode: 'observe' } : given.policy
  const settled = settle({ attempts: given.attempts, o: observation, policy, now })
  const attempts = afterSettling(given.attempts, settled)
  const base = given.case ?? (given.newCase === null ? null : newCase(given.newCase, observation, now))
  const kept =
    base === null ? null : remember(base.memory, observation, { person: given.person, unseen: isQuarantineUnseen(base, attempts), policy })
  const { notices, told } = kept === null ? { notices: [], told: [] } : noticesOf(kept.memory, { o: observation, policy, now })
  const memory = kept === null ? EMPTY_MEMORY : told.length === 0 && kept.memory.told === undefined ? kept.memory : { ...kept.memory, told }
  const diagnosis = diagnose({ o: observation, memory, attempts, policy, now })
  const keys = keysOf(observation, diagnosis, given.firstPass)
  const openCase = base === null ? null : { ...base, memory, diagnosis }
  return {
    input: { observation, case: openCase, attempts, words, keys, diagnosis, policy, overruled, actsLeft, now },
    settled,
    failedAt: memory.failure?.at ?? now,
    personHold: kept?.liftedByIronic ?? false,
    notices,
    neededAt: neededAt({ observation, memory, policy, now }),
  }
}

/** Whether a quarantine was the last that was done for the case, and no look has seen it since. */
function isQuarantineUnseen({ id, decision }: Case, attempts: readonly Attempt[]): boolean {
  if (decision?.act !== 'quarantine' || decision.kind !== 'act') return false
  const newest = attempts.find(({ caseId }) => caseId === id)
  return newest?.act === 'quarantine' && newest.outcome === 'accepted'
}

/** @param fleet as asked for by the keys, the class and the time of the failure that `consider` found */
export const decideOn = ({ input }: Considered, fleet: Fleet): Decision => decide({ ...input, fleet })

const newCase = (id: string, o: Observation, now: number): Case => ({
  id,
  cloud: o.cloud,
  uuid: o.uuid,
  name: o.node.kind === 'known' ? o.node.value.name : null,
  openedAt: now,
  closedAt: null,
  result: null,
  memory: EMPTY_MEMORY,
  diagnosis: null,
  decision: null,
})
