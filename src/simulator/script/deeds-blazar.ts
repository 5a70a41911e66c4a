/**
 * Deeds at a site with a Blazar: users lend nodes and give them up, operators disable and enable hosts there by hand, hosts vanish from it.
 * Blazar's own trouble is `service blazar …`, its monitor's doing nobody's deed. Without a Blazar none of them comes to anything.
 */
import { disableHost, enableHost, endLease, enrolAgain, lendIfFree, loseHost } from '../blazar-people.ts'
import type { SimNode } from '../world.ts'
import { type Deed, DONE, deed, NODE, NUMBER, SPAN } from './deed.ts'
import type { Scene } from './scene.ts'

const LONG_MS = 4 * 3_600_000

/** A lease of this node, or of any, where Blazar gives it. */
function lent(scene: Scene, node: SimNode | null, given: { in?: number; long?: number; hosts?: number }): typeof DONE | null {
  const { state } = scene.cloud
  const from = state.clock.now() + (given.in ?? 0)
  const lease = lendIfFree(state, { node, hosts: given.hosts ?? 1, from, until: from + (given.long ?? LONG_MS) })
  return lease === null ? null : DONE
}

const WHEN = { in: SPAN, long: SPAN }

export const BLAZAR_DEEDS: Record<string, Deed> = {
  lease: deed({
    says: 'A user leases this very node, by its name: in so long (now), for so long (4h). Both ends of a lease delete every server on its nodes.',
    fault: 'no',
    takes: { node: NODE },
    options: WHEN,
    does: (scene, { node, ...when }) => {
      const found = scene.node(node)
      return found === null ? null : lent(scene, found, when)
    },
  }),
  'lease-any': deed({
    says: 'A user leases whatever nodes are free, so many of them (1): in so long (now), for so long (4h).',
    fault: 'no',
    takes: {},
    options: { ...WHEN, hosts: NUMBER },
    does: (scene, given) => lent(scene, null, given),
  }),
  'end-lease': deed({
    says: 'The user of the lease that has the node now, or next, deletes it.',
    fault: 'no',
    takes: { node: NODE },
    does: (scene, { node }) => {
      const found = scene.node(node)
      return found !== null && endLease(scene.cloud.state, found) ? DONE : null
    },
  }),
  'blazar-disable': deed({
    says: "An operator disables the node's host in Chameleon's Blazar by hand; at the end of the span it is enabled again.",
    fault: 'no',
    takes: { node: NODE },
    lasts: true,
    does: (scene, { node }) => {
      const found = scene.node(node)
      const { state } = scene.cloud
      if (found === null || !disableHost(state, found)) return null
      const { uuid } = found.row
      scene.judges.hand(uuid, 'disabled')
      return { undo: () => void (enableHost(state, found, 'by hand') && scene.judges.hand(uuid, 'enabled')) }
    },
  }),
  'blazar-enable': deed({
    says: 'An operator enables it by hand, whoever disabled it; only the monitor makes it reservable again.',
    fault: 'no',
    takes: { node: NODE },
    does: (scene, { node }) => {
      const found = scene.node(node)
      if (found === null || !enableHost(scene.cloud.state, found, 'any')) return null
      scene.judges.hand(found.row.uuid, 'enabled')
      return DONE
    },
  }),
  'blazar-remove': deed({
    says: "The node's host vanishes from Blazar; at the end of the span it is enrolled anew.",
    fault: 'yes',
    takes: { node: NODE },
    lasts: true,
    does: (scene, { node }) => {
      const found = scene.node(node)
      const { state } = scene.cloud
      if (found === null || !loseHost(state, found)) return null
      scene.judges.hand(found.row.uuid, 'unenrolled')
      return { undo: () => enrolAgain(state, found) }
    },
  }),
}
