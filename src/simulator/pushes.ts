/**
 * The pushes that mischief draws from, each with its weight. A push gives the name under which it is counted, or null where nothing
 * fitting stood there to be pushed.
 */

import { chance, pick } from './drawn-site.ts'
import type { FaultKind } from './faults.ts'
import type { Outage } from './judges.ts'
import type { Scene } from './mischief.ts'
import { NOISE_MOST } from './mischief.ts'
import { deleteServer } from './nova.ts'
import { between } from './seeded.ts'
import type { BmcMode, ServiceSlug, SimNode } from './world.ts'

export type Push = { weight: number; push(scene: Scene): string | null }

const SECOND = 1_000
const MINUTE = 60_000

const isLet = ({ row }: SimNode): boolean => row.provision_state === 'active' && !row.protected
const isFailed = ({ row }: SimNode): boolean => row.provision_state === 'error' || row.provision_state === 'clean failed'
const isTroubled = (node: SimNode): boolean => isFailed(node) || ['deleting', 'cleaning', 'clean wait'].includes(node.row.provision_state)
const isFree = ({ row }: SimNode): boolean => row.provision_state === 'available'

export const PUSHES: readonly Push[] = [
  { weight: 14, push: deleteOnBadBmc },
  { weight: 8, push: deleteInstance },
  { weight: 6, push: bmcBlip },
  { weight: 9, push: service },
  { weight: 5, push: lostReplies },
  { weight: 6, push: deleteOnceMore },
  { weight: 4, push: sharedFailure },
  { weight: 4, push: failWithText },
  { weight: 4, push: conductorDies },
  { weight: 3, push: lock },
  { weight: 3, push: cleaningGoesWrong },
  { weight: 7, push: launch },
  { weight: 2, push: undeployBehindNova },
  { weight: 1, push: leavePort },
  { weight: 4, push: maintenance },
  { weight: 3, push: holdInExtra },
  { weight: 3, push: holdByWord },
  { weight: 1, push: pause },
  { weight: 2, push: protect },
  { weight: 3, push: foreignMark },
  { weight: 3, push: retry },
  { weight: 4, push: releaseQuarantine },
  { weight: 1, push: blindToBmcs },
  { weight: 6, push: crash },
  { weight: 2, push: clockJump },
  { weight: 3, push: besides },
]

const BAD_MODES: readonly BmcMode[] = ['silent', 'silent', 'refusing', 'rejecting', 'badpass', 'stuck', 'slow']

function spoil(scene: Scene, node: SimNode, mode: BmcMode, ms: number): void {
  const { people } = scene.cloud
  people.bmc(node.row.uuid, mode)
  scene.later(ms, () => people.bmc(node.row.uuid, 'ok'))
}

function deleteOnBadBmc(scene: Scene): string | null {
  const node = scene.one((one) => isLet(one) && one.bmc.mode === 'ok')
  const mode = pick(scene.random, BAD_MODES)
  if (node === undefined || mode === undefined) return null
  if (mode === 'silent' && chance(scene.random, 0.1)) scene.cloud.people.bmc(node.row.uuid, mode)
  else spoil(scene, node, mode, between(scene.random, 20 * SECOND, 40 * MINUTE))
  scene.cloud.people.undeploy(node.row.uuid)
  return `bmc ${mode} as an instance is deleted`
}

function deleteInstance(scene: Scene): string | null {
  const node = scene.one(isLet)
  if (node === undefined) return null
  scene.cloud.people.undeploy(node.row.uuid)
  return 'instance deleted'
}

function bmcBlip(scene: Scene): string | null {
  const node = scene.one((one) => one.bmc.mode === 'ok' && isTroubled(one)) ?? scene.one((one) => one.bmc.mode === 'ok')
  const mode = pick(scene.random, BAD_MODES)
  if (node === undefined || mode === undefined) return null
  spoil(scene, node, mode, between(scene.random, 10 * SECOND, 20 * MINUTE))
  return `bmc ${mode}`
}

const SERVICES: readonly ServiceSlug[] = ['keystone', 'neutron', 'neutron', 'nova', 'placement', 'cinder', 'glance', 'ironic']
const KINDS: readonly FaultKind[] = ['down', 'unreachable', '503', '502', '500', 'hang', 'latency']

function service(scene: Scene): string | null {
  const { cloud, random } = scene
  const name = pick(random, SERVICES)
  const kind = pick(random, KINDS)
  if (name === undefined || kind === undefined || isAway(scene, name)) return null
  const share = chance(random, 0.6) ? between(random, 10, 80) / 100 : 1
  const ms = kind === 'latency' ? { ms: between(random, 500, 9_000) } : {}
  const seenBy = pick(random, ['clients', 'conductors', 'both', 'both'] as const) ?? 'both'
  cloud.faults.set(name, { kind, share, ...ms, ...(seenBy === 'both' ? {} : { seenBy }) })
  const outage = share === 1 && kind !== 'latency' ? begun(scene, name, seenBy) : null
  scene.later(between(random, 30 * SECOND, 25 * MINUTE), () => {
    scene.quiet(name)
    if (outage !== null) outage.to ??= cloud.state.clock.now()
  })
  return `${name} ${kind}`
}

/** More than the usual noise. */
const isAway = (scene: Scene, name: ServiceSlug): boolean =>
  (scene.cloud.faults.current(name)?.share ?? 1) > NOISE_MOST && scene.cloud.faults.current(name) !== null

function begun(scene: Scene, name: ServiceSlug, seenBy: Outage['seenBy']): Outage {
  const outage: Outage = { service: name, seenBy, from: scene.cloud.state.clock.now(), to: null }
  scene.judges.bench.outages.push(outage)
  return outage
}

/** Nova deletes the port with the server this time, if Neutron lets it. */
function deleteOnceMore(scene: Scene): string | null {
  const { state } = scene.cloud
  const left = [...state.servers.values()].filter(
    ({ deleted, status, actions }) => !deleted && status === 'ERROR' && actions.at(-1)?.action === 'delete',
  )
  for (const server of left) deleteServer(state, server, 'deleting')
  return left.length === 0 ? null : 'tenants delete once more'
}

function lostReplies(scene: Scene): string | null {
  const { faults } = scene.cloud
  if (isAway(scene, 'ironic')) return null
  const methods = pick(scene.random, [['PUT'], ['PATCH'], ['PUT', 'PATCH', 'DELETE']]) ?? ['PUT']
  faults.set('ironic', { kind: 'lost-reply', seenBy: 'clients', methods, times: between(scene.random, 1, 3) })
  scene.later(between(scene.random, 5 * MINUTE, 30 * MINUTE), () => {
    if (faults.current('ironic')?.kind === 'lost-reply') scene.quiet('ironic')
  })
  return 'ironic loses replies'
}

/** A service goes away, and several tenants delete at the same time. */
function sharedFailure(scene: Scene): string | null {
  const { cloud, random } = scene
  const name = chance(random, 0.8) ? 'neutron' : 'keystone'
  if (isAway(scene, name)) return null
  const seenBy = chance(random, 0.5) ? 'conductors' : 'both'
  cloud.faults.set(name, { kind: pick(random, ['down', '503', 'unreachable']) ?? 'down', ...(seenBy === 'both' ? {} : { seenBy }) })
  const outage = begun(scene, name, seenBy)
  scene.later(between(random, 4 * MINUTE, 100 * MINUTE), () => {
    scene.quiet(name)
    outage.to ??= cloud.state.clock.now()
  })
  for (let count = between(random, 3, 7); count > 0; count -= 1) {
    const node = scene.one(isLet)
    if (node !== undefined) scene.later(between(random, 0, 3 * MINUTE), () => isLet(node) && cloud.people.undeploy(node.row.uuid))
  }
  return `${name} away and many deletes`
}

const TEXTS: readonly string[] = [
  'Failed to tear down: IPMI call failed: power status.',
  'Failed to tear down: Failed to set node power state to power off.',
  'Failed to tear down: Redfish exception occurred. Error: HTTP GET returned code 503. Service temporarily unavailable.',
  'Failed to tear down: Service Unavailable (HTTP 503)',
  'Failed to tear down: Unable to create neutron ports: ConnectFailure',
  'Failed to tear down: Volume 12 could not be detached.',
  'Failed to tear down: something that nobody has ever read before',
]

function failWithText(scene: Scene): string | null {
  const node = scene.one(isLet)
  const text = pick(scene.random, TEXTS)
  if (node === undefined || text === undefined) return null
  scene.cloud.people.fail(node.row.uuid, text)
  return 'tear-down failed'
}

function conductorDies(scene: Scene): string | null {
  const { people, state } = scene.cloud
  const conductor = pick(
    scene.random,
    [...state.conductors.values()].filter(({ running }) => running),
  )
  if (conductor === undefined) return null
  people.killConductor(conductor.host)
  scene.later(between(scene.random, 10 * SECOND, 30 * MINUTE), () => people.startConductor(conductor.host))
  return 'conductor dies'
}

function lock(scene: Scene): string | null {
  const node = scene.one(isFailed) ?? scene.one(() => true)
  if (node === undefined) return null
  return scene.cloud.people.lock(node.row.uuid, between(scene.random, 1 * SECOND, 10 * MINUTE)) ? 'node locked' : null
}

function cleaningGoesWrong(scene: Scene): string | null {
  const node = scene.one(isTroubled) ?? scene.one(isLet)
  if (node === undefined) return null
  node.cleaning = pick(scene.random, ['no-port', 'no-callback', 'step-fails'] as const) ?? 'no-port'
  scene.later(between(scene.random, 5 * MINUTE, 60 * MINUTE), () => {
    node.cleaning = 'ok'
  })
  return `cleaning ${node.cleaning}`
}

function launch(scene: Scene): string | null {
  const node = scene.one(isFree)
  if (node === undefined) return null
  void scene.cloud.people.launch(node.row.uuid)
  return 'instance launched'
}

/** The wrong node is undeployed by hand: its instance lives on in Nova. */
function undeployBehindNova(scene: Scene): string | null {
  const node = scene.one((one) => isLet(one) && one.bmc.mode === 'ok')
  if (node === undefined) return null
  spoil(scene, node, 'stuck', between(scene.random, 30 * SECOND, 5 * MINUTE))
  scene.judges.hand(node.row.uuid, 'other')
  void scene.cloud.people.verb(node.row.uuid, 'deleted')
  return 'undeployed behind Nova'
}

function leavePort(scene: Scene): string | null {
  const node = scene.one((one) => isFailed(one) && one.row.network_interface !== 'noop')
  if (node === undefined) return null
  const port = scene.cloud.people.leavePort(node.row.uuid)
  scene.later(between(scene.random, 2 * MINUTE, 60 * MINUTE), () => scene.cloud.state.ports.delete(port))
  return 'port left bound'
}

function maintenance(scene: Scene): string | null {
  const { people } = scene.cloud
  const node = chance(scene.random, 0.7) ? scene.one(isTroubled) : scene.one(() => true)
  if (node === undefined || node.row.reservation !== null || node.row.maintenance_reason?.startsWith('anneal:')) return null
  const { uuid } = node.row
  people.setMaintenance(uuid, pick(scene.random, ['new mainboard', 'anneal is not to touch this', null]) ?? null)
  scene.judges.hand(uuid, 'maintenance')
  if (chance(scene.random, 0.7)) {
    scene.later(between(scene.random, MINUTE, 90 * MINUTE), () => {
      if (node.row.maintenance && !node.row.maintenance_reason?.startsWith('anneal:')) people.clearMaintenance(uuid)
      scene.judges.hand(uuid, 'cleared')
      void scene.operator.unhold(uuid)
    })
  }
  return 'person sets maintenance'
}

function holdInExtra(scene: Scene): string | null {
  const { people } = scene.cloud
  const node = chance(scene.random, 0.7) ? scene.one(isTroubled) : scene.one(() => true)
  if (node === undefined || Object.hasOwn(node.row.extra, 'anneal_hold')) return null
  const { uuid } = node.row
  people.setExtra(uuid, 'anneal_hold', pick(scene.random, ['mine', true, '', 0]) ?? 'mine')
  scene.judges.hand(uuid, 'other')
  if (chance(scene.random, 0.8)) {
    scene.later(between(scene.random, MINUTE, 60 * MINUTE), () => {
      people.setExtra(uuid, 'anneal_hold', null)
      scene.judges.hand(uuid, 'other')
    })
  }
  return 'person sets anneal_hold'
}

function holdByWord(scene: Scene): string | null {
  const node = chance(scene.random, 0.8) ? scene.one(isTroubled) : scene.one(() => true)
  if (node === undefined) return null
  const { uuid } = node.row
  void scene.operator.hold(uuid)
  if (chance(scene.random, 0.8)) scene.later(between(scene.random, 30 * SECOND, 60 * MINUTE), () => void scene.operator.unhold(uuid))
  return 'person holds'
}

function pause(scene: Scene): string | null {
  void scene.operator.pause()
  scene.later(between(scene.random, 30 * SECOND, 10 * MINUTE), () => void scene.operator.resume())
  return 'person pauses'
}

function protect(scene: Scene): string | null {
  const node = scene.one(isFailed)
  if (node === undefined || node.row.protected) return null
  const { uuid } = node.row
  scene.cloud.people.setProtected(uuid, true)
  scene.judges.hand(uuid, 'other')
  scene.later(between(scene.random, MINUTE, 30 * MINUTE), () => {
    scene.cloud.people.setProtected(uuid, false)
    scene.judges.hand(uuid, 'other')
  })
  return 'person protects'
}

/** The older script: it marks and does nothing else here. Some of what it writes is no list at all. */
function foreignMark(scene: Scene): string | null {
  const node = scene.one(isFailed)
  if (node === undefined) return null
  const { uuid, extra } = node.row
  const list = extra['hammer_error_resets']
  const spoils = chance(scene.random, 0.1)
  const text = new Date(scene.cloud.state.clock.now() - between(scene.random, 0, 3 * 60) * MINUTE).toISOString().slice(0, -1)
  const value = spoils ? pick(scene.random, ['yesterday', { count: 2 }, 3]) : [...(Array.isArray(list) ? list : []), text]
  if (!Array.isArray(value) && Array.isArray(list) && list.length > 0) return null
  scene.cloud.people.setExtra(uuid, 'hammer_error_resets', value)
  scene.judges.hand(uuid, 'other')
  if (!Array.isArray(value)) scene.later(30 * MINUTE, () => scene.cloud.people.setExtra(uuid, 'hammer_error_resets', null))
  return spoils ? 'script spoils the marks' : 'script marks'
}

function retry(scene: Scene): string | null {
  const node = scene.one(isFailed)
  if (node === undefined) return null
  void scene.operator.retry(node.row.uuid)
  return 'person says retry'
}

/** By word or by hand, after the BMC was mended or before. */
function releaseQuarantine(scene: Scene): string | null {
  const { people } = scene.cloud
  const node = scene.one(({ row }) => row.maintenance_reason?.startsWith('anneal:') === true)
  if (node === undefined) return null
  const { uuid } = node.row
  if (chance(scene.random, 0.8)) people.bmc(uuid, 'ok')
  if (chance(scene.random, 0.5)) {
    void scene.operator.release(uuid)
    return 'person releases'
  }
  if (node.row.reservation !== null) return null
  people.clearMaintenance(uuid)
  scene.judges.hand(uuid, 'other')
  scene.judges.said({ kind: 'release', uuid })
  return 'person clears a quarantine'
}

function blindToBmcs(scene: Scene): string | null {
  const { faults } = scene.cloud
  if (faults.route !== 'open') return null
  faults.route = pick(scene.random, ['no-route', 'swallowed'] as const) ?? 'swallowed'
  const name = faults.route
  scene.later(between(scene.random, MINUTE, 30 * MINUTE), () => {
    faults.route = 'open'
  })
  return `route to BMCs ${name}`
}

function crash(scene: Scene): string | null {
  const at = pick(scene.random, ['now', 'before-request', 'after-answer'] as const) ?? 'now'
  scene.operator.crash(at, between(scene.random, SECOND, 3 * MINUTE))
  return `operator dies ${at}`
}

/** NTP's small corrections, and now and then a machine whose clock was wrong by much. */
function clockJump(scene: Scene): string | null {
  const ms = chance(scene.random, 0.7) ? between(scene.random, -1_500, 1_500) : between(scene.random, -5 * MINUTE, 5 * MINUTE)
  scene.operator.jumpClock(ms)
  return 'clock jumps'
}

function besides(scene: Scene): string | null {
  scene.operator.sweepBeside()
  return 'sweep beside the operator'
}
