/**
 * What the pages ask for, by name: each question with the key under which its answer is kept. What a change makes stale is live.ts.
 */
import { MutationCache, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query'
import type { Answers } from './answers.ts'
import { ask, askText, Refusal } from './ask.ts'

const PAGE_MAX = 500
/** Events tell what changes; this is for what they do not tell, such as a state between two looks. */
const ANEW_MS = 30_000
/** Two megabytes for ten thousand nodes, which events keep up to date; asked for only where every node is shown. */
const FLEET_ANEW_MS = 120_000

/** A refusal is an answer; only silence and "not now" are asked again. */
const isWorthAsking = (error: Error): boolean => !(error instanceof Refusal) || error.status === 0 || error.status >= 500

/** Whoever is no longer logged in is asked to log in again. */
const onError = (error: Error): void => {
  if (error instanceof Refusal && error.status === 401) void client.invalidateQueries({ queryKey: login.queryKey })
}

export const client = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchInterval: ANEW_MS,
      refetchOnWindowFocus: true,
      retry: (times, error) => times < 2 && isWorthAsking(error),
      // A refused connection on a loopback is no lack of a network.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

/** It changes by what is done here, and by an end of which the other questions hear. */
export const login = queryOptions({
  queryKey: ['login'],
  queryFn: () => ask<'login'>('/api/v1/login'),
  staleTime: Number.POSITIVE_INFINITY,
  refetchInterval: false,
})
export const clouds = queryOptions({ queryKey: ['clouds'], queryFn: () => ask<'clouds'>('/api/v1/clouds') })
export const fleet = queryOptions({ queryKey: ['fleet'], queryFn: () => ask<'fleet'>('/api/v1/fleet') })
export const fleetNodes = queryOptions({
  queryKey: ['fleet-nodes'],
  queryFn: () => ask<'fleetNodes'>('/api/v1/fleet/nodes'),
  staleTime: ANEW_MS,
  refetchInterval: FLEET_ANEW_MS,
})
export const nodeNames = {
  ...fleetNodes,
  select: ({ nodes }: Answers['fleetNodes']) => new Map(nodes.map(({ cloud, uuid, name }) => [`${cloud} ${uuid}`, name])),
}
export const decisions = queryOptions({
  queryKey: ['decisions'],
  queryFn: () => ask<'decisions'>('/api/v1/decisions', { limit: PAGE_MAX }),
})
export const openCases = queryOptions({
  queryKey: ['cases', 'open'],
  queryFn: () => ask<'cases'>('/api/v1/cases', { limit: PAGE_MAX }),
})
export const closedCases = queryOptions({
  queryKey: ['cases', 'closed'],
  queryFn: () => ask<'cases'>('/api/v1/cases', { closed: true, limit: PAGE_MAX }),
})
export const incidents = queryOptions({ queryKey: ['incidents'], queryFn: () => ask<'incidents'>('/api/v1/incidents', { limit: 100 }) })
export const approvals = queryOptions({ queryKey: ['approvals'], queryFn: () => ask<'approvals'>('/api/v1/approvals') })
export const holds = queryOptions({ queryKey: ['holds'], queryFn: () => ask<'holds'>('/api/v1/holds') })
export const policy = queryOptions({ queryKey: ['policy'], queryFn: () => ask<'policy'>('/api/v1/policy') })
export const metrics = queryOptions({ queryKey: ['metrics'], queryFn: () => askText('/metrics'), refetchInterval: 5_000 })

const inPath = encodeURIComponent
export const nodePathOf = (cloud: string, node: string): string => `/api/v1/nodes/${inPath(cloud)}/${inPath(node)}`
export const casePathOf = (id: string): string => `/api/v1/cases/${inPath(id)}`
export const incidentPathOf = (id: string): string => `/api/v1/incidents/${inPath(id)}`

export const explanation = (cloud: string, node: string) =>
  queryOptions({ queryKey: ['explanation', cloud, node], queryFn: () => ask<'explanation'>(nodePathOf(cloud, node)) })
export const caseInFull = (id: string) => queryOptions({ queryKey: ['case', id], queryFn: () => ask<'case'>(casePathOf(id)) })
export const casesOfNode = (cloud: string, uuid: string) =>
  queryOptions({
    queryKey: ['cases', 'of', cloud, uuid],
    queryFn: () => ask<'cases'>('/api/v1/cases', { cloud, uuid, closed: true, limit: 20 }),
  })

export type AuditWish = { cloud?: string; uuid?: string; case?: string; by?: string; kind?: string }
export const auditPage = (wish: AuditWish, marker: string | undefined) => ask<'audit'>('/api/v1/audit', { ...wish, marker, limit: 200 })
