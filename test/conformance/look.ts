/**
 * What of an answer is a finding: its status and words, its shape, a node's way through its states, and time as an order of magnitude.
 */
import type { Answer, Ask, Site } from './site.ts'

type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path of keys and indexes; undefined where there is none. */
export function at(value: unknown, ...keys: (string | number)[]): unknown {
  let here: unknown = value
  for (const key of keys) here = Array.isArray(here) ? here[Number(key)] : isFields(here) ? here[key] : undefined
  return here
}

export const listAt = (value: unknown, ...keys: (string | number)[]): unknown[] => {
  const found = at(value, ...keys)
  return Array.isArray(found) ? found : []
}

/** Compared by order of magnitude only. */
export const seconds = (value: number) => ({ seconds: Math.round(value * 100) / 100 })

/** An error in full, unpacked from Ironic's two layers of JSON; of a success the status and whether there was a body. */
export function said({ status, json, text }: Answer): unknown {
  const wrapped = at(json, 'error_message')
  if (typeof wrapped === 'string') return { status, fault: parsed(wrapped) ?? wrapped }
  if (status >= 400) return { status, body: json ?? text.replace(/\s+/g, ' ') }
  return { status, body: text === '' ? 'empty' : 'some' }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // An error_message that is plain text is a finding of its own.
    return undefined
  }
}

/** Which keys there are and of what kind the values: `null` and a text are different kinds. */
export function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])]
  if (isFields(value))
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, shape(value[key])]),
    )
  return value === null ? 'null' : typeof value
}

export const keysOf = (value: unknown): string[] => (isFields(value) ? Object.keys(value).sort() : [])

export const pick = (value: unknown, ...keys: string[]): Fields => Object.fromEntries(keys.map((key) => [key, at(value, key)]))

export const nodePath = (site: Site, key: string, rest = '') => `/v1/nodes/${site.node(key).uuid}${rest}`

export const get = (site: Site, path: string, more: Partial<Ask> = {}) => site.ironic({ method: 'GET', path, ...more })

export const readNode = async (site: Site, key: string): Promise<Fields> => {
  const { json } = await get(site, nodePath(site, key))
  return isFields(json) ? json : {}
}

export const put = (site: Site, key: string, target: string) =>
  site.ironic({ method: 'PUT', path: nodePath(site, key, '/states/provision'), body: { target } })

export const patch = (site: Site, key: string, ...body: unknown[]) => site.ironic({ method: 'PATCH', path: nodePath(site, key), body })

/** How a node at rest is told apart: what a tear-down changes. */
export const rest = (node: unknown): Fields =>
  pick(
    node,
    ...['provision_state', 'target_provision_state', 'power_state', 'target_power_state', 'last_error', 'maintenance'],
    ...['maintenance_reason', 'fault', 'reservation', 'instance_uuid', 'instance_info'],
  )

const LOOK_MS = 40
const LONGEST_S = 120

/** Looks at a node until it is so; the states it was seen in, each once in a row, and how long it took. */
export async function watch(
  site: Site,
  key: string,
  isSo: (node: Fields) => boolean,
): Promise<{ states: string[]; seconds: number; node: Fields }> {
  const states: string[] = []
  const began = site.now()
  for (;;) {
    const node = await readNode(site, key)
    const state = String(node['provision_state'])
    const taken = (site.now() - began) / 1000
    if (states.at(-1) !== state) states.push(state)
    if (isSo(node)) return { states, seconds: taken, node }
    if (taken > LONGEST_S) throw new Error(`${key} was ${states.join(', ')} in ${LONGEST_S} s: ${node['last_error']}`)
    await site.pass(LOOK_MS)
  }
}

export const atRest =
  (...states: string[]) =>
  (node: Fields): boolean =>
    node['reservation'] === null && states.includes(String(node['provision_state']))

/** Newest last, with what `detail=true` adds. */
export async function history(site: Site, key: string): Promise<unknown[]> {
  const { json } = await get(site, nodePath(site, key, '/history?detail=true'))
  return listAt(json, 'history').map((event) => pick(event, 'event', 'event_type', 'severity', 'conductor', 'user'))
}

/** A tear-down as it went: without the `cleaning` that flashes by for 40 ms where nothing is cleaned. */
export async function tornDown(site: Site, key: string, ...ends: string[]): Promise<unknown> {
  const { status } = await put(site, key, 'deleted')
  const { states, seconds: taken, node } = await watch(site, key, atRest(...ends))
  return { status, states: states.filter((state) => state !== 'cleaning'), took: seconds(taken), node: rest(node) }
}
