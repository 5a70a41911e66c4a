/**
 * The observations that were kept, with what was decided on each, oldest first. It asks the database only, a page at a time: 90 days of a
 * large cloud are more than a process should hold.
 */
import type { Act } from '../core/decision.ts'
import { timeText } from '../core/when.ts'
import type { KeptDecision } from '../store/observations.ts'
import type { Store } from '../store/store.ts'
import { CommandError } from './command-error.ts'
import { findNode } from './find-node.ts'

export type ObservationsWish = { cloud: string | null; node: string | null; case: string | null; since: number | null }

/** Throws CommandError where the node or the case is not known. */
export async function* keptObservations(store: Store, wish: ObservationsWish): AsyncGenerator<KeptDecision> {
  const { cloud, node, since } = wish
  const key = node === null ? (cloud === null ? {} : { cloud }) : keyOf(await findNode(store, { cloud, node }))
  if (wish.case !== null && (await store.caseById(wish.case)) === null) {
    throw new CommandError('not-found', {
      what: wish.case,
      message: 'There is no case of this id.',
      fix: 'See `anneal cases`, open or `--closed`.',
    })
  }
  const filter = { ...key, ...(wish.case === null ? {} : { caseId: wish.case }), ...(since === null ? {} : { since }) }
  for (let after = 0; ; ) {
    const page = await store.recorded({ ...filter, after })
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = last.seq
  }
}

const keyOf = ({ cloud, uuid }: { cloud: string; uuid: string }) => ({ cloud, uuid })

export type ListedObservation = {
  at: string
  cloud: string
  uuid: string
  name: string | null
  case: string | null
  decision: { kind: KeptDecision['kind']; reason: string; act: Act | null; message: string | null }
  /** False where an older version kept too little to decide again. */
  replayable: boolean
}

export function listedObservation(kept: KeptDecision): ListedObservation {
  const { at, caseId, kind, reason, observation, recorded } = kept
  const { act = null, message = null } = recorded?.decision ?? {}
  return {
    at: timeText(at),
    cloud: observation.cloud,
    uuid: observation.uuid,
    name: observation.node.kind === 'known' ? observation.node.value.name : (recorded?.grounds.case?.name ?? null),
    case: caseId,
    decision: { kind, reason, act, message },
    replayable: recorded !== null,
  }
}
