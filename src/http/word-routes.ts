/**
 * A person's words over HTTP: each is the function that the command of its name calls, with who and why for the audit trail. Saying one
 * again changes nothing. Where no login is needed `by` is what the caller says of itself, and is written down as such.
 */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { acknowledgeCase, acknowledgeIncident } from '../commands/acknowledge.ts'
import { approveCase, rejectCase } from '../commands/approve-case.ts'
import { believeCensus } from '../commands/believe-census.ts'
import { mustBeKnown } from '../commands/list-clouds.ts'
import {
  type CloudWord,
  holdNode,
  NO_REASON,
  type NodeWord,
  pauseClouds,
  releaseNode,
  resumeClouds,
  retryNode,
  type Spoken,
  unholdNode,
} from '../commands/words.ts'
import type { Store } from '../store/store.ts'
import { spokenBy } from './caller.ts'
import { cloudName } from './paging.ts'
import { casePath, nodePath } from './reading-routes.ts'
import { answers, SHAPES } from './shapes.ts'
import type { App, HttpWorld } from './world.ts'

/** One line: it stands in tables, in logs and in the audit trail. */
const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, { error: 'It must be one line, without control characters' })

const by = line(100).optional().meta({ description: 'Who says it, as they say. Not read from whoever is logged in themselves' })
const why = line(500)
const said = z.strictObject({ by, why: why.optional().meta({ description: 'Stands in the audit trail' }) })
const saidWithReason = z.strictObject({ by, why: why.meta({ description: 'Whoever finds the node held reads it' }) })
const saidOfClouds = said.extend({ cloud: cloudName.nullish().meta({ description: 'Left out or null: all clouds' }) })
const resumed = saidOfClouds.extend({
  believeCensus: z
    .boolean()
    .optional()
    .meta({ description: 'true: nodes were taken away on purpose, the last census is right. Ends no pause' }),
})

type OnNode = {
  name: 'retry' | 'hold' | 'unhold' | 'release'
  summary: string
  body: typeof said | typeof saidWithReason
  say: (store: Store, word: NodeWord) => Promise<Spoken>
}

const ON_NODE: readonly OnNode[] = [
  { name: 'retry', summary: 'One attempt out of turn; every safety gate still stands', body: said, say: retryNode },
  { name: 'hold', summary: 'Leave this node alone until unhold', body: saidWithReason, say: holdNode },
  { name: 'unhold', summary: 'Give a held node back', body: said, say: unholdNode },
  { name: 'release', summary: 'Lift our own quarantine of a node that was mended', body: said, say: releaseNode },
]

type ById = {
  path: '/api/v1/cases/:id/approve' | '/api/v1/cases/:id/reject' | '/api/v1/cases/:id/acknowledge' | '/api/v1/incidents/:id/acknowledge'
  summary: string
  say: (world: Pick<HttpWorld, 'store' | 'policyOf'>, word: { id: string; by: string; why: string }) => Promise<Spoken>
}

const BY_ID: readonly ById[] = [
  {
    path: '/api/v1/cases/:id/approve',
    summary: 'Say yes to the act that a case waits for (mode approve)',
    say: ({ store, policyOf }, { id, ...word }) => approveCase(store, { ...word, caseId: id, policyOf }),
  },
  {
    path: '/api/v1/cases/:id/reject',
    summary: 'Say no to it: it is not asked again until something changes',
    say: ({ store, policyOf }, { id, ...word }) => rejectCase(store, { ...word, caseId: id, policyOf }),
  },
  {
    path: '/api/v1/cases/:id/acknowledge',
    summary: 'Say that you have seen it: nobody is told of it again until it changes',
    say: ({ store }, word) => acknowledgeCase(store, word),
  },
  {
    path: '/api/v1/incidents/:id/acknowledge',
    summary: 'Say that you have seen it: nobody is told of it again until a node joins or leaves it',
    say: ({ store }, word) => acknowledgeIncident(store, word),
  },
]

const spoken = (request: FastifyRequest, body: z.infer<typeof said>) => ({ by: spokenBy(request, body.by), why: body.why ?? NO_REASON })

export function wordRoutes(app: App, world: HttpWorld): void {
  const { store } = world
  const inTurn = turns()
  const about = (summary: string) => ({ summary, tags: ["a person's word"], response: answers(SHAPES.spoken, 404, 409, 413, 415) })

  for (const { name, summary, body, say } of ON_NODE)
    app.post(`/api/v1/nodes/:cloud/:uuid/${name}`, { schema: { ...about(summary), params: nodePath, body } }, (request) =>
      inTurn(async () => {
        const { cloud, uuid: node } = request.params
        await mustBeKnown(store, cloud)
        return await say(store, { cloud, node, ...spoken(request, request.body) })
      }),
    )

  const { policyOf } = world
  for (const { path, summary, say } of BY_ID)
    app.post(path, { schema: { ...about(summary), params: casePath, body: said } }, (request) =>
      inTurn(() => say({ store, policyOf }, { id: request.params.id, ...spoken(request, request.body) })),
    )

  const paused = { ...about('Send nothing that changes anything, in one cloud or all'), body: saidOfClouds }
  app.post('/api/v1/pause', { schema: paused }, (request) =>
    inTurn(() => sayOfClouds(store, { ...spoken(request, request.body), cloud: request.body.cloud ?? null }, pauseClouds)),
  )

  const over = { ...about('End a pause, or believe a census that is in doubt'), body: resumed }
  app.post('/api/v1/resume', { schema: over }, (request) => {
    const { believeCensus: believed, cloud } = request.body
    const word = { ...spoken(request, request.body), cloud: cloud ?? null }
    return inTurn(() => sayOfClouds(store, word, believed === true ? believeCensus : resumeClouds))
  })
}

async function sayOfClouds(store: Store, word: CloudWord, say: typeof pauseClouds): Promise<Spoken> {
  if (word.cloud !== null) await mustBeKnown(store, word.cloud)
  return await say(store, word)
}

/** One word after another: two that arrive together would both find that nothing was said yet. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    // Knows: whoever asked hears of it; the next one only waits for its end.
    last = mine.catch(() => undefined)
    return mine
  }
}
