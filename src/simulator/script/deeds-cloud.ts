/**
 * Deeds that befall machines and services: BMCs, racks, the services behind their endpoints, Ironic's conductors and locks, what the next
 * cleaning comes to, what a credential is shown. Each is undone by the world's own means when its span is over.
 */

import { FAULT_KINDS, type FaultKind, isOutage, ONLY_IRONIC } from '../faults.ts'
import { failState } from '../ironic-conductor.ts'
import { conductorOf } from '../ironic-node.ts'
import type { BmcMode, ServiceSlug, SimNode } from '../world.ts'
import { ALL_SERVICES, BMC_MODES, CLEANING_WILLS } from '../world.ts'
import { type Deed, DONE, deed, NAME, NODE, NUMBER, oneOf, SHARE, SPAN, TEXT } from './deed.ts'
import { outage, type Scene } from './scene.ts'

const SERVICE = oneOf(ALL_SERVICES)
const KIND = oneOf(FAULT_KINDS)

/** Methods joined by plus signs. */
const METHODS = {
  what: 'methods such as PUT+PATCH',
  read: (word: string) => (/^[A-Z]+(\+[A-Z]+)*$/.test(word) ? word.split('+') : undefined),
  words: null,
}

function spoil(scene: Scene, nodes: readonly SimNode[], mode: BmcMode): { undo: () => void } {
  const { people } = scene.cloud
  const set = (to: BmcMode) => {
    // Nodes that were removed meanwhile have no BMC any more.
    for (const { row } of nodes) if (scene.cloud.state.nodes.has(row.uuid)) people.bmc(row.uuid, to)
  }
  set(mode)
  return { undo: () => set('ok') }
}

/** BMC networks and switches are racks here; the third number of a BMC's address is its rack's. */
const rackOf = ({ bmc }: SimNode): number => Number(bmc.host.split('.')[2])

export const CLOUD_DEEDS: Record<string, Deed> = {
  bmc: deed({
    says: 'The BMC is in this mode; `ok` mends it.',
    fault: 'unless ok',
    takes: { node: NODE, mode: oneOf(BMC_MODES) },
    lasts: true,
    does: (scene, { node, mode }) => {
      const found = scene.node(node)
      return found === null ? null : spoil(scene, [found], mode)
    },
  }),
  rack: deed({
    says: 'All BMCs of a rack, which is one network and one switch, are in this mode.',
    fault: 'unless ok',
    takes: { number: NUMBER, mode: oneOf(BMC_MODES) },
    lasts: true,
    does: (scene, { number, mode }) => {
      const nodes = [...scene.cloud.state.nodes.values()].filter((node) => rackOf(node) === number)
      return nodes.length === 0 ? null : spoil(scene, nodes, mode)
    },
  }),
  route: deed({
    says: 'This host reaches no BMC any more: there is no route, or a firewall swallows everything.',
    fault: 'yes',
    takes: { way: oneOf(['no-route', 'swallowed']) },
    lasts: true,
    does: ({ cloud: { faults } }, { way }) => {
      faults.route = way
      return {
        undo: () => {
          faults.route = 'open'
        },
      }
    },
  }),
  service: deed({
    says: 'Requests to the service fail so, all of them or a share; by whom they are sent, of which methods and how many may be said. Kinds that only Ironic knows do nothing elsewhere.',
    fault: 'yes',
    takes: { service: SERVICE, kind: KIND },
    options: { share: SHARE, late: SPAN, seen: oneOf(['clients', 'conductors']), methods: METHODS, times: NUMBER },
    lasts: true,
    does: (scene, given) => (given.service !== 'ironic' && ONLY_IRONIC.includes(given.kind) ? null : serviceFails(scene, given)),
  }),
  noise: deed({
    says: 'What befalls some requests to the service (5%) even on a usual day, until the calm; a service that comes back comes back to this.',
    // Not an event; the requests that it meets are counted.
    fault: 'no',
    takes: { service: SERVICE, kind: KIND },
    options: { share: SHARE, late: SPAN },
    does: (scene, { service, kind, share = 0.05, late = 1_000 }) => {
      const fault = { kind, share, ms: late, seenBy: 'clients' as const }
      scene.usual.set(service, fault)
      scene.cloud.faults.set(service, fault)
      return DONE
    },
  }),
  conductor: deed({
    says: 'The conductor process dies. Its locks and unfinished work stay as they are.',
    fault: 'yes',
    takes: { host: NAME, what: oneOf(['dies']) },
    lasts: true,
    does: ({ cloud: { people, state } }, { host }) => {
      if (state.conductors.get(host)?.running !== true) return null
      people.killConductor(host)
      return { undo: () => people.startConductor(host) }
    },
  }),
  lock: deed({
    says: 'A conductor holds the node for so long, with something of its own.',
    fault: 'yes',
    takes: { node: NODE, span: SPAN },
    does: (scene, { node, span }) => {
      const found = scene.node(node)
      return found !== null && scene.cloud.people.lock(found.row.uuid, span) ? DONE : null
    },
  }),
  cleaning: deed({
    says: 'What the next cleaning of the node comes to: well, no port from Neutron, no callback from the ramdisk, a step that fails.',
    fault: 'unless ok',
    takes: { node: NODE, will: oneOf(CLEANING_WILLS) },
    lasts: true,
    does: (scene, { node, will }) => {
      const found = scene.node(node)
      if (found === null) return null
      found.cleaning = will
      return {
        undo: () => {
          found.cleaning = 'ok'
        },
      }
    },
  }),
  fail: deed({
    says: 'The node is in `error` at once, as if a tear-down had just failed with this text, and Nova had believed it.',
    fault: 'yes',
    takes: { node: NODE, text: TEXT },
    does: (scene, { node, text }) => {
      const found = scene.node(node)
      if (found === null) return null
      scene.cloud.people.fail(found.row.uuid, text)
      return DONE
    },
  }),
  'fail-cleaning': deed({
    says: "The node's cleaning has failed; `manual`: one that a person began, whose target is `manageable`.",
    fault: 'yes',
    takes: { node: NODE, as: oneOf(['automated', 'manual']) },
    does: (scene, { node, as }) => {
      const found = scene.node(node)
      if (found === null || found.row.reservation !== null) return null
      const { state } = scene.cloud
      failState(state, found, {
        to: 'clean failed',
        text: `Timeout reached while cleaning the node. Please check if the ramdisk responsible for the cleaning is running on the node. Failed on step {}.`,
        type: 'clean',
        host: conductorOf(state, found.row) ?? 'conductor-1',
      })
      found.row.target_provision_state = as === 'manual' ? 'manageable' : 'available'
      return DONE
    },
  }),
  port: deed({
    says: 'A port that nobody unbinds is left on the node.',
    fault: 'yes',
    takes: { node: NODE },
    lasts: true,
    does: (scene, { node }) => {
      const found = scene.node(node)
      if (found === null || found.row.network_interface === 'noop') return null
      const port = scene.cloud.people.leavePort(found.row.uuid)
      return { undo: () => void scene.cloud.state.ports.delete(port) }
    },
  }),
  redact: deed({
    says: 'Ironic withholds the field (or `history`, `conductor`) from that user; the operator is `admin`.',
    fault: 'yes',
    takes: { user: NAME, field: NAME },
    lasts: true,
    does: ({ cloud: { state } }, { user, field }) => {
      const found = state.users.find(({ name }) => name === user)
      // A token carries its rights from when it was issued; here a policy file changes, which a service reads for every request.
      const holders = [found, ...[...state.tokens.values()].filter((token) => token.user === user)].filter((one) => one !== undefined)
      if (found === undefined || found.redacts.includes(field)) return null
      for (const one of holders) one.redacts = [...one.redacts, field]
      return {
        undo: () => {
          for (const one of [found, ...state.tokens.values()])
            if (('name' in one ? one.name : one.user) === user) one.redacts = one.redacts.filter((name) => name !== field)
        },
      }
    },
  }),
  'history-late': deed({
    says: "Entries of a node's history show so much later than they were made.",
    fault: 'yes',
    takes: { span: SPAN },
    lasts: true,
    does: ({ cloud: { state } }, { span }) => {
      state.settings.ironic.historyLateMs = span
      return {
        undo: () => {
          state.settings.ironic.historyLateMs = 0
        },
      }
    },
  }),
  remove: deed({
    says: 'The node is no longer enrolled.',
    fault: 'no',
    takes: { node: NODE },
    does: (scene, { node }) => {
      const found = scene.node(node)
      if (found === null || found.row.reservation !== null) return null
      scene.cloud.people.remove(found.row.uuid)
      return DONE
    },
  }),
  lull: deed({
    says: 'Everything is well for a moment, as far as the operator can see.',
    fault: 'no',
    takes: {},
    does: (scene) => {
      lull(scene)
      return DONE
    },
  }),
}

/**
 * All that lasts for a while is over at once, and services, conductors, roads and BMCs are well as far as the operator can see: what only the
 * conductors cannot reach stays so, but for Keystone, without which Ironic's API answers nobody. So does a rack whose BMCs
 * answer everybody and switch nothing. What people did and said for good stands,
 * and so does the usual noise.
 */
function lull(scene: Scene): void {
  const { faults, people, state } = scene.cloud
  scene.endAllBut(/^service (?!keystone).*seen=conductors|^rack \d+ stuck/)
  const isUnseen = (service: ServiceSlug): boolean => service !== 'keystone' && faults.current(service)?.seenBy === 'conductors'
  for (const service of ALL_SERVICES) if (!isUnseen(service)) scene.quiet(service)
  faults.route = 'open'
  for (const one of scene.judges.bench.outages) if (!isUnseen(one.service)) one.to ??= state.clock.now()
  for (const { host } of state.conductors.values()) people.startConductor(host)
  for (const { row, bmc } of state.nodes.values()) if (bmc.mode !== 'ok' && bmc.mode !== 'stuck') people.bmc(row.uuid, 'ok')
}

type Failing = {
  service: ServiceSlug
  kind: FaultKind
  share?: number
  late?: number
  seen?: 'clients' | 'conductors'
  methods?: string[]
  times?: number
}

function serviceFails(scene: Scene, { service, kind, late, seen, ...some }: Failing): { undo: () => void } {
  const { faults } = scene.cloud
  const seenBy = seen ?? 'both'
  const isAway = isOutage({ kind, ...some })
  // Away for the same people in another way is the same outage.
  const goesOn = isAway && scene.judges.bench.outages.some((one) => one.service === service && one.seenBy === seenBy && one.to === null)
  if (!goesOn) endOutages(scene, service)
  faults.set(service, { kind, ...some, ...(late === undefined ? {} : { ms: late }), ...(seen === undefined ? {} : { seenBy: seen }) })
  const mine = faults.current(service)
  if (isAway && !goesOn) outage(scene, service, seenBy)
  return {
    undo: () => {
      // Another deed may have taken its place meanwhile.
      if (faults.current(service) !== mine) return
      scene.quiet(service)
      endOutages(scene, service)
    },
  }
}

/** One fault at a time: whatever a service's next one is, the outage before it is over. */
function endOutages({ cloud, judges }: Scene, service: ServiceSlug): void {
  for (const one of judges.bench.outages) if (one.service === service) one.to ??= cloud.state.clock.now()
}
