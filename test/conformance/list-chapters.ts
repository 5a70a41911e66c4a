/**
 * Lists of nodes: filters, fields, sorting and pages. All nodes of the chapter share a resource class, which every query names, so that
 * other nodes of the place do not show.
 */
import { at, get, keysOf, listAt, nodePath, said, shape } from './look.ts'
import type { Chapter, Site } from './site.ts'

const CLASS = 'conformance'
const QUERY = `/v1/nodes?resource_class=${CLASS}`

const names = (json: unknown): unknown[] => listAt(json, 'nodes').map((node) => at(node, 'uuid'))

/** The nodes that a query lists, and what its link to the next page keeps. */
async function listed(site: Site, query: string): Promise<unknown> {
  const { status, json } = await get(site, `${QUERY}&${query}`)
  return { status, nodes: names(json), next: at(json, 'next') ?? null }
}

export const lists: Chapter = {
  title: 'lists',
  setting: 'plain',
  nodes: {
    a: { resource_class: CLASS },
    b: { resource_class: CLASS, state: 'available' },
    c: { resource_class: CLASS, state: 'available' },
  },
  async tell(site, found) {
    // By its uuid: the order is that in which the nodes were made, which a busy machine may change.
    const isA = (node: unknown): boolean => at(node, 'uuid') === site.node('a').uuid
    found('the fields of a list', shape(listAt((await get(site, QUERY)).json, 'nodes').find(isA)))
    const detail = await get(site, `/v1/nodes/detail?resource_class=${CLASS}`)
    found('the fields of a detailed list', keysOf(at(detail.json, 'nodes', 0)))
    found('detail=true is the same as /detail', keysOf(at((await get(site, `${QUERY}&detail=true`)).json, 'nodes', 0)).length)
    const byState = async (state: string) => {
      const { status, json } = await get(site, `${QUERY}&provision_state=${state}&fields=uuid,provision_state`)
      return { status, nodes: names(json).sort(), states: listAt(json, 'nodes').map((node) => at(node, 'provision_state')) }
    }
    found('nodes in one state', await byState('available'))
    found('nodes in a state with a space, none there', await byState('clean%20failed'))
    await site.ironic({ method: 'PUT', path: nodePath(site, 'c', '/maintenance'), body: { reason: 'x' } })
    for (const filter of ['maintenance=true', 'associated=true', 'conductor=lab&maintenance=true', 'retired=true']) {
      found(`filter ${filter}`, await listed(site, `${filter}&fields=uuid`))
    }
    const without = async (filter: string) => names((await get(site, `${QUERY}&${filter}&fields=uuid`)).json).length
    found('filters that say no', [await without('maintenance=false'), await without('associated=false'), await without('retired=false')])
    found('filters that nothing meets', [
      await without('owner=nobody'),
      await without('driver=fake-hardware'),
      await without('fault=power%20failure'),
    ])
    await pages(site, found)
    await refused(site, found)
    await site.ironic({ method: 'DELETE', path: nodePath(site, 'c', '/maintenance') })
  },
}

type Found = Parameters<Chapter['tell']>[1]

async function pages(site: Site, found: Found): Promise<void> {
  const uuids = names((await get(site, `${QUERY}&fields=uuid`)).json).map(String)
  const page = async (query: string) => {
    const { status, json } = await get(site, `${QUERY}&fields=uuid&${query}`)
    const next = at(json, 'next')
    return {
      status,
      at: names(json).map((uuid) => uuids.indexOf(String(uuid))),
      next: typeof next === 'string' ? withoutMarker(next) : null,
    }
  }
  found('a first page', await page('limit=2'))
  found('the page after a marker', await page(`limit=2&marker=${uuids[1]}`))
  found('next forgets the filters', (await page('provision_state=available&limit=1')).next)
  found('next keeps a filter that is true', (await page('maintenance=true&limit=1')).next)
  found('next of a page that is just full', await page('limit=3'))
  found('next keeps the order', (await page('sort_key=provision_updated_at&sort_dir=desc&limit=1')).next)
  found('a limit beyond the cap', await page('limit=5000'))
  found('order by name, downwards', (await page('sort_key=name&sort_dir=desc')).at.length)
  found('a marker that nobody is', said(await get(site, `${QUERY}&marker=7d0b1c5e-0000-4000-8000-000000000000`)))
  const detailed = await get(site, `/v1/nodes/detail?resource_class=${CLASS}&limit=1`)
  found('next of a detailed list', withoutMarker(String(at(detailed.json, 'next'))))
}

const withoutMarker = (link: string) => link.replace(/marker=[^&]+/, 'marker=<uuid>')

const REFUSED = [
  'limit=0',
  'limit=-1',
  'limit=banana',
  'provision_state=error&provision_state=active',
  'provision_state=error,active',
  'provision_state=banana',
  'banana=1',
  'sort_key=extra',
  'sort_key=banana',
  'sort_dir=banana',
  'fields=conductor',
  'fields=allocation_uuid',
  'fields=banana',
  'fields=updated_at',
  'maintenance=banana',
  'fault=banana',
  'detail=true&fields=uuid',
]

async function refused(site: Site, found: Found): Promise<void> {
  for (const query of REFUSED) found(`list with ${query}`, said(await get(site, `/v1/nodes?${query}`)))
  found('list with detail and fields', said(await get(site, '/v1/nodes/detail?fields=uuid')))
  found('list by owner before 1.50', said(await get(site, '/v1/nodes?owner=x', { version: '1.49' })))
  found('list by shard before 1.82', said(await get(site, '/v1/nodes?shard=x', { version: '1.81' })))
  found('list with a field that this version lacks', said(await get(site, '/v1/nodes?fields=shard', { version: '1.81' })))
}
