/**
 * What a reader of the demo breaks with a key, as stories of the same kind as the scripted ones: they begin at once, on nodes that have no
 * part in the script, and what was broken is put right a few minutes later, as it would be by somebody else.
 */
import type { Random } from '../core/seams.ts'
import { isLet, nameOf, shuffled } from './cast.ts'
import type { SimulatedCloud } from './cloud.ts'
import { darkRack, neutronAway, type Outages, racksOf, type Step, type Story, stopAndDelete } from './stories.ts'

const MINUTE = 60_000

type Own = { cloud: SimulatedCloud; random: Random; taken: ReadonlySet<string> }

/** Names, in an order that is drawn, of nodes with a tenant on which nothing is the matter. */
function spare({ cloud, random, taken }: Own): string[] {
  const fine = [...cloud.state.nodes.values()].filter((node) => isLet(node) && node.bmc.mode === 'ok' && !node.row.maintenance)
  return shuffled(fine.map(nameOf), random).filter((name) => !taken.has(name))
}

const TENANTS_AT_ONCE = 4

/** Null where there is no node left to break. */
export function ownBmc(own: Own): Story | null {
  const [node] = spare(own)
  return node === undefined ? null : { title: 'You break a BMC', steps: blinded(own.cloud, node) }
}

/** The same, and a person says that nobody may touch the node: `hold` and `unhold` are done by whoever runs the operator. */
export function ownHold(own: Own, hold: (node: string) => void): Story | null {
  const [node] = spare(own)
  if (node === undefined) return null
  const held: Step = { at: 0, node, text: 'You hold it (`anneal hold`): from now on Anneal leaves it alone.', happen: () => hold(node) }
  return { title: 'You hold a node, and its BMC fails', steps: [held, ...blinded(own.cloud, node)] }
}

function blinded({ people }: SimulatedCloud, node: string): Step[] {
  return [
    {
      at: 1,
      node,
      text: 'Its BMC stops answering, and just then its tenant deletes the instance.',
      happen: () => stopAndDelete(people, node, 'silent'),
    },
    { at: 1.5 * MINUTE, node, text: 'Its BMC answers again.', happen: () => people.bmc(node, 'ok') },
  ]
}

export function ownNeutron(own: Own & { outages: Outages }): Story | null {
  const nodes = spare(own).slice(0, TENANTS_AT_ONCE)
  if (nodes.length === 0) return null
  return { ...neutronAway(own.cloud, { nodes, at: 0, outages: own.outages }), title: 'You stop Neutron' }
}

/** The rack with the most nodes that may be broken. */
export function ownRack(own: Own): Story | null {
  const names = new Set(spare(own))
  const [largest] = [...racksOf(own.cloud, (name) => names.has(name))].toSorted(([, a], [, b]) => b.length - a.length)
  if (largest === undefined) return null
  const [name, nodes] = largest
  return {
    ...darkRack(own.cloud, { switch: name, nodes: shuffled(nodes, own.random).slice(0, TENANTS_AT_ONCE), at: 0 }),
    title: 'You break a rack switch',
  }
}
