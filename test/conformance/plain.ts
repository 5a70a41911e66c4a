/**
 * One vocabulary for two places: what is only a place's own (uuids, addresses, times, Python's object addresses) becomes a word.
 */
import { isFields } from './look.ts'

export type Own = { ironic: string; keystone: string; neutron: string; nodes: { key: string; uuid: string; name: string }[] }

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?/g

export function plain(own: Own, value: unknown): unknown {
  if (typeof value === 'string') return words(own, value)
  if (Array.isArray(value)) return value.map((one) => plain(own, one))
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [words(own, key), plain(own, one)]))
}

function words(own: Own, text: string): string {
  let said = text
  // The longer address first: in the simulator one is a part of the other's.
  const addresses: [string, string][] = [
    [own.keystone, '<keystone>'],
    [own.neutron, '<neutron>'],
    [own.ironic, '<ironic>'],
  ]
  for (const [address, word] of addresses) said = said.replaceAll(address, word)
  for (const { key, uuid, name } of own.nodes) said = said.replaceAll(uuid, `<uuid of ${key}>`).replaceAll(name, `<${key}>`)
  return said
    .replace(TIME, '<time>')
    .replace(UUID, '<uuid>')
    .replace(/req-<uuid>/g, '<request>')
    .replace(/0x[0-9a-f]{8,}/g, '<address>')
    .replace(/(?<=localhost:|port=)\d+/g, '<port>')
}
