/**
 * The pretend site that the demo plays on, and which of its nodes play which part. Drawn from a seed, and so that the stories stay apart:
 * what fails for reasons of its own must not look as if it shared a switch, a conductor or a text with the next one.
 */
import type { Random } from '../core/seams.ts'
import type { CloudOptions, NodeSpec } from './build-world.ts'
import type { SimNode, World } from './world.ts'

/** Four to a rack, so that a few nodes already have several switches and BMC networks. */
const RACK_SIZE = 4
const OUTAGE_NODES = 6
/** Three of five nodes have a tenant; the parts below need ten of those. */
export const NODES_MIN = 16

/** Racks alternate between IPMI and Redfish, as machines bought in different years do. */
export function siteNodes(count: number): NodeSpec[] {
  const digits = Math.max(2, String(count).length)
  return Array.from({ length: count }, (_, at) => {
    const rack = Math.floor(at / RACK_SIZE) + 1
    return {
      name: `node-${String(at + 1).padStart(digits, '0')}`,
      provision_state: at % 5 < 3 ? 'active' : 'available',
      protocol: rack % 2 === 1 ? 'ipmi' : 'redfish',
      rack,
    }
  })
}

/** Cleaning of a minute: real ones take longer and show nothing more. */
export const SITE: Pick<CloudOptions, 'ironic'> = { ironic: { conductors: ['conductor-1', 'conductor-2'], cleaningMs: 60_000 } }

export type Cast = { blip: string; dead: string; live: string; maintained: string; outage: string[] }

/** Throws where the site has fewer than NODES_MIN nodes. */
export function castOf(world: World, random: Random): Cast {
  const free = shuffled([...world.nodes.values()].filter(isLet), random)
  const racks = new Set<string>()
  const take = (protocol: 'ipmi' | 'redfish', conductor: number): string => {
    const at = free.findIndex((node) => node.bmc.protocol === protocol && node.order % 2 === conductor && !racks.has(node.port.switch_id))
    const [node] = at < 0 ? [] : free.splice(at, 1)
    if (node === undefined) throw new Error(`a site of ${world.nodes.size} nodes has too few for the stories`)
    racks.add(node.port.switch_id)
    return nameOf(node)
  }
  const blip = take('ipmi', 0)
  const dead = take('redfish', 1)
  const live = take('ipmi', 1)
  const maintained = take('redfish', 0)
  const outage = free.slice(0, OUTAGE_NODES).map(nameOf)
  return { blip, dead, live, maintained, outage }
}

const isLet = (node: SimNode): boolean => node.row.provision_state === 'active'

export const nameOf = (node: SimNode): string => node.row.name ?? node.row.uuid

/** Fisher and Yates. */
function shuffled<T>(from: readonly T[], random: Random): T[] {
  const rest = [...from]
  return Array.from({ length: rest.length }, () => rest.splice(Math.floor(random() * rest.length), 1)).flat()
}
