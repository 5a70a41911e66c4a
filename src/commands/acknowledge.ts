/**
 * A person's "I have seen it" on a case or an incident, by its id. While what was seen stays as it was, nobody is told of it again and no exit
 * code asks for a person; nothing is decided by it.
 */
import { standOfCase, standOfIncident } from '../core/acknowledged.ts'
import type { Store } from '../store/store.ts'
import { CommandError } from './command-error.ts'
import type { Spoken } from './words.ts'

type SeenWord = { id: string; by: string; why: string }

/** Throws CommandError where there is nothing open of this id, or nothing is decided yet. */
export async function acknowledgeById(store: Store, word: SeenWord): Promise<Spoken> {
  return word.id.startsWith('i-') ? await acknowledgeIncident(store, word) : await acknowledgeCase(store, word)
}

export async function acknowledgeCase(store: Store, { id, by, why }: SeenWord): Promise<Spoken> {
  const found = await store.caseById(id)
  if (found === null) throw new CommandError('not-found', { what: id, message: 'There is no case of this id.', fix: 'See `anneal cases`.' })
  const { cloud, uuid, name, decision, acknowledged } = found
  if (found.closedAt !== null || decision === null)
    throw new CommandError('conflict', {
      what: id,
      message: found.closedAt === null ? 'Nothing is decided about it yet.' : `It is closed (${found.result}).`,
      fix: `See \`anneal explain ${name ?? uuid}\`.`,
    })
  const about = { cloud, uuid, name }
  if (acknowledged?.why === why) return { ...about, changed: false, message: `${acknowledged.by} has seen it already: ${why}.` }
  await store.acknowledge({ kind: 'case', id, by, why, stood: standOfCase(decision, found.diagnosis?.cause ?? null) })
  return { ...about, changed: true, message: `Seen: ${id} of ${name ?? uuid}. Nobody is told of it again until it changes.` }
}

export async function acknowledgeIncident(store: Store, { id, by, why }: SeenWord): Promise<Spoken> {
  const found = (await store.incidents({ limit: 1_000 })).find((incident) => incident.id === id)
  if (found === undefined)
    throw new CommandError('not-found', { what: id, message: 'There is no incident of this id.', fix: 'See `anneal incidents`.' })
  if (found.closedAt !== null)
    throw new CommandError('conflict', { what: id, message: 'It is closed.', fix: 'See `anneal incidents --closed`.' })
  const { cloud, acknowledged, members } = found
  const about = { cloud, uuid: null, name: null }
  if (acknowledged?.why === why) return { ...about, changed: false, message: `${acknowledged.by} has seen it already: ${why}.` }
  await store.acknowledge({ kind: 'incident', id, by, why, stood: standOfIncident(members) })
  return { ...about, changed: true, message: `Seen: ${id}. Nobody is told of it again until a node joins or leaves it.` }
}
