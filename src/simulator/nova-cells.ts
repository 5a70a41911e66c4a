/**
 * Nova's cells as its API shows them: which one keeps a server, its services, and what is told of a cell that nobody reaches. From
 * microversion 2.69 on such a cell's servers are stubs of status UNKNOWN, but only in lists without filter and paging; everywhere else they
 * are left out without a word (api-guide, down_cells).
 */
import type { Asked, Reply } from './answer.ts'
import type { Server, SimNode, World } from './world.ts'

const SHOWS_DOWN_CELLS_SINCE = 69

export const cellOf = (world: World, node: SimNode): string => `cell${((node.order - 1) % world.settings.novaCells) + 1}`

export const cellsOf = (world: World): string[] => Array.from({ length: world.settings.novaCells }, (_, at) => `cell${at + 1}`)

/** The one nova-compute of a cell. */
export const computeHost = (cell: string): string => `compute-${cell.slice('cell'.length)}`

export const isOutOfReach = (world: World, server: Server): boolean => world.cellsDown.has(server.cell)

/** The microversion's second part; 1 where the caller names none. */
export function novaMinor(asked: Asked): number {
  const wanted = asked.headers['openstack-api-version']?.replace(/^compute /, '') ?? asked.headers['x-openstack-nova-api-version']
  return wanted === 'latest' ? Number.POSITIVE_INFINITY : Number(/^2\.(\d+)$/.exec(wanted ?? '')?.[1] ?? 1)
}

/** Whether the caller's microversion knows stubs. */
export const knowsStubs = (asked: Asked): boolean => novaMinor(asked) >= SHOWS_DOWN_CELLS_SINCE

/** Whether a list of servers may hold stubs: nothing of what it was asked for could be compared with one. */
export const listsStubs = (asked: Asked): boolean => knowsStubs(asked) && [...asked.query.keys()].every((key) => key === 'all_tenants')

export const stubInList = (server: Server, created: string, detail: boolean): Record<string, unknown> => ({
  id: server.id,
  status: 'UNKNOWN',
  ...(detail ? { tenant_id: server.tenant_id, created } : {}),
  links: [],
})

export const stub = (server: Server, created: string): Record<string, unknown> => ({
  id: server.id,
  status: 'UNKNOWN',
  tenant_id: server.tenant_id,
  user_id: server.user_id,
  created,
  image: '',
  flavor: { original_name: 'baremetal' },
  'OS-EXT-AZ:availability_zone': 'UNKNOWN',
  'OS-EXT-STS:power_state': 0,
})

export const UNEXPECTED =
  'Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.'

/** What a client that knows no stubs gets of one server, and everybody of its actions. */
export const unanswerable: Reply = {
  status: 500,
  json: {
    computeFault: { code: 500, message: UNEXPECTED },
  },
}

/** The services of all cells; the ones above the cells are in none. */
export function services(world: World, asked: Asked, updatedAt: string): Record<string, unknown>[] {
  const whole = (binary: string, host: string): Record<string, unknown> => ({
    id: `service-${binary}-${host}`,
    binary,
    host,
    zone: binary === 'nova-compute' ? 'nova' : 'internal',
    status: 'enabled',
    state: 'up',
    updated_at: updatedAt,
    disabled_reason: null,
    forced_down: false,
  })
  const ofCells = cellsOf(world).flatMap((cell) => {
    if (!world.cellsDown.has(cell)) return [whole('nova-compute', computeHost(cell)), whole('nova-conductor', `conductor-${cell}`)]
    return knowsStubs(asked) ? [{ binary: 'nova-compute', host: computeHost(cell), status: 'UNKNOWN' }] : []
  })
  return [...ofCells, whole('nova-conductor', 'controller-1'), whole('nova-scheduler', 'controller-1')]
}
