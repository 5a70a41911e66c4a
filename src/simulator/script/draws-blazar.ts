/**
 * What mischief draws beside everything else at a site with a Blazar: leases that come and go, hands on its hosts, its own trouble, and what
 * falls between a read of it and a request. From a stream of its own, so that a site without one has the storm it always had.
 */
import type { Random } from '../../core/seams.ts'
import type { FaultKind } from '../faults.ts'
import { between, chance, pick } from '../seeded.ts'
import type { SimNode } from '../world.ts'
import { spanWord } from './deed.ts'
import { type Draw, type Drawn, drawnOf, isFailed, isTroubled, now, on, span } from './draws.ts'
import { isAway, type Scene } from './scene.ts'

const SECOND = 1_000
const MINUTE = 60_000

/** Near enough for its beginning, and mostly its end, to fall into what is played. */
const START_MOST = 110 * MINUTE
const LONG_MOST = 150 * MINUTE

const long = (random: Random): string => `long=${spanWord(between(random, 5 * MINUTE, LONG_MOST))}`
const soon = (random: Random): string => `in=${spanWord(between(random, 0, START_MOST))}`
const isAny = (): boolean => true
const isLet = ({ row }: SimNode): boolean => row.provision_state === 'active' && !row.protected

const DRAWS: readonly Draw[] = [
  { weight: 6, draw: on(isAny, (node, random) => `lease ${node} ${soon(random)} ${long(random)}`, isTroubled) },
  { weight: 3, draw: on(isAny, (node, random) => `lease ${node} ${long(random)}`) },
  { weight: 3, draw: (_, random) => `lease-any hosts=${between(random, 1, 2)} ${soon(random)} ${long(random)}` },
  { weight: 5, draw: leasedAndBroken },
  { weight: 3, draw: ofHosts(isHeld, (node) => `end-lease ${node}`) },
  {
    weight: 4,
    draw: on(
      isAny,
      (node, random) => `blazar-disable ${node}${chance(random, 0.7) ? ` ${span(random, MINUTE, 90 * MINUTE)}` : ''}`,
      isTroubled,
    ),
  },
  { weight: 3, draw: ofHosts(isDisabled, (node) => `blazar-enable ${node}`) },
  { weight: 2, draw: toggled },
  {
    weight: 1,
    draw: on(
      isAny,
      (node, random) => `blazar-remove ${node}${chance(random, 0.8) ? ` ${span(random, MINUTE, 40 * MINUTE)}` : ''}`,
      isFailed,
    ),
  },
  { weight: 3, draw: trouble },
  { weight: 3, draw: lostReplies },
  { weight: 5, draw: ambush },
]

/** On average; a storm of an hour has some 150 of these lines. */
const MEAN_GAP_MS = 25_000
export const gapInBlazar = (random: Random): number => Math.ceil(-Math.log(1 - random()) * MEAN_GAP_MS)

export const drawnInBlazar = (scene: Scene, random: Random): Drawn => drawnOf(DRAWS, random).draw(scene, random)

const NOISE: readonly FaultKind[] = ['503', '500', '502', 'latency', 'lost-reply', '429', 'cut']

/** Who has leased what before anything happens, and what befalls Blazar on a usual day. */
export function blazarAtFirst({ cloud }: Scene, random: Random): string[] {
  const { nodes } = cloud.state
  const leases = [...nodes.values()].filter(() => chance(random, 0.15))
  const noise = `noise blazar ${pick(random, NOISE)} share=${(1 + random() * 9).toFixed(1)}% late=${spanWord(between(random, 200, 3_000))}`
  const stays = chance(random, 0.1) ? [`stays ${JSON.stringify('service blazar down')}`] : []
  return [
    ...(chance(random, 0.75) ? [noise] : []),
    ...stays,
    ...leases.map(({ row }) => `lease ${row.name} in=${spanWord(between(random, MINUTE, START_MOST))} ${long(random)}`),
  ]
}

function ofHosts(which: (scene: Scene, node: SimNode) => boolean, line: (node: string) => string): Draw['draw'] {
  return (scene, random) => {
    const node = pick(
      random,
      [...scene.cloud.state.nodes.values()].filter((one) => which(scene, one)),
    )
    return node === undefined ? null : line(node.row.name ?? node.row.uuid)
  }
}

const hostsOf = ({ cloud }: Scene, { row }: SimNode) =>
  [...(cloud.state.blazar?.hosts.values() ?? [])].filter(({ hypervisor_hostname }) => hypervisor_hostname === row.uuid)

function isDisabled(scene: Scene, node: SimNode): boolean {
  return hostsOf(scene, node).some(({ disabled }) => disabled)
}

function isHeld(scene: Scene, node: SimNode): boolean {
  const leases = [...(scene.cloud.state.blazar?.leases.values() ?? [])]
  const held = leases.flatMap(({ reservations }) => reservations.flatMap(({ hosts }) => hosts))
  return hostsOf(scene, node).some(({ id }) => held.includes(id))
}

/** The failure that a shield is for: somebody waits for the node. */
function leasedAndBroken(scene: Scene, random: Random): Drawn {
  const node = pick(
    random,
    [...scene.cloud.state.nodes.values()].filter((one) => isLet(one) && one.bmc.mode === 'ok'),
  )
  if (node === undefined) return null
  const { name } = node.row
  const lease = `lease ${name} in=${spanWord(between(random, 5 * MINUTE, 70 * MINUTE))} ${long(random)}`
  return now(lease, `bmc ${name} silent ${span(random, 20 * SECOND, 15 * MINUTE)}`, `delete ${name}`)
}

/** Off and on again, or on and off: whoever compares only the flag takes it for nothing. */
function toggled(scene: Scene, random: Random): Drawn {
  const node = pick(
    random,
    [...scene.cloud.state.nodes.values()].filter((one) => isDisabled(scene, one)),
  )
  return node === undefined
    ? null
    : now(`blazar-enable ${node.row.name}`, `blazar-disable ${node.row.name} ${span(random, MINUTE, 60 * MINUTE)}`)
}

const KINDS: readonly FaultKind[] = ['down', 'unreachable', '503', '502', '500', 'hang', 'latency', '401', '429', 'cut']

function trouble(scene: Scene, random: Random): Drawn {
  if (isAway(scene, 'blazar')) return null
  const kind = pick(random, KINDS)
  const share = chance(random, 0.6) ? ` share=${between(random, 10, 80)}%` : ''
  const late = kind === 'latency' ? ` late=${spanWord(between(random, 500, 9_000))}` : ''
  return `service blazar ${kind}${share}${late} ${span(random, 30 * SECOND, 25 * MINUTE)}`
}

function lostReplies(scene: Scene, random: Random): Drawn {
  if (isAway(scene, 'blazar')) return null
  return `service blazar lost-reply seen=clients methods=PUT times=${between(random, 1, 2)} ${span(random, 5 * MINUTE, 30 * MINUTE)}`
}

const AMBUSHES: readonly string[] = [
  'blazar-disable @',
  'blazar-enable @',
  'blazar-remove @ for 10m',
  'end-lease @',
  'lease @ long=20m',
  'hold @ for 10m',
  'maintenance @ reason="stop, I am working on it" for 20m',
  'pause for 20s',
  'crash now back=20s',
  'freeze span=4s',
  'freeze span=40s',
  'service blazar lost-reply seen=clients times=1 for 20s',
  'service blazar 502 seen=clients times=1 for 10s',
  'service blazar hang seen=clients times=1 for 20s',
]

function ambush({ ambushes }: Scene, random: Random): Drawn {
  if (ambushes.some(({ moment }) => moment === 'before-blazar')) return null
  return `ambush before-blazar ${JSON.stringify(pick(random, AMBUSHES))}`
}
