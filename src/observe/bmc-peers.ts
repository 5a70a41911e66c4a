/**
 * How the BMCs around one node's BMC do: what this host saw of those on its network, and what the database knows of what it hangs on. Asked
 * only for a failed node whose BMC may be the trouble, since it costs up to three queries, shared by all nodes that hang on the same. No BMC is looked at for it, and nothing is judged here.
 */
import { speaksOfBmc } from '../core/bmc-verdict.ts'
import { DOMAIN_KINDS } from '../core/fleet.ts'
import { keysOf } from '../core/keys.ts'
import type { BmcPeers, Observation, PeersOn } from '../core/observation.ts'
import { HOUR } from '../core/policy.ts'
import { absent, known, type Reading } from '../core/reading.ts'
import { parseTime } from '../core/when.ts'
import type { Neighbour, ObserveWorld } from './world.ts'

/** What hangs on one thing fails within minutes of it; Ironic's own timeouts stretch that to some tens of them. */
const TOGETHER_MS = HOUR

/** @param o all of the observation but this reading itself */
export async function bmcPeersOf({ bmcs, services, neighboursOn }: ObserveWorld, o: Observation): Promise<Reading<BmcPeers>> {
  if (o.node.kind !== 'known' || !mayBeItsBmc(o)) return absent('nothing points at its BMC')
  const { bmcAddress, provision_updated_at, uuid } = o.node.value
  const { cloud } = o
  const keys = keysOf(o, null, false)
  const failedAt = parseTime(provision_updated_at) ?? o.at
  const shared = DOMAIN_KINDS.flatMap((kind) => {
    const value = keys[kind]
    if (value === undefined) return []
    const there = services.neighbours(`${cloud} ${kind} ${value}`, () => neighboursOn({ cloud, kind, value }))
    return [there.then((nodes) => ({ kind, value, ...sumsOf(nodes, { besides: uuid, failedAt }) }))]
  })
  return known({ bmcs: bmcAddress === null ? null : bmcs.around(bmcAddress), shared: await Promise.all(shared) })
}

function sumsOf(
  there: readonly Neighbour[],
  { besides, failedAt }: { besides: string; failedAt: number },
): Pick<PeersOn, 'nodes' | 'failing' | 'together'> {
  // In one go: in a wave each of a thousand nodes has a thousand neighbours.
  const sums = { nodes: 0, failing: 0, together: 0 }
  for (const { uuid, failureAt } of there) {
    if (uuid === besides) continue
    sums.nodes += 1
    if (failureAt === null) continue
    sums.failing += 1
    if (Math.abs(failureAt - failedAt) <= TOGETHER_MS) sums.together += 1
  }
  return sums
}

/** A BMC that answers is asked about too where a text speaks of one: what failed together is told apart by it. */
function mayBeItsBmc({ node, bmc, history }: Observation): boolean {
  if (node.kind !== 'known') return false
  const { provision_state, fault, last_error } = node.value
  if (fault !== 'power failure' && provision_state !== 'error' && provision_state !== 'clean failed') return false
  if (fault === 'power failure' || (bmc.kind === 'known' && bmc.value.kind !== 'answers')) return true
  // The newest event: older ones are other failures more often than not.
  const newest = history.kind === 'known' ? history.value[0]?.event : undefined
  return [last_error, newest].some((text) => text !== null && text !== undefined && speaksOfBmc(text))
}
