/**
 * Says from a test what the lab's Neutron, Nova and Placement answer, and reads what they were asked. The other end is stubs.ts.
 */
import { z } from 'zod'
import { call } from './call.ts'
import { readSettings } from './settings.ts'
import type { Server } from './stub-nova.ts'

export type StubMode = 'ok' | '503' | '500' | '401' | '403' | 'hang' | 'refused'

const Ports = z.array(z.looseObject({ id: z.string(), 'binding:host_id': z.string(), device_id: z.string() }))
const Servers = z.array(
  z.looseObject({ id: z.string(), status: z.string(), deleted: z.boolean(), hypervisor_hostname: z.string().nullable() }),
)
const Journal = z.array(
  z.object({ time: z.string(), service: z.string(), method: z.string(), path: z.string(), status: z.number().nullable() }),
)

async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await call({ method, url: readSettings().stubsControl + path, ...(body === undefined ? {} : { body }) })
  if (answer.status !== 200) throw new Error(`stubs: ${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.json
}

/** Sets how services answer from now on; those not named stay as they are. `nonadmin`: Nova sees a token of one project. */
export async function setStubs(modes: { neutron?: StubMode; nova?: StubMode | 'nonadmin'; placement?: StubMode }): Promise<void> {
  await control('POST', '/lab/modes', modes)
}

/** Makes a server or changes the named fields of one; null forgets it, as Nova does once a deleted server is archived. */
export async function putServer(
  id: string,
  fields: (Partial<Omit<Server, 'id' | 'actions'>> & { actions?: unknown[] }) | null,
): Promise<void> {
  await control(fields === null ? 'DELETE' : 'PUT', `/lab/servers/${id}`, fields ?? undefined)
}

export const servers = async () => Servers.parse(await control('GET', '/lab/servers'))

/** Which consumers hold the node in Placement; [] frees it. */
export async function putAllocations(nodeUuid: string, consumers: string[]): Promise<void> {
  await control('PUT', `/lab/allocations/${nodeUuid}`, consumers)
}

/** Makes or changes a Neutron port as Neutron's own API would (`binding:host_id` '' unbinds it); null removes it. */
export async function putPort(id: string, fields: Record<string, unknown> | null): Promise<void> {
  await control(fields === null ? 'DELETE' : 'PUT', `/lab/ports/${id}`, fields ?? undefined)
}

export const neutronPorts = async () => Ports.parse(await control('GET', '/lab/ports'))

/** What the stubs were asked since the last `clear`, oldest first. */
export const stubJournal = async (clear = false) => Journal.parse(await control(clear ? 'DELETE' : 'GET', '/lab/journal'))
