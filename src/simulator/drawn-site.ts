/**
 * A pretend site drawn from a seed: 20 to 60 nodes in racks, of several classes and kinds, on a release of Ironic between Yoga and
 * 2026.1. What happens on it is mischief's business (mischief.ts).
 */
import type { Random } from '../core/seams.ts'
import type { CloudOptions, NodeSpec } from './build-world.ts'
import { between } from './seeded.ts'

export const NODES = { least: 20, most: 60 }

/** Yoga, 2023.1, 2024.1, 2025.1, 2025.2, 2026.1; below 1.82 there is no shard. */
const VERSIONS = ['1.78', '1.82', '1.90', '1.96', '1.101', '1.111']

export const pick = <T>(random: Random, from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)]
export const chance = (random: Random, probability: number): boolean => random() < probability

export function drawnSite(random: Random): Pick<CloudOptions, 'nodes' | 'ironic' | 'features' | 'placementPeriodMs'> {
  const size = between(random, NODES.least, NODES.most)
  const rackSize = between(random, 4, 16)
  const classes = between(random, 1, 4)
  const conductors = Array.from({ length: between(random, 1, 3) }, (_, at) => `conductor-${at + 1}`)
  const nodes = Array.from({ length: size }, (_, at): NodeSpec => {
    const rack = Math.floor(at / rackSize) + 1
    return {
      name: `node-${String(at + 1).padStart(2, '0')}`,
      provision_state: chance(random, 0.65) ? 'active' : 'available',
      protocol: rack % 2 === 1 ? 'ipmi' : 'redfish',
      rack,
      resource_class: `class-${at % classes}`,
      ...(chance(random, 0.08) ? { network_interface: 'noop' } : {}),
      ...(chance(random, 0.04) ? { protected: true } : {}),
      ...(chance(random, 0.04) ? { retired: true, automated_clean: chance(random, 0.5) ? true : null } : {}),
    }
  })
  return {
    nodes,
    placementPeriodMs: 60_000,
    features: chance(random, 0.1) ? { cinder: false } : {},
    ironic: {
      conductors,
      version: pick(random, VERSIONS) ?? '1.82',
      history: !chance(random, 0.1),
      rpc: chance(random, 0.7) ? 'json-rpc' : 'messaging',
      cleaningMs: between(random, 60, 400) * 1000,
      automatedClean: !chance(random, 0.08),
    },
  }
}
