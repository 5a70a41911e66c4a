/**
 * What one history looked like, as plain entries in the order in which they happened: states of nodes, deeds, decisions where they changed,
 * requests with their outcome, breaches. Two things are made of it, a text (timeline.ts) and a picture (picture.ts). It changes nothing of
 * the history that it looks at.
 */
import type { Pass } from '../../controller/reconcile.ts'
import { type MaintenanceOwner, maintenanceOwner } from '../../core/ironic.ts'
import { type Broken, nodeOf, stepOf } from '../../simulator/promises.ts'
import type { Scene } from '../../simulator/script/scene.ts'
import type { SimNode } from '../../simulator/world.ts'

/** `node` is a name; null: the whole cloud. `at` is virtual time, epoch ms. */
export type TraceEntry = { at: number; node: string | null } & (
  | { kind: 'state'; state: string; maintenance: MaintenanceOwner }
  | { kind: 'deed'; text: string }
  | { kind: 'decision'; says: string; message: string; act: string | null; outcome: string | null }
  | { kind: 'request'; step: string; status: string; effect: string | null }
  | { kind: 'breach'; promise: string; what: string }
)

/** Who looks on while a history is played. */
export type Trace = { entries: TraceEntry[]; wrote(node: SimNode, at: number): void; passed(pass: Pass, at: number): void }

export function trace(): Trace {
  const entries: TraceEntry[] = []
  const newest = new Map<string, string>()
  /** Whether this is news of that node. */
  const isNew = (of: string, says: string): boolean => {
    if (newest.get(of) === says) return false
    newest.set(of, says)
    return true
  }
  return {
    entries,
    wrote({ row }, at) {
      const maintenance = maintenanceOwner(row)
      if (isNew(`state ${row.uuid}`, `${row.provision_state} ${maintenance}`))
        entries.push({ kind: 'state', at, node: row.name, state: row.provision_state, maintenance })
    },
    passed({ observation, case: of, decision, outcome }, at) {
      const says = `${decision.kind} ${decision.reason}`
      if (isNew(`decision ${observation.uuid}`, says) || decision.kind === 'act')
        entries.push({
          kind: 'decision',
          at,
          node: of?.name ?? observation.uuid,
          says,
          message: decision.message,
          act: decision.act,
          outcome: outcome?.kind ?? null,
        })
    },
  }
}

/** Everything, in order: what was noted as it happened, and what the scene, the ledger and the judges kept. */
export function entriesOf({ entries }: Trace, scene: Scene): TraceEntry[] {
  const { ledger, state } = scene.cloud
  const nameOf = (uuid: string): string => state.nodes.get(uuid)?.row.name ?? uuid
  const isName = (word: string | undefined): word is string => word !== undefined && state.names.has(word)
  const deeds = scene.done.map(({ at, text }): TraceEntry => {
    const word = text.split(' ')[1]
    return { kind: 'deed', at, node: isName(word) ? word : null, text }
  })
  const requests = ledger.changes().map((entry): TraceEntry => {
    const uuid = nodeOf(entry)
    const step = stepOf(entry) ?? `${entry.method} ${entry.path}`
    return {
      kind: 'request',
      at: entry.left,
      node: uuid === null ? null : nameOf(uuid),
      step,
      status: String(entry.status),
      effect: entry.effect,
    }
  })
  const breaches = scene.judges.broken.map((found: Broken): TraceEntry => ({ kind: 'breach', ...found }))
  // A case does not always know its node's name, and judges never do.
  const named = [...entries, ...breaches].map((entry) => ({ ...entry, node: entry.node === null ? null : nameOf(entry.node) }))
  return [...deeds, ...named, ...requests].toSorted((a, b) => a.at - b.at)
}
