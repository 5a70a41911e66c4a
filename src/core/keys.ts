/**
 * What a case may share with others: the keys by which cases become one incident, and the failure domains.
 */
import type { Diagnosis } from './decision.ts'
import type { Keys } from './fleet.ts'
import type { BmcAddress, Observation } from './observation.ts'

/** Traits that name a rack or a zone begin like this (Ironic's own traits are CUSTOM_*; there is no standard one for either). */
const RACK_TRAIT = 'CUSTOM_RACK_'
const ZONE_TRAIT = 'CUSTOM_ZONE_'

/** The rack, else the zone; a zone says that it is one, since a rack may have the same number. */
function rackOf(traits: readonly string[]): string | undefined {
  const rack = traits.find((trait) => trait.startsWith(RACK_TRAIT))
  if (rack !== undefined) return rack.slice(RACK_TRAIT.length)
  const zone = traits.find((trait) => trait.startsWith(ZONE_TRAIT) && trait !== ZONE_TRAIT)
  return zone === undefined ? undefined : `zone ${zone.slice(ZONE_TRAIT.length)}`
}

/** The keys of one observation. `firstPass`: the node was found in the first pass over an empty store. */
export function keysOf(o: Observation, diagnosis: Diagnosis | null, firstPass: boolean): Keys {
  const node = o.node.kind === 'known' ? o.node.value : null
  const link = o.links.kind === 'known' ? o.links.value.find((l) => l.switch_id !== null || l.switch_info !== null) : undefined
  const conductor = node?.conductor ?? (o.history.kind === 'known' ? (o.history.value[0]?.conductor ?? null) : null)
  const entries: [keyof Keys, string | null | undefined][] = [
    ['backlog', firstPass ? 'first-pass' : null],
    ['service', diagnosis?.cause === 'api-unreachable' ? diagnosis.service : null],
    ['switch', link?.switch_info ?? link?.switch_id],
    ['bmc-network', node?.bmcAddress ? networkOf(node.bmcAddress) : null],
    ['rack', node === null ? null : rackOf(node.traits)],
    ['conductor', conductor],
    ['signature', diagnosis?.signature],
  ]
  return Object.fromEntries(entries.filter(([, value]) => value !== null && value !== undefined && value !== ''))
}

/** The /24 of an IPv4 address, the /64 of an IPv6 one, the domain of a host name: what usually hangs on one management switch. */
export function networkOf(address: BmcAddress): string {
  const { host } = address
  const v4 = /^(\d+\.\d+\.\d+)\.\d+$/.exec(host)
  if (v4) return `${v4[1]}.0/24`
  if (host.includes(':')) return `${expandV6(host).slice(0, 4).join(':')}::/64`
  return host.slice(host.indexOf('.') + 1)
}

function expandV6(host: string): string[] {
  const bare = host.replace(/[[\]]/g, '')
  const at = bare.indexOf('::')
  if (at < 0) return groupsOf(bare)
  const left = groupsOf(bare.slice(0, at))
  const right = groupsOf(bare.slice(at))
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
}

const groupsOf = (text: string): string[] =>
  text
    .split(':')
    .filter((group) => group !== '')
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))

/** A number in [0, 1) that is the same for the same text: jitter without randomness (FNV-1a, 32 bit). */
export function spread(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash / 0x100000000
}
