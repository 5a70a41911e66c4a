/**
 * Places in flight over all lives, counted from outside: nodes on their way after a verb of ours, and nodes whose act a kill interrupted so
 * lately that no read may have settled it. Asked at each verb.
 */
import { REPAIR_STATES } from '../src/core/ironic.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import type { Judges, OnNode } from '../src/simulator/judges.ts'
import type { IntentRow } from './database.ts'

/** 20 s to send it and 180 s until a read may settle it (design, the write protocol; no policy shortens them). */
const INTERRUPTED_MS = 200_000
/** What has not moved for this long is stranded by the site's policy (15 s) and may have lost its place. */
const MOVED_MS = 12_000

export type Places = {
  /** A verb leaves for this node. */
  count(uuid: string): void
  /** These had no outcome when their sender died. */
  interrupted(intents: readonly IntentRow[]): void
  /** The most ever held at once. */
  most(): number
}

export function placesOver(cloud: SimulatedCloud, judges: Judges, allowed: number): Places {
  const { bench } = judges
  /** Until when an interrupted act holds its node's place, by node. */
  const held = new Map<string, number>()
  let most = 0
  return {
    count: (uuid) => {
      const now = Date.now()
      // A person's `retry` lifts the pacing for one reset, whoever is in flight.
      const others = [...bench.nodes].filter(
        ([other, known]) => other !== uuid && !isLifted(known) && (now < (held.get(other) ?? 0) || isInRepair(cloud, judges, other)),
      ).length
      most = Math.max(most, others + 1)
      const known = bench.onNode(uuid)
      if (isLifted(known)) return
      bench.check('S6')
      if (others < allowed) return
      bench.accuse('S6', { node: uuid, what: `${others + 1} places in flight over all lives, ${allowed} are allowed`, sent: known.sent })
    },
    interrupted: (intents) => {
      for (const { uuid, act, createdAt } of intents)
        if (act === 'reset' || act === 'recover-cleaning') held.set(uuid, createdAt + INTERRUPTED_MS)
    },
    most: () => most,
  }
}

/** Its newest act is the one for which a person lifted the pacing; or that was said so lately that the act is not told of yet. */
const isLifted = ({ retryAt, intents }: OnNode): boolean => retryAt !== null || intents.at(-1)?.lifted === true

/** One of our verbs was accepted and the node is on its way. */
function isInRepair(cloud: SimulatedCloud, judges: Judges, uuid: string): boolean {
  const row = cloud.state.nodes.get(uuid)?.row
  const last = judges.bench.nodes
    .get(uuid)
    ?.sent.findLast(({ step, entry }) => (step === 'deleted' || step === 'provide') && entry.effect !== null)
  if (row === undefined || last === undefined || !REPAIR_STATES.includes(row.provision_state)) return false
  return Date.now() - Math.max(last.entry.at, Date.parse(row.provision_updated_at ?? '')) < MOVED_MS
}
