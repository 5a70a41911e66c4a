/**
 * What is: clouds, nodes, cases, incidents, as the commands of the same names tell it. Every list is filtered, ordered and cut on this side,
 * so that nobody needs all of it at once. What was said and decided is record-routes.ts.
 */
import { z } from 'zod'
import { explainNode } from '../commands/explain-node.ts'
import { pageOfCases } from '../commands/list-cases.ts'
import { listClouds, mustBeKnown } from '../commands/list-clouds.ts'
import { pageOfIncidents } from '../commands/list-incidents.ts'
import { pageOfNodes } from '../commands/list-nodes.ts'
import { timeOrNull } from '../commands/node-report.ts'
import { showCase } from '../commands/show-case.ts'
import { fitsOrder, NODE_SORTS } from '../store/node-order.ts'
import { cause, cloudName, given, isTrue, kind, markerOf, markIn, noMarker, paged, reason, yesOrNo } from './paging.ts'
import { answers, SHAPES } from './shapes.ts'
import type { App, HttpWorld } from './world.ts'

const word = z.string().min(1).max(255)
export const nodePath = z.object({ cloud: cloudName, uuid: word.meta({ description: 'uuid, or name' }) })
export const casePath = z.object({ id: word.meta({ description: 'id of a case, such as c-1a2b3c4d' }) })

const nodeMark = z.object({ value: z.union([z.string(), z.number()]), cloud: z.string(), uuid: z.string() })
export const caseMark = z.object({ openedAt: z.number(), id: z.string() })

const nodesQuery = z.strictObject({
  cloud: cloudName.optional(),
  state: word.optional().meta({ description: 'provision_state' }),
  all: yesOrNo.optional().meta({ description: 'true: every node that is known. Else, without state: those that concern somebody' }),
  resource_class: word.optional(),
  search: word.optional().meta({ description: 'Part of the name or of the uuid' }),
  cause: cause.optional().meta({ description: 'Of the open case' }),
  kind: kind.optional().meta({ description: 'Of the decision in force' }),
  reason: reason.optional(),
  held: yesOrNo.optional(),
  sort: z.enum(NODE_SORTS).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
  ...paged,
})

const casesQuery = z.strictObject({
  cloud: cloudName.optional(),
  closed: yesOrNo.optional().meta({ description: 'true: closed ones instead of open ones' }),
  uuid: word.optional().meta({ description: 'of the node' }),
  incident: word.optional(),
  cause: cause.optional(),
  kind: kind.optional(),
  reason: reason.optional(),
  ...paged,
})

const incidentsQuery = z.strictObject({ cloud: cloudName.optional(), closed: yesOrNo.optional(), ...paged })

export function readingRoutes(app: App, world: HttpWorld): void {
  const { store } = world
  const known = async (cloud: string | undefined): Promise<string | null> => {
    if (cloud === undefined) return null
    await mustBeKnown(store, cloud)
    return cloud
  }
  const about = (summary: string) => ({ summary, tags: ['what is'] })

  app.get('/api/v1/clouds', { schema: { ...about('Clouds, with what is open in each'), response: answers(SHAPES.clouds) } }, async () => ({
    clouds: await listClouds(store),
  }))

  app.get('/api/v1/about', { schema: { ...about('Which Anneal this is, and its time'), response: answers(SHAPES.about) } }, async () => ({
    version: world.version,
    now: timeOrNull(await store.now()),
  }))

  const ofNodes = { ...about('Nodes that concern somebody, or all'), querystring: nodesQuery, response: answers(SHAPES.nodes, 404) }
  app.get('/api/v1/nodes', { schema: ofNodes }, async ({ query }) => {
    const { cloud, state, all, held, sort, order, limit, marker, ...rest } = query
    const after = markIn(marker, nodeMark)
    if (after !== null && !fitsOrder(after, sort)) throw noMarker()
    const page = await pageOfNodes(store, {
      ...given({ ...rest, held: held === undefined ? undefined : isTrue(held) }),
      cloud: await known(cloud),
      state: state ?? null,
      all: isTrue(all),
      limit,
      order: { sort, descending: order === 'desc', after },
    })
    return { ...page, next: markerOf(page.next) }
  })

  const ofNode = { ...about('Why, and what next: one node explained'), params: nodePath, response: answers(SHAPES.explanation, 404, 409) }
  app.get('/api/v1/nodes/:cloud/:uuid', { schema: ofNode }, async ({ params: { cloud, uuid } }) => {
    return await explainNode(store, { cloud: await known(cloud), node: uuid, policyOf: world.policyOf })
  })

  const ofCases = { ...about('Cases, newest first'), querystring: casesQuery, response: answers(SHAPES.cases, 404) }
  app.get('/api/v1/cases', { schema: ofCases }, async ({ query: { cloud, closed, incident, limit, marker, ...rest } }) => {
    const page = await pageOfCases(store, {
      ...given({ ...rest, incidentId: incident }),
      cloud: await known(cloud),
      closed: isTrue(closed),
      limit,
      after: markIn(marker, caseMark),
    })
    return { ...page, next: markerOf(page.next) }
  })

  const ofCase = { ...about('One case: evidence, attempts, timeline'), params: casePath, response: answers(SHAPES.case, 404) }
  app.get('/api/v1/cases/:id', { schema: ofCase }, async ({ params: { id } }) => await showCase(store, id))

  const ofIncidents = {
    ...about('What several cases share, newest first'),
    querystring: incidentsQuery,
    response: answers(SHAPES.incidents, 404),
  }
  app.get('/api/v1/incidents', { schema: ofIncidents }, async ({ query: { cloud, closed, limit, marker } }) => {
    const wish = { cloud: await known(cloud), closed: isTrue(closed), limit, after: markIn(marker, caseMark) }
    const page = await pageOfIncidents(store, wish)
    return { ...page, next: markerOf(page.next) }
  })
}
