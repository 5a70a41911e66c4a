/**
 * Clouds with what stands in each: its mode, what its census is worth, whether it is paused, and how much is open there. It asks the
 * database only. The policies in force are list-policies.ts.
 */
import type { Store } from '../store/store.ts'
import { CommandError } from './command-error.ts'
import { timeOrNull } from './node-report.ts'

export type ListedCloud = {
  cloud: string
  mode: 'observe' | 'approve' | 'auto'
  /** Nodes that the last believed census counted, when, and why a later one is not believed. */
  census: { believed: number | null; at: string | null; doubtful: string | null }
  pause: { by: string; why: string; at: string | null; cloud: string | null } | null
  /** Ironic asked for patience: nothing starts before. */
  slowUntil: string | null
  nodes: { provision_state: string; count: number }[]
  openCases: number
  openIncidents: number
  inFlight: number
  held: number
}

export async function listClouds(store: Store): Promise<ListedCloud[]> {
  const listed: ListedCloud[] = []
  for (const { cloud, mode, census, slowUntil } of await store.clouds()) {
    const { nodes, open, openIncidents, inFlight, held, paused } = await store.counts(cloud)
    listed.push({
      cloud,
      mode,
      census: { believed: census.believed, at: timeOrNull(census.at), doubtful: census.doubtful },
      pause: paused && { by: paused.by, why: paused.why, at: timeOrNull(paused.at), cloud: paused.cloud },
      slowUntil: timeOrNull(slowUntil),
      nodes,
      openCases: open.reduce((sum, { count }) => sum + Number(count), 0),
      openIncidents,
      inFlight,
      held,
    })
  }
  return listed
}

/** A misspelt cloud must not look like a healthy one. Throws CommandError. */
export async function mustBeKnown(store: Store, cloud: string): Promise<void> {
  const known = (await store.clouds()).map((state) => state.cloud)
  if (known.includes(cloud) || (await store.countNodes({ cloud })) > 0) return
  throw new CommandError('not-found', {
    what: cloud.slice(0, 100),
    message: 'No cloud of this name is known here.',
    fix: known.length === 0 ? 'Run `anneal sweep` once.' : `Known are ${known.join(', ')}.`,
  })
}
