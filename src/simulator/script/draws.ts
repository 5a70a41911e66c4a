/**
 * What mischief draws from, each with its weight: lines of a scenario, made up for the cloud as it stands at that moment. A draw only
 * writes; whether the line comes to anything is seen when it is performed. Lines with a delay are performed so much later.
 */
import type { Random } from '../../core/seams.ts'
import { AWAY, type FaultKind } from '../faults.ts'
import { conductorOf } from '../ironic-node.ts'
import { between, chance, pick } from '../seeded.ts'
import type { BmcMode, ServiceSlug, SimNode } from '../world.ts'
import { spanWord } from './deed.ts'
import { isOurQuarantine } from './deeds-people.ts'
import { isAway, NODE_MOMENTS, type Scene } from './scene.ts'

export type Drawn = string | { line: string; after: number }[] | null
export type Draw = { weight: number; draw(scene: Scene, random: Random): Drawn }

const SECOND = 1_000
const MINUTE = 60_000

const isLet = ({ row }: SimNode): boolean => row.provision_state === 'active' && !row.protected
export const isFailed = ({ row }: SimNode): boolean => row.provision_state === 'error' || row.provision_state === 'clean failed'
export const isTroubled = (node: SimNode): boolean =>
  isFailed(node) || ['deleting', 'cleaning', 'clean wait'].includes(node.row.provision_state)
const isFree = ({ row }: SimNode): boolean => row.provision_state === 'available'
const isAny = (): boolean => true

/** The name of one of these nodes. */
const one = ({ cloud }: Scene, random: Random, which: (node: SimNode) => boolean): string | null =>
  pick(random, [...cloud.state.nodes.values()].filter(which))?.row.name ?? null

export const span = (random: Random, low: number, high: number): string => `for ${spanWord(between(random, low, high))}`

export const DRAWS: readonly Draw[] = [
  { weight: 14, draw: deleteOnBadBmc },
  { weight: 8, draw: on(isLet, (node) => `delete ${node}`) },
  { weight: 6, draw: bmcBlip },
  {
    weight: 2,
    draw: on(isLet, (node, random) => `bmc ${node} flapping ${span(random, MINUTE, 20 * MINUTE)}`),
  },
  { weight: 1, draw: rackLost },
  { weight: 10, draw: service },
  { weight: 1, draw: everythingAway },
  { weight: 4, draw: lists },
  { weight: 4, draw: ironicRefuses },
  { weight: 5, draw: lostReplies },
  { weight: 6, draw: () => 'delete-again' },
  { weight: 6, draw: sharedFailure },
  { weight: 4, draw: failWithText },
  { weight: 4, draw: conductorDies },
  { weight: 3, draw: on(isAny, (node, random) => `lock ${node} ${spanWord(between(random, 1 * SECOND, 10 * MINUTE))}`, isFailed) },
  { weight: 3, draw: cleaningGoesWrong },
  { weight: 7, draw: on(isFree, (node) => `launch ${node}`) },
  { weight: 2, draw: undeployBehindNova },
  {
    weight: 1,
    draw: on(
      (node) => isFailed(node) && node.row.network_interface !== 'noop',
      (node, random) => `port ${node} ${span(random, 2 * MINUTE, 60 * MINUTE)}`,
    ),
  },
  { weight: 4, draw: maintenance },
  { weight: 3, draw: holdInExtra },
  {
    weight: 3,
    draw: on(isAny, (node, random) => `hold ${node}${chance(random, 0.8) ? ` ${span(random, 30 * SECOND, 60 * MINUTE)}` : ''}`, isTroubled),
  },
  { weight: 1, draw: (_, random) => `pause ${span(random, 30 * SECOND, 10 * MINUTE)}` },
  { weight: 2, draw: on(isFailed, (node, random) => `protect ${node} ${span(random, MINUTE, 30 * MINUTE)}`) },
  { weight: 3, draw: on(isFailed, (node, random) => `script-marks ${node} ago=${spanWord(between(random, 0, 3 * 60) * MINUTE)}`) },
  { weight: 1, draw: spoiltMarks },
  { weight: 2, draw: spentMarks },
  { weight: 2, draw: on(isFailed, (node) => `script-resets ${node}`) },
  { weight: 3, draw: on(isFailed, (node) => `retry ${node}`) },
  { weight: 2, draw: () => 'reject' },
  { weight: 4, draw: endQuarantine },
  { weight: 1, draw: (_, random) => `route ${pick(random, ['no-route', 'swallowed'])} ${span(random, MINUTE, 30 * MINUTE)}` },
  { weight: 2, draw: on(isAny, (node) => `wake ${node}`, isTroubled) },
  { weight: 7, draw: crash },
  { weight: 2, draw: (_, random) => `freeze span=${spanWord(between(random, 5 * SECOND, 12 * MINUTE))}` },
  { weight: 2, draw: clockJump },
  { weight: 3, draw: () => 'sweep' },
  { weight: 2, draw: (_, random) => `replica span=${spanWord(between(random, MINUTE, 20 * MINUTE))}` },
  { weight: 1, draw: (_, random) => `disk-full ${span(random, 5 * SECOND, 3 * MINUTE)}` },
  { weight: 5, draw: ambush },
  {
    weight: 1,
    draw: (_, random) =>
      `redact admin ${pick(random, ['last_error', 'history', 'conductor', 'extra'])} ${span(random, 20 * SECOND, 8 * MINUTE)}`,
  },
  { weight: 1, draw: (_, random) => `history-late ${spanWord(between(random, 10, 300) * SECOND)} ${span(random, MINUTE, 30 * MINUTE)}` },
  { weight: 0.3, draw: on(isAny, (node) => `remove ${node}`) },
  { weight: 3, draw: conductorDiesInTearDown },
  { weight: 3, draw: cleaningFailsAfterDelete },
  {
    weight: 1,
    draw: on(
      (node) => node.row.provision_state === 'error' && node.row.instance_uuid === null,
      (node) => `undead ${node}`,
    ),
  },
  {
    weight: 1,
    draw: on(
      (node) => isFailed(node) || isFree(node),
      (node, random) => `fail-cleaning ${node} ${chance(random, 0.7) ? 'automated' : 'manual'}`,
    ),
  },
  {
    weight: 1,
    draw: on(
      ({ row }) => ['clean failed', 'available', 'manageable'].includes(row.provision_state),
      (node, random) => `verb ${node} ${pick(random, ['manage', 'provide'])}`,
    ),
  },
  { weight: 1, draw: on(isTroubled, (node) => `unhold ${node}`) },
  { weight: 0.5, draw: () => 'believe-census' },
]

/** One of these, each as often as it weighs. */
export function drawnOf(draws: readonly Draw[], random: Random): Draw {
  let left = random() * draws.reduce((sum, { weight }) => sum + weight, 0)
  for (const one of draws) {
    left -= one.weight
    if (left < 0) return one
  }
  throw new Error('the weights of the draws do not add up')
}

/** A line about one node: of the preferred kind where there is one. */
export function on(
  which: (node: SimNode) => boolean,
  line: (node: string, random: Random) => string,
  rather?: (node: SimNode) => boolean,
): Draw['draw'] {
  return (scene, random) => {
    const preferred = rather !== undefined && chance(random, 0.8) ? one(scene, random, rather) : null
    const node = preferred ?? one(scene, random, which)
    return node === null ? null : line(node, random)
  }
}

export const now = (...lines: string[]): { line: string; after: number }[] => lines.map((line) => ({ line, after: 0 }))

const BAD_MODES: readonly BmcMode[] = ['silent', 'silent', 'frozen', 'refusing', 'rejecting', 'badpass', 'stuck', 'slow', 'flapping']

function deleteOnBadBmc(scene: Scene, random: Random): Drawn {
  const node = one(scene, random, (it) => isLet(it) && it.bmc.mode === 'ok')
  const mode = pick(random, BAD_MODES)
  if (node === null) return null
  const forGood = mode === 'silent' && chance(random, 0.1)
  return now(`bmc ${node} ${mode}${forGood ? '' : ` ${span(random, 20 * SECOND, 40 * MINUTE)}`}`, `delete ${node}`)
}

function bmcBlip(scene: Scene, random: Random): Drawn {
  const node = one(scene, random, (it) => it.bmc.mode === 'ok' && isTroubled(it)) ?? one(scene, random, (it) => it.bmc.mode === 'ok')
  return node === null ? null : `bmc ${node} ${pick(random, BAD_MODES)} ${span(random, 10 * SECOND, 20 * MINUTE)}`
}

function rackLost(scene: Scene, random: Random): Drawn {
  const node = pick(random, [...scene.cloud.state.nodes.values()])
  if (node === undefined) return null
  const rack = node.bmc.host.split('.')[2]
  const tenants = [...scene.cloud.state.nodes.values()].filter((it) => isLet(it) && it.bmc.host.split('.')[2] === rack).slice(0, 4)
  return [
    ...now(`rack ${rack} ${pick(random, ['silent', 'refusing', 'stuck'])} ${span(random, 2 * MINUTE, 50 * MINUTE)}`),
    ...tenants.map(({ row }) => ({ line: `delete ${row.name}`, after: between(random, 0, 2 * MINUTE) })),
  ]
}

const SERVICE_DRAW: readonly ServiceSlug[] = ['keystone', 'neutron', 'neutron', 'nova', 'placement', 'cinder', 'glance', 'ironic']
const KINDS: readonly FaultKind[] = ['down', 'unreachable', '503', '502', '500', 'hang', 'latency', '401', '429', 'cut']

function service(scene: Scene, random: Random): Drawn {
  const name = pick(random, SERVICE_DRAW)
  const kind = pick(random, KINDS)
  if (name === undefined || kind === undefined || isAway(scene, name)) return null
  const share = chance(random, 0.6) ? ` share=${between(random, 10, 80)}%` : ''
  const late = kind === 'latency' ? ` late=${spanWord(between(random, 500, 9_000))}` : ''
  const seen = AWAY.includes(kind) ? pick(random, ['clients', 'conductors', null, null]) : 'clients'
  return `service ${name} ${kind}${share}${late}${seen === null ? '' : ` seen=${seen}`} ${span(random, 30 * SECOND, 25 * MINUTE)}`
}

function everythingAway(_: Scene, random: Random): Drawn {
  const kind = pick(random, ['down', 'unreachable', '503'])
  const long = span(random, 2 * MINUTE, 30 * MINUTE)
  return now(...['keystone', 'neutron', 'nova', 'placement', 'cinder', 'glance'].map((name) => `service ${name} ${kind} ${long}`))
}

function lists(scene: Scene, random: Random): Drawn {
  if (isAway(scene, 'ironic')) return null
  const kind = pick(random, ['stale', 'stale', 'empty-list', 'half-list'])
  return `service ironic ${kind} share=${between(random, 20, 100)}% seen=clients ${span(random, 20 * SECOND, 12 * MINUTE)}`
}

function ironicRefuses(scene: Scene, random: Random): Drawn {
  if (isAway(scene, 'ironic')) return null
  const kind = pick(random, ['409', '409', 'no-worker', 'limit'])
  return `service ironic ${kind} share=${between(random, 30, 100)}% seen=clients ${span(random, 30 * SECOND, 15 * MINUTE)}`
}

function lostReplies(scene: Scene, random: Random): Drawn {
  if (isAway(scene, 'ironic')) return null
  const methods = pick(random, ['PUT', 'PATCH', 'PUT+PATCH+DELETE'])
  return `service ironic lost-reply seen=clients methods=${methods} times=${between(random, 1, 3)} ${span(random, 5 * MINUTE, 30 * MINUTE)}`
}

/** A service goes away, and several tenants delete at the same time. */
function sharedFailure(scene: Scene, random: Random): Drawn {
  const name = chance(random, 0.8) ? 'neutron' : 'keystone'
  if (isAway(scene, name)) return null
  const seen = chance(random, 0.5) ? ' seen=conductors' : ''
  const tenants = [...scene.cloud.state.nodes.values()].filter(isLet)
  const deletes = Array.from({ length: between(random, 3, 7) }, () => pick(random, tenants)?.row.name ?? null).filter((it) => it !== null)
  return [
    ...now(`service ${name} ${pick(random, ['down', '503', 'unreachable'])}${seen} ${span(random, 4 * MINUTE, 100 * MINUTE)}`),
    ...deletes.map((node) => ({ line: `delete ${node}`, after: between(random, 0, 3 * MINUTE) })),
  ]
}

const TEXTS: readonly string[] = [
  'Failed to tear down: IPMI call failed: power status.',
  'Failed to tear down: Failed to set node power state to power off.',
  'Failed to tear down: Redfish exception occurred. Error: HTTP GET returned code 503. Service temporarily unavailable.',
  'Failed to tear down: HTTP GET https://10.0.0.9/redfish/v1/Systems/1 returned code 401. Base.1.0.GeneralError: Invalid Username or Password',
  'Failed to tear down: Service Unavailable (HTTP 503)',
  'Failed to tear down: Unable to create neutron ports: ConnectFailure',
  'Failed to tear down: Failed to configure switch port: GenericSwitchNetmikoConnectError: Netmiko connection error',
  'Failed to tear down: Volume 12 could not be detached.',
  'Failed to tear down: Failed to validate power driver interface. Can not delete instance. Error: Missing the following IPMI credentials',
  'Failed to tear down: something that nobody has ever read before',
]

function failWithText(scene: Scene, random: Random): Drawn {
  const node = one(scene, random, isLet)
  return node === null ? null : `fail ${node} ${JSON.stringify(pick(random, TEXTS))}`
}

function conductorDies(scene: Scene, random: Random): Drawn {
  const running = [...scene.cloud.state.conductors.values()].filter((it) => it.running)
  const host = pick(random, running)?.host
  return host === undefined ? null : `conductor ${host} dies ${span(random, 10 * SECOND, 30 * MINUTE)}`
}

/** Its instance_uuid stays then, and Nova waits for a tear-down that nobody finishes. */
function conductorDiesInTearDown(scene: Scene, random: Random): Drawn {
  const { state } = scene.cloud
  const node = pick(random, [...state.nodes.values()].filter(isLet))
  const host = node === undefined ? null : conductorOf(state, node.row)
  if (node === undefined || host === null) return null
  const dies = `conductor ${host} dies ${span(random, 5 * SECOND, 6 * MINUTE)}`
  return [...now(`delete ${node.row.name}`), { line: dies, after: between(random, 200, 4_000) }]
}

function cleaningFailsAfterDelete(scene: Scene, random: Random): Drawn {
  const node = one(scene, random, (it) => isLet(it) && it.bmc.mode === 'ok')
  const will = pick(random, ['no-port', 'no-callback', 'step-fails', 'step-fails', 'step-hangs'])
  return node === null ? null : now(`cleaning ${node} ${will} ${span(random, 2 * MINUTE, 40 * MINUTE)}`, `delete ${node}`)
}

function cleaningGoesWrong(scene: Scene, random: Random): Drawn {
  const node = one(scene, random, isTroubled) ?? one(scene, random, isLet)
  const will = pick(random, ['no-port', 'no-callback', 'step-fails'])
  return node === null ? null : `cleaning ${node} ${will} ${span(random, 5 * MINUTE, 60 * MINUTE)}`
}

function undeployBehindNova(scene: Scene, random: Random): Drawn {
  const node = one(scene, random, (it) => isLet(it) && it.bmc.mode === 'ok')
  return node === null ? null : now(`bmc ${node} stuck ${span(random, 30 * SECOND, 5 * MINUTE)}`, `undeploy ${node}`)
}

const SAYS = ['new mainboard', 'anneal is not to touch this', 'RMA 4711']

function maintenance(scene: Scene, random: Random): Drawn {
  const node = chance(random, 0.7) ? one(scene, random, isTroubled) : one(scene, random, isAny)
  if (node === null) return null
  const reason = chance(random, 0.7) ? ` reason=${JSON.stringify(pick(random, SAYS))}` : ''
  return `maintenance ${node}${reason}${chance(random, 0.7) ? ` ${span(random, MINUTE, 90 * MINUTE)}` : ''}`
}

function holdInExtra(scene: Scene, random: Random): Drawn {
  const node = chance(random, 0.7) ? one(scene, random, isTroubled) : one(scene, random, isAny)
  if (node === null) return null
  const value = JSON.stringify(pick(random, ['mine', true, '', 0]))
  return `extra ${node} anneal_hold ${value}${chance(random, 0.8) ? ` ${span(random, MINUTE, 60 * MINUTE)}` : ''}`
}

/** What is no list at all, put right by a person after half an hour. Not over marks that are there: they would be lost. */
function spoiltMarks(scene: Scene, random: Random): Drawn {
  const node = one(scene, random, (it) => isFailed(it) && !Array.isArray(it.row.extra['hammer_error_resets']))
  return node === null ? null : `extra ${node} hammer_error_resets ${JSON.stringify(pick(random, ['yesterday', { count: 2 }, 3]))} for 30m`
}

/** The older script has used up what there was, hours ago. */
function spentMarks(scene: Scene, random: Random): Drawn {
  const node = one(scene, random, isFailed)
  return node === null
    ? null
    : now(...[1, 2, 3].map((times) => `script-marks ${node} ago=${spanWord(between(random, 65, 300) * MINUTE + times)}`))
}

/** By word or by hand, after the BMC was mended or before. */
function endQuarantine(scene: Scene, random: Random): Drawn {
  const node = one(scene, random, isOurQuarantine)
  if (node === null) return null
  const mended = chance(random, 0.8) ? [`bmc ${node} ok`] : []
  return now(...mended, chance(random, 0.5) ? `release ${node}` : `end-quarantine ${node}`)
}

/** A reset has some fourteen awaits from its commit to its record. */
export const STEPS_MAX = 14

function crash(_: Scene, random: Random): Drawn {
  const back = `back=${spanWord(between(random, SECOND, 3 * MINUTE))}`
  return chance(random, 0.35) ? `crash now ${back}` : `crash writing step=${between(random, 0, STEPS_MAX)} ${back}`
}

/** NTP's small corrections, and now and then a machine whose clock is wrong by much, until somebody puts it right. */
function clockJump(_: Scene, random: Random): Drawn {
  const ms = chance(random, 0.7) ? between(random, -1_500, 1_500) : between(random, -5 * MINUTE, 5 * MINUTE)
  return `clock ${ms < 0 ? '-' : '+'}${spanWord(Math.abs(ms))} ${span(random, 10 * SECOND, 30 * MINUTE)}`
}

const AMBUSHES: readonly string[] = [
  'maintenance @ reason="stop, I am working on it"',
  'extra @ anneal_hold "mine" for 10m',
  'hand-over @',
  'script-marks @',
  'script-resets @',
  'hold @ for 10m',
  'pause for 20s',
  'lock @ 40s',
  'protect @ for 10m',
  'bmc @ silent for 5m',
  'clock +3m for 2m',
  'clock -3s for 2m',
  'freeze span=9s',
  'freeze span=6s',
  'freeze span=3s',
  'freeze span=4s',
  'freeze span=40s',
  'freeze span=4m',
  'service neutron down for 30s',
  'service ironic lost-reply seen=clients times=1 for 10s',
  'service ironic 502 seen=clients times=1 for 10s',
  'service ironic hang seen=clients times=1 for 20s',
]

/** One waits at a moment, and no more: where every request is met, none goes through, and nothing is learnt of what goes on beside it. */
export function ambush({ ambushes }: Scene, random: Random): Drawn {
  const moment = pick(random, NODE_MOMENTS)
  if (ambushes.some((one) => one.moment === moment)) return null
  return `ambush ${moment} ${JSON.stringify(pick(random, AMBUSHES))}`
}
