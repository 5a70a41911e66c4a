/**
 * What Nova knows about the instances on a node. Three answers, not two: a server, gone, or an error thrown; a token that sees
 * too little must never look like an empty node, so lists without the attributes that only an administrator sees throw.
 */
import { z } from 'zod'
import type { ServerSeen } from '../core/observation.ts'
import { parseTime } from '../core/when.ts'
import { type Answer, bodyOf, type Call, refusal, segment } from './call.ts'
import { OpenStackError, parsed, unusableAnswer } from './openstack-error.ts'
import { allPages } from './pages.ts'
import type { Session } from './session.ts'

export type Nova = {
  /** Servers whose hypervisor_hostname is exactly the node's uuid, each with its last action. Deleted ones are not listed. */
  serversOn(uuid: string): Promise<ServerSeen[]>
  /** 'gone' means 404 in Nova's own words; it is worth something only after positiveControl. */
  server(id: string): Promise<ServerSeen | 'gone'>
  lastAction(id: string): Promise<ServerSeen['lastAction']>
  /** Whether this token sees other projects' servers, so that a 404 and an empty list mean something. Throws where Nova cannot be asked. */
  positiveControl(uuid: string, instanceUuid: string | null): Promise<{ passed: boolean; sentence: string }>
}

const HYPERVISOR = 'OS-EXT-SRV-ATTR:hypervisor_hostname'
const LAUNCHED = 'OS-SRV-USG:launched_at'
/** What the rows of a list without that attribute mean. */
const HIDDEN = `Nova hides ${HYPERVISOR} from this credential: it is no administrator, so it cannot see what is on a node.`
/** From 2.69 on servers and services of a cell that is down are shown as UNKNOWN instead of being left out or failing. */
const SHOWS_DOWN_CELLS = { 'openstack-api-version': 'compute 2.69' }

const text = z.string().nullish()
const serverSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  tenant_id: text,
  [HYPERVISOR]: text,
  'OS-EXT-STS:vm_state': text,
  'OS-EXT-STS:task_state': text,
  [LAUNCHED]: text,
})
type WireServer = z.infer<typeof serverSchema>
const listSchema = z.object({ servers: z.array(serverSchema), servers_links: z.array(z.looseObject({ rel: z.string() })).nullish() })
const oneSchema = z.object({ server: serverSchema })
const actionSchema = z.looseObject({
  action: z.string(),
  // One whose time cannot be read would sort behind an older `delete`.
  start_time: z.string().refine((at) => parseTime(at) !== null, { error: 'expected a time' }),
  instance_uuid: text,
})
const actionsSchema = z.object({ instanceActions: z.array(actionSchema) })
const servicesSchema = z.object({ services: z.array(z.looseObject({ binary: z.string(), status: z.string(), state: text })) })

/** Enough to find one server of another project in nearly every cloud that has one. */
const CONTROL_ROWS = '100'
/** A server found in the list may be deleted before it is asked for by id. */
const CONTROL_TRIES = 3

export function novaClient(session: Session): Nova {
  return {
    lastAction: (id) => lastAction(session, id),
    serversOn: async (uuid) => {
      // Nova takes `node` as a pattern, so the rows are compared.
      const servers = await listed(session, [['node', uuid]])
      const isHere = (server: WireServer) => server.status === 'UNKNOWN' || server[HYPERVISOR]?.toLowerCase() === uuid.toLowerCase()
      const here = servers.filter(isHere)
      // A list of all servers, from a Nova that drops the filter for this token, may hold servers that are nowhere; a filtered one may not.
      const isFiltered = servers.every((server) => server[HYPERVISOR] == null || isHere(server))
      if (isFiltered && here.length < servers.length)
        throw unusableAnswer(read('/servers/detail'), `Nova lists a server on node ${uuid} without saying where it is.`)
      return await Promise.all(here.map((server) => seen(session, server)))
    },
    server: async (id) => {
      const server = await wireServer(session, id)
      return server === 'gone' ? 'gone' : await seen(session, server)
    },
    positiveControl: (uuid, instanceUuid) =>
      control(session, uuid, instanceUuid).catch((error: unknown) => {
        // Knows: 401, 403 and hidden attributes are an answer to the question that is asked here; a Nova that fails is not.
        if (error instanceof OpenStackError && (error.status === 401 || error.status === 403 || error.sentence === HIDDEN)) {
          return { passed: false, sentence: `This token may not see other projects' servers: ${error.sentence}` }
        }
        throw error
      }),
  }
}

const read = (path: string, more: Partial<Call> = {}): Call => ({ service: 'compute', method: 'GET', path, ...more })

async function listed(session: Session, query: [string, string][]): Promise<WireServer[]> {
  return await allPages('id', async (marker) => {
    const call = read('/servers/detail', { query: [['all_tenants', '1'], ...query, ...marker] })
    const page = bodyOf(call, await session.request(call), listSchema)
    const blind = page.servers.find((server) => server.status !== 'UNKNOWN' && !(HYPERVISOR in server))
    if (blind) throw unusableAnswer(call, HIDDEN)
    const more = (page.servers_links ?? []).some((link) => link.rel === 'next')
    return { call, rows: page.servers, more: more && !query.some(([key]) => key === 'limit') }
  })
}

async function lastAction(session: Session, id: string): Promise<ServerSeen['lastAction']> {
  const call = read(`/servers/${segment(id)}/os-instance-actions`, { accept: [404] })
  const response = await session.request(call)
  if (isGone(call, response)) return null
  const actions = bodyOf(call, response, actionsSchema).instanceActions
  const stray = actions.find(({ instance_uuid }) => instance_uuid != null && instance_uuid !== id)
  if (stray) throw unusableAnswer(call, `The actions are those of instance ${stray.instance_uuid}.`)
  const newest = actions.toSorted((a, b) => (parseTime(b.start_time) ?? 0) - (parseTime(a.start_time) ?? 0))[0]
  return newest ? { action: newest.action, start_time: newest.start_time } : null
}

async function seen(session: Session, server: WireServer): Promise<ServerSeen> {
  if (server.status !== 'UNKNOWN' && !(LAUNCHED in server))
    throw unusableAnswer(read(`/servers/${segment(server.id)}`), `Nova does not say when server ${server.id} was launched.`)
  return {
    id: server.id,
    status: server.status,
    vm_state: server['OS-EXT-STS:vm_state'] ?? null,
    task_state: server['OS-EXT-STS:task_state'] ?? null,
    launched_at: server[LAUNCHED] ?? null,
    // A cell that is down cannot tell; UNKNOWN counts as living anyway.
    lastAction: server.status === 'UNKNOWN' ? null : await lastAction(session, server.id),
  }
}

async function wireServer(session: Session, id: string): Promise<WireServer | 'gone'> {
  const call = read(`/servers/${segment(id)}`, { headers: SHOWS_DOWN_CELLS, accept: [404] })
  const response = await session.request(call)
  if (isGone(call, response)) return 'gone'
  const { server } = bodyOf(call, response, oneSchema)
  if (server.id === id) return server
  throw unusableAnswer(call, `Nova was asked about server ${id} and answered about ${server.id}.`)
}

/** What os-services says of cells and conductors; 'refused' and 'not-asked' where this Nova does not tell this token. */
async function cells(session: Session): Promise<{ sentence: string } | 'refused' | 'not-asked' | 'fine'> {
  const call = read('/os-services', { headers: SHOWS_DOWN_CELLS, accept: [401, 403, 404, 406] })
  const response = await session.request(call)
  if (response.status === 401 || response.status === 403) return 'refused'
  if (response.status >= 400) return 'not-asked'
  const { services } = bodyOf(call, response, servicesSchema)
  if (services.length === 0) return { sentence: 'Nova lists no service of its own, so its answer is not whole.' }
  const cellDown = services.some((service) => service.status === 'UNKNOWN')
  if (cellDown) return { sentence: 'A cell of Nova cannot be reached, so its servers are missing from the answers.' }
  const conductors = services.filter((service) => service.binary === 'nova-conductor')
  if (conductors.length > 0 && conductors.every((service) => service.state !== 'up')) return { sentence: 'No nova-conductor is up.' }
  return 'fine'
}

async function control(session: Session, uuid: string, instanceUuid: string | null): Promise<{ passed: boolean; sentence: string }> {
  const state = await cells(session)
  if (typeof state === 'object') return { passed: false, sentence: state.sentence }
  const { projectId } = await session.identity()
  const all = await listed(session, [['limit', CONTROL_ROWS]])
  const others = all.filter((server) => server.tenant_id && server.tenant_id !== projectId && server.id !== instanceUuid)
  for (const other of others.slice(0, CONTROL_TRIES)) {
    const shown = (await wireServer(session, other.id)) !== 'gone'
    if (shown) return { passed: true, sentence: `Nova shows this token server ${other.id} of another project by id.` }
  }
  // A policy may let a token list every project and still show it no server of theirs by id: its 404 says nothing then.
  if (others.length > 0) {
    const tried = Math.min(others.length, CONTROL_TRIES)
    return {
      passed: false,
      sentence: `Nova lists servers of other projects to this token and shows it none of ${tried} by id, so its 404 proves nothing.`,
    }
  }
  // Nothing of another project to find. An older Nova ignores all_tenants instead of refusing it, and then its lists look the same.
  if (state === 'refused' && all.length === 0) {
    return {
      passed: false,
      sentence: 'Nova lists no server, and refuses this token its services: it cannot be told from a token that sees its own project only.',
    }
  }
  await listed(session, [['node', uuid]])
  if (instanceUuid !== null) await listed(session, [['uuid', instanceUuid]])
  return {
    passed: true,
    sentence: `Nova has no server of another project to find; it answered the lists over all projects by node${instanceUuid === null ? '' : ' and by uuid'}.`,
  }
}

/** Only Nova's own itemNotFound is "gone"; another 404 (a proxy, a wrong address) says nothing about the server. */
function isGone(call: Call, response: Answer): boolean {
  if (response.status !== 404) return false
  if (z.object({ itemNotFound: z.looseObject({}) }).safeParse(parsed(response.text)).success) return true
  throw refusal(call, response)
}
