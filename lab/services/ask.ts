/**
 * Requests to the real Neutron, Placement and Nova of a lab with SERVICES=1, as the cloud's administrator and past Anneal. Sent once; what
 * an answer means is the caller's affair.
 */
import { type Answer, call } from '../call.ts'
import { token } from '../keystone.ts'
import { readSettings } from '../settings.ts'

export type Peer = 'neutron' | 'placement' | 'nova'

/** Inventories that are wholly reserved came with 1.26, consumers with a generation with 1.28. Anneal names no version. */
const VERSIONS: Partial<Record<Peer, string>> = { placement: 'placement 1.28' }

export async function ask(peer: Peer, method: string, path: string, body?: unknown): Promise<Answer> {
  const version = VERSIONS[peer]
  const headers = { 'x-auth-token': await token(), ...(version === undefined ? {} : { 'openstack-api-version': version }) }
  return call({ method, url: readSettings()[peer] + path, headers, ...(body === undefined ? {} : { body }) })
}

/** A request that must succeed; its body. */
export async function mustAsk(peer: Peer, method: string, path: string, body?: unknown): Promise<unknown> {
  const { status, text, json } = await ask(peer, method, path, body)
  if (status >= 400) throw new Error(`${peer}: ${method} ${path}: ${status} ${text}`)
  return json
}
