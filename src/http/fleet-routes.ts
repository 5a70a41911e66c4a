/**
 * The whole fleet: its sums, which every page of the dashboard asks for, and every node in a few words, which one page draws. Sums that were
 * counted lately are answered again while nothing was written: a crowd of browsers asks at once whenever something was. The nodes are sent as
 * they are read, and read as they are taken: of 100,000 a reader who is slow, or gone, has a page in memory.
 */
import { Readable } from 'node:stream'
import { z } from 'zod'
import { mustBeKnown } from '../commands/list-clouds.ts'
import { type FleetNode, listFleet, sumFleet } from '../commands/list-fleet.ts'
import type { Clock } from '../core/seams.ts'
import type { Store } from '../store/store.ts'
import type { FleetSum } from '../store/whole-fleet.ts'
import { cloudName } from './paging.ts'
import { answers, SHAPES } from './shapes.ts'
import type { App, HttpWorld } from './world.ts'

const fleetQuery = z.strictObject({ cloud: cloudName.optional() })

/** A state that Ironic changed by itself is written in no audit trail: so much later it is told at the latest. */
const KEPT_MS = 1_000

export function fleetRoutes(app: App, { store, clock }: HttpWorld): void {
  const known = async (cloud: string | undefined): Promise<string | null> => {
    if (cloud === undefined) return null
    await mustBeKnown(store, cloud)
    return cloud
  }
  const sums = keptSums(store, clock)
  const about = (summary: string) => ({ summary, tags: ['what is'], querystring: fleetQuery })

  const ofFleet = { ...about('How many nodes stand how'), response: answers(SHAPES.fleet, 404) }
  app.get('/api/v1/fleet', { schema: ofFleet }, async ({ query }) => ({ sums: await sums(await known(query.cloud)) }))

  const ofNodes = { ...about('Every node in a few words'), response: answers(SHAPES.fleetNodes, 404) }
  app.get('/api/v1/fleet/nodes', { schema: ofNodes }, async ({ query }, reply) => {
    const nodes = listFleet(store, await known(query.cloud))
    return await reply.type('application/json; charset=utf-8').send(Readable.from(asJson(nodes)))
  })
}

async function* asJson(pages: AsyncIterable<readonly FleetNode[]>): AsyncGenerator<string> {
  let before = '{"nodes":['
  for await (const page of pages) {
    yield `${before}${page.map((node) => JSON.stringify(node)).join(',')}`
    before = ','
  }
  yield before === ',' ? ']}' : `${before}]}`
}

type Kept = { newest: number; until: number; sums: FleetSum[] }

function keptSums(store: Store, clock: Pick<Clock, 'monotonic'>): (cloud: string | null) => Promise<FleetSum[]> {
  const kept = new Map<string | null, Kept>()
  return async (cloud) => {
    const newest = await store.newestAudit()
    const last = kept.get(cloud)
    if (last !== undefined && last.newest === newest && clock.monotonic() < last.until) return last.sums
    const sums = await sumFleet(store, cloud)
    // By names of clouds that are known: there are few.
    kept.set(cloud, { newest, until: clock.monotonic() + KEPT_MS, sums })
    return sums
  }
}
