/**
 * Which question of which service a request of the operator's is, and a transport that meddles with the answers on their way back. It
 * knows the simulated cloud's addresses and nothing of what an answer means.
 */
import type { HttpRequest, HttpResponse, Transport } from '../../src/core/seams.ts'
import { TransportError } from '../../src/core/seams.ts'
import { type Change, type Meddled, meddled } from './meddle.ts'

export const QUESTIONS = [
  'token',
  'ironic',
  'list',
  'node',
  'patch',
  'order',
  'history',
  'inventory',
  'links',
  'targets',
  'conductors',
  'servers',
  'server',
  'actions',
  'nova-services',
  'allocations',
  'inventories',
  'ports',
  'images',
  'volumes',
  'placement',
  'hosts',
  'host-allocations',
  'lease',
  'redfish',
  'stray',
] as const
export type Question = (typeof QUESTIONS)[number]

const PATHS: readonly (readonly [RegExp, Question])[] = [
  [/^\/identity\//, 'token'],
  [/^\/baremetal\/v1\/?$/, 'ironic'],
  [/^\/baremetal\/v1\/nodes$/, 'list'],
  [/^\/baremetal\/v1\/nodes\/[^/]+$/, 'node'],
  [/^\/baremetal\/v1\/nodes\/[^/]+\/history$/, 'history'],
  [/^\/baremetal\/v1\/nodes\/[^/]+\/inventory$/, 'inventory'],
  [/^\/baremetal\/v1\/nodes\/[^/]+\/(states\/provision|maintenance)$/, 'order'],
  [/^\/baremetal\/v1\/ports\/detail$/, 'links'],
  [/^\/baremetal\/v1\/volume\/targets$/, 'targets'],
  [/^\/baremetal\/v1\/conductors$/, 'conductors'],
  [/^\/compute\/.*\/servers\/[^/]+\/os-instance-actions$/, 'actions'],
  [/^\/compute\/.*\/servers(\/detail)?$/, 'servers'],
  [/^\/compute\/.*\/servers\/[^/]+$/, 'server'],
  [/^\/compute\/.*\/os-services$/, 'nova-services'],
  [/^\/placement\/resource_providers\/[^/]+\/allocations$/, 'allocations'],
  [/^\/placement\/resource_providers\/[^/]+\/inventories$/, 'inventories'],
  [/^\/placement\/?$/, 'placement'],
  [/^\/network\/v2.0\/ports$/, 'ports'],
  [/^\/image\//, 'images'],
  [/^\/volume\//, 'volumes'],
  [/^\/reservation\/v1\/os-hosts$/, 'hosts'],
  [/^\/reservation\/v1\/os-hosts\/allocations$/, 'host-allocations'],
  [/^\/reservation\/v1\/leases\/[^/]+$/, 'lease'],
  [/^\/redfish\//, 'redfish'],
  // An id that came in an answer and is none.
  [/./, 'stray'],
]

export function questionOf({ method, url }: HttpRequest): Question {
  const { pathname } = new URL(url)
  const [, question] = PATHS.find(([pattern]) => pattern.test(pathname)) ?? []
  if (question === undefined) throw new Error(`no question is known for ${method} ${url}`)
  return question === 'node' && method === 'PATCH' ? 'patch' : question
}

/** The node that a question is about, by its uuid in path or query. */
export const nodeOf = ({ url }: HttpRequest): string | null => /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(url)?.[0] ?? null

export type Meddling = {
  questions: readonly Question[]
  /** The answer from which on it meddles, counted by question and node from 0, and how many it leaves alone in between. */
  from: number
  every: number
  how: Change
}

/** What was done to one answer. */
export type Trace = Omit<Meddled, 'response'> & { request: HttpRequest; question: Question; how: Change }

export type Road = {
  over: (transport: Transport) => Transport
  traces: Trace[]
  /** Answers are meddled with from now on, or no more; at first they are not. */
  meddle(on: boolean): void
}

/** Answers remembered of one question, and of all. */
const KEPT = 12

/** @param spare what must not happen to an answer: its change is then left out */
export function roadWith(meddlings: readonly Meddling[], spare: (trace: Trace) => boolean = () => false): Road {
  const traces: Trace[] = []
  const counts = new Map<string, number>()
  const answers = new Map<Question, string[]>()
  let isOn = false
  const change = (request: HttpRequest, response: HttpResponse): HttpResponse => {
    const question = questionOf(request)
    const same = answers.get(question) ?? []
    const all = [...same, ...[...answers.values()].map((texts) => texts.at(-1) ?? '')]
    // An older answer about the same node is whole and was true once: a lie like any other.
    const isIts = (text: string) => (question === 'node' || question === 'patch') && text.includes(`"uuid":"${nodeOf(request)}"`)
    const others = all.filter((text) => !isIts(text))
    answers.set(question, [...new Set([...same, response.text])].slice(-KEPT))
    if (!isOn) return response
    const key = `${question} ${nodeOf(request) ?? ''}`
    const number = counts.get(key) ?? 0
    counts.set(key, number + 1)
    return meddlings
      .filter(({ questions, from, every }) => questions.includes(question) && number >= from && (number - from) % every === 0)
      .reduce((before, { how }) => {
        const done = meddled(before, how, { request, others })
        if (done === null) return before
        const { path, lies } = done
        const trace = { path, lies, request, question, how }
        if (spare(trace)) return before
        traces.push(trace)
        return done.response
      }, response)
  }
  return {
    traces,
    meddle: (on) => {
      isOn = on
    },
    over: (transport) => async (request) => {
      // The real one says this of what is no address; the simulated one would throw.
      if (!/^https?:/.test(request.url) || !URL.canParse(request.url))
        throw new TransportError('before', `${request.method}: the address is not a URL`)
      return change(request, await transport(request))
    },
  }
}
