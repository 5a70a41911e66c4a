/**
 * The pretend site that the demo plays on, and which of its nodes play which part. Drawn from a seed, and so that the stories stay apart:
 * what fails for reasons of its own must not look as if it shared a switch, a conductor or a text with the next one.
 */
import type { Random } from '../core/seams.ts'
import type { CloudOptions, NodeSpec } from './build-world.ts'
import type { SimNode, World } from './world.ts'

const RACKS = 3
/** Racks alternate between IPMI and Redfish, as machines bought in different years do. */
const REDFISH_RACK = 2
const IPMI_RACKS = [1, 3] as const

/** Three of five nodes have a tenant; the parts below need ten of those, three of them in one rack. */
export const NODES_MIN = 20
const RACK_NODES = 4
const OUTAGE_NODES = 8
/** Nodes with a tenant that are left for a reader to break. */
const SPARE = 4

export function siteNodes(count: number): NodeSpec[] {
  const digits = Math.max(2, String(count).length)
  const rackSize = Math.ceil(count / RACKS)
  return Array.from({ length: count }, (_, at) => {
    const rack = Math.floor(at / rackSize) + 1
    return {
      name: `node-${String(at + 1).padStart(digits, '0')}`,
      provision_state: at % 5 < 3 ? 'active' : 'available',
      protocol: rack === REDFISH_RACK ? 'redfish' : 'ipmi',
      rack,
    }
  })
}

/** Cleaning of a minute: real ones take longer and show nothing more. So many conductors that hardly two stories share one. */
export const SITE: Pick<CloudOptions, 'ironic'> = {
  ironic: { conductors: Array.from({ length: 6 }, (_, at) => `conductor-${at + 1}`), cleaningMs: 60_000 },
}

export type Cast = {
  blip: string
  dead: string
  live: string
  maintained: string
  rack: { switch: string; nodes: string[] }
  outage: string[]
}

/** Everybody who has a part. */
export const namesIn = ({ blip, dead, live, maintained, rack, outage }: Cast): string[] => [
  ...[blip, dead, live, maintained],
  ...rack.nodes,
  ...outage,
]

/** Throws where the site has fewer than NODES_MIN nodes. */
export function castOf(world: World, random: Random): Cast {
  const free = shuffled([...world.nodes.values()].filter(isLet), random)
  const used = new Map<number, number>()
  const conductorOf = ({ order }: SimNode): number => order % world.conductors.size
  /** Of a rack, the one whose conductor has the fewest parts so far. */
  const take = (rack: number): SimNode => {
    const [node] = free
      .filter((one) => rackOf(one) === rack)
      .toSorted((a, b) => (used.get(conductorOf(a)) ?? 0) - (used.get(conductorOf(b)) ?? 0))
    if (node === undefined) throw new Error(`a site of ${world.nodes.size} nodes has too few for the stories`)
    free.splice(free.indexOf(node), 1)
    used.set(conductorOf(node), (used.get(conductorOf(node)) ?? 0) + 1)
    return node
  }
  const dark = IPMI_RACKS[Math.floor(random() * IPMI_RACKS.length)] ?? 1
  const lit = dark === 1 ? 3 : 1
  const [blip, live] = [take(lit), take(lit)].map(nameOf)
  const [dead, maintained] = [take(REDFISH_RACK), take(REDFISH_RACK)].map(nameOf)
  const inRack = free.filter((one) => rackOf(one) === dark).length
  const rack = Array.from({ length: Math.min(RACK_NODES, inRack) }, () => take(dark))
  const outage: SimNode[] = []
  // From the racks that were not dark, in turn: a node of the dark one would at first look as if its switch had failed it again.
  const elsewhere = free.filter((one) => rackOf(one) !== dark).length
  for (let left = Math.min(OUTAGE_NODES, Math.max(3, elsewhere - SPARE)); left > 0; left -= 1) {
    const racks = [lit, REDFISH_RACK].filter((one) => free.some((node) => rackOf(node) === one))
    const from = racks[left % racks.length]
    if (from !== undefined) outage.push(take(from))
  }
  const switchName = rack[0]?.port.switch_info
  if (blip === undefined || live === undefined || dead === undefined || maintained === undefined || switchName === undefined)
    throw new Error(`a site of ${world.nodes.size} nodes has too few for the stories`)
  return { blip, dead, live, maintained, rack: { switch: switchName, nodes: rack.map(nameOf) }, outage: outage.map(nameOf) }
}

export const isLet = ({ row }: SimNode): boolean => row.provision_state === 'active'

export const nameOf = (node: SimNode): string => node.row.name ?? node.row.uuid

/** BMC networks are racks here: the third number of the address. */
const rackOf = ({ bmc }: SimNode): number => Number(bmc.host.split('.')[2])

/** Fisher and Yates. */
export function shuffled<T>(from: readonly T[], random: Random): T[] {
  const rest = [...from]
  return Array.from({ length: rest.length }, () => rest.splice(Math.floor(random() * rest.length), 1)).flat()
}
