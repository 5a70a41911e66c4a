/**
 * Ironic's API: reads and the five changing requests, each sent once. Pages are built from `marker`, because Ironic's own `next`
 * link drops the filter (measured: 2,740 nodes instead of 1,019). What an answer means for a node is not decided here.
 */
import { z } from 'zod'
import type { HistoryEvent, Observation } from '../core/observation.ts'
import { type Reading, unknown } from '../core/reading.ts'
import type { SeenNode } from '../core/seen.ts'
import { type Answer, bodyOf, type Call, neverSent, refusal, type Sending, segment, unreadable } from './call.ts'
import { type HardwareReads, hardwareReads } from './ironic-hardware.ts'
import { historyIn, historySchema } from './ironic-history.ts'
import { LIST_FIELDS, seenNodeOf, seenSchema, type WireNode, wireNodeSchema } from './ironic-node.ts'
import { type IronicVersions, shardSince, type VersionKeeper, versionKeeper } from './ironic-version.ts'
import { OpenStackError } from './openstack-error.ts'
import { allOf, allPages, eachPage } from './pages.ts'
import type { Session } from './session.ts'

/** Ironic knows these three and no `test`: there is no compare-and-swap. */
export type PatchOperation = { op: 'add' | 'replace'; path: string; value: unknown } | { op: 'remove'; path: string }

export type Conductor = { hostname: string; alive: boolean; conductor_group: string; updated_at: string | null }

type Links = Extract<Observation['links'], { kind: 'known' }>['value']

export type Ironic = HardwareReads & {
  versions(): Promise<IronicVersions>
  /** All nodes in one provision state. */
  nodesIn(state: string): Promise<SeenNode[]>
  /** The same page by page. Throws where the list cannot be read to its end; what came before that is as true as ever. */
  pagesIn(state: string): AsyncIterable<SeenNode[]>
  /** All nodes that this credential sees, children of other nodes left out. */
  census(): Promise<SeenNode[]>
  /** The same page by page: 100,000 nodes at once would be most of the memory there is. Throws where the list cannot be read to its end. */
  censusPages(): AsyncIterable<SeenNode[]>
  /** null: Ironic itself says that it knows no such node. */
  node(uuidOrName: string): Promise<WireNode | null>
  /** Newest first. unknown: withheld from this credential. An empty list may also mean that Ironic keeps no history. */
  history(uuid: string): Promise<Reading<HistoryEvent[]>>
  conductors(): Promise<Conductor[]>
  /** local_link_connection of each of the node's ports. */
  links(uuid: string): Promise<Links>
  hasVolumeTargets(uuid: string): Promise<boolean>
  /** The node as it stands under its lock after the patch. */
  patch(uuid: string, operations: PatchOperation[], sending?: Sending): Promise<WireNode>
  /** A patch that changes the driver: every interface that it does not name becomes the driver's default. */
  patchDriver(uuid: string, operations: PatchOperation[], sending?: Sending): Promise<WireNode>
  provision(uuid: string, target: string, sending?: Sending): Promise<void>
  setMaintenance(uuid: string, reason: string, sending?: Sending): Promise<void>
  clearMaintenance(uuid: string, sending?: Sending): Promise<void>
}

/** Design section 4: a census page 60 s, a changing request 65 s (Ironic's own RPC gives up after 60 s). */
const CENSUS_PAGE_MS = 60_000
const CHANGE_MS = 65_000

const nodesPage = z.object({ nodes: z.array(seenSchema), next: z.string().nullish() })
const conductorSchema = z.looseObject({
  hostname: z.string(),
  alive: z.boolean(),
  conductor_group: z.string().nullish(),
  updated_at: z.string().nullish(),
})
const conductorsPage = z.object({ conductors: z.array(conductorSchema), next: z.string().nullish() })
const portsPage = z.object({
  ports: z.array(z.looseObject({ uuid: z.string(), local_link_connection: z.record(z.string(), z.unknown()).nullish() })),
  next: z.string().nullish(),
})
const targetsPage = z.object({ targets: z.array(z.unknown()) })

export function ironicClient(session: Session): Ironic {
  const keeper = versionKeeper(session)
  return { versions: keeper.versions, ...lists(keeper), ...nodeReads(keeper), ...hardwareReads(keeper), ...changes(session, keeper) }
}

const at = (uuid: string): string => `/v1/nodes/${segment(uuid)}`
const read = (path: string, more: Partial<Call> = {}): Call => ({ service: 'baremetal', method: 'GET', path, ...more })

function lists({ versions, send }: VersionKeeper): Pick<Ironic, 'nodesIn' | 'pagesIn' | 'census' | 'censusPages' | 'conductors' | 'links'> {
  async function* nodes(filter: [string, string][], more: Partial<Call>): AsyncGenerator<SeenNode[]> {
    const { used } = await versions()
    const fields = (shardSince(used) ? [...LIST_FIELDS, 'shard'] : LIST_FIELDS).join(',')
    yield* eachPage('uuid', async (marker) => {
      const call = read('/v1/nodes', { ...more, query: [...filter, ['fields', fields], ...marker] })
      const page = bodyOf(call, await send(call), nodesPage)
      // Reduced page by page: 100,000 rows with their links would be most of the memory there is.
      return { call, rows: page.nodes.map(seenNodeOf), more: typeof page.next === 'string' }
    })
  }

  const pagesIn = (state: string) => nodes([['provision_state', state]], {})
  const censusPages = () => nodes([], { answerTimeoutMs: CENSUS_PAGE_MS })

  return {
    nodesIn: (state) => allOf(pagesIn(state)),
    pagesIn,
    census: () => allOf(censusPages()),
    censusPages,

    conductors: async () => {
      const rows = await allPages('hostname', async (marker) => {
        const call = read('/v1/conductors', { query: [['detail', 'true'], ...marker] })
        const page = bodyOf(call, await send(call), conductorsPage)
        return { call, rows: page.conductors, more: typeof page.next === 'string' }
      })
      return rows.map(({ hostname, alive, conductor_group, updated_at }) => ({
        hostname,
        alive,
        conductor_group: conductor_group ?? '',
        updated_at: updated_at ?? null,
      }))
    },

    links: async (uuid) => {
      const rows = await allPages('uuid', async (marker) => {
        const call = read('/v1/ports/detail', { query: [['node', uuid], ...marker] })
        const page = bodyOf(call, await send(call), portsPage)
        return { call, rows: page.ports, more: typeof page.next === 'string' }
      })
      return rows.map(({ local_link_connection: link }) => ({
        switch_id: textOrNull(link?.['switch_id']),
        switch_info: textOrNull(link?.['switch_info']),
        port_id: textOrNull(link?.['port_id']),
      }))
    },
  }
}

function nodeReads({ send }: VersionKeeper): Pick<Ironic, 'node' | 'history' | 'hasVolumeTargets'> {
  return {
    node: async (uuidOrName) => {
      const call = read(at(uuidOrName), { accept: [404] })
      const response = await send(call)
      if (response.status !== 404) {
        const wire = bodyOf(call, response, wireNodeSchema)
        if (wire.uuid === uuidOrName || wire.name === uuidOrName) return wire
        throw unreadable(call, response, `Ironic was asked about ${uuidOrName} and answered about ${wire.uuid}.`)
      }
      // Only Ironic's own words mean that the node is not there; a proxy's 404 or a wrong address means nothing.
      if (/could not be found/i.test(response.text) && response.text.includes(uuidOrName)) return null
      throw refusal(call, response)
    },

    history: async (uuid) => {
      // No sort_dir: Ironic 21.4 (API 1.82) refuses it with 400 (measured). All of the at most 300 events come in one answer.
      const call = read(`${at(uuid)}/history`, { query: [['detail', 'true']], accept: [403] })
      const response = await send(call)
      if (response.status === 403) return unknown('redacted: this credential may not read the node history')
      return historyIn(bodyOf(call, response, historySchema))
    },

    hasVolumeTargets: async (uuid) => {
      const query: Call['query'] = [
        ['node', uuid],
        ['limit', '1'],
      ]
      const call = read('/v1/volume/targets', { query })
      return bodyOf(call, await send(call), targetsPage).targets.length > 0
    },
  }
}

function changes(
  session: Session,
  { versions, send }: VersionKeeper,
): Pick<Ironic, 'patch' | 'patchDriver' | 'provision' | 'setMaintenance' | 'clearMaintenance'> {
  /** What a write needs is made ready first; if that fails, the write was not sent, whatever the reason. */
  async function change(call: Call): Promise<Answer> {
    await session
      .warm('baremetal')
      .then(versions)
      .catch((error: unknown) => {
        // Knows: this failed before the write, so to the write it is "not sent" even where the read's own fate is unknown.
        throw error instanceof OpenStackError ? neverSent(call, error) : error
      })
    return await send(call)
  }
  /** Ironic takes an order with 202; another good status is the page of somebody in between, and what became of the order is not known. */
  async function order(call: Call): Promise<void> {
    const response = await change(call)
    if (response.status !== 202) throw unreadable(call, response, `Ironic takes this with 202, but ${response.status} came.`)
  }
  const call = (method: Call['method'], path: string, more: Partial<Call>): Call => ({
    service: 'baremetal',
    method,
    path,
    answerTimeoutMs: CHANGE_MS,
    ...more,
  })

  async function patched(uuid: string, operations: PatchOperation[], more: Partial<Call>): Promise<WireNode> {
    const patch = call('PATCH', at(uuid), { body: operations, ...more })
    const response = await change(patch)
    const wire = bodyOf(patch, response, wireNodeSchema)
    if (wire.uuid === uuid) return wire
    throw unreadable(patch, response, `The answer is about ${wire.uuid}.`)
  }

  return {
    patch: (uuid, operations, sending = {}) => patched(uuid, operations, sending),
    patchDriver: (uuid, operations, sending = {}) => patched(uuid, operations, { query: [['reset_interfaces', 'true']], ...sending }),
    provision: async (uuid, target, sending = {}) => {
      await order(call('PUT', `${at(uuid)}/states/provision`, { body: { target }, ...sending }))
    },
    setMaintenance: async (uuid, reason, sending = {}) => {
      await order(call('PUT', `${at(uuid)}/maintenance`, { body: { reason }, ...sending }))
    },
    clearMaintenance: async (uuid, sending = {}) => {
      await order(call('DELETE', `${at(uuid)}/maintenance`, sending))
    },
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
