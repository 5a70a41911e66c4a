/**
 * Every error as one shape, `{"error":{"what","message","fix"}}`, with a status: a command's refusal, what is wrong with a request, a
 * database that does not answer, a bug. Never a stack, never more of a request than its first letters.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { CommandError } from '../commands/command-error.ts'
import { StoreError } from '../store/store-error.ts'
import type { HttpWorld } from './world.ts'

export type Sentences = { what: string; message: string; fix: string }

/** What a request cannot have, said by this room itself. */
export class HttpRefusal extends Error {
  override name = 'HttpRefusal'
  readonly status: number
  readonly what: string
  readonly fix: string
  constructor(status: number, said: Sentences) {
    super(said.message)
    this.status = status
    this.what = said.what
    this.fix = said.fix
  }
}

const SEE = 'See /api/v1/openapi.json.'
/** Enough to know it again by. */
const QUOTED_MAX = 200

/** Answers the error; logs what is no fault of the request. */
export function answerError(
  world: Pick<HttpWorld, 'log'>,
  error: unknown,
  to: { request: FastifyRequest; reply: FastifyReply },
): FastifyReply {
  const { status, ...said } = saidOf(error, to.request)
  if (status >= 500) {
    const { method, routeOptions } = to.request
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    world.log('error', 'request failed', { method, route: routeOptions.url ?? null, status, error: text })
  }
  return to.reply.code(status).type('application/json; charset=utf-8').send(errorBody(said))
}

export const errorBody = ({ what, message, fix }: Sentences) => ({
  error: { what: what.slice(0, QUOTED_MAX), message: message.slice(0, 2 * QUOTED_MAX), fix },
})

const COMMAND_STATUS = { 'not-found': 404, ambiguous: 409, conflict: 409 } as const

function saidOf(error: unknown, request: FastifyRequest): Sentences & { status: number } {
  if (error instanceof HttpRefusal) return { status: error.status, what: error.what, message: error.message, fix: error.fix }
  if (error instanceof CommandError) {
    return { status: COMMAND_STATUS[error.kind], what: error.what, message: error.message, fix: error.fix }
  }
  if (error instanceof StoreError) return { status: 503, what: 'database', message: error.message, fix: error.fix }
  if (hasZodFastifySchemaValidationErrors(error)) return { status: 400, ...invalid(error) }
  const status = error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  if (status < 500)
    return { status, what: request.method, ...(BY_STATUS[status] ?? { message: 'The request cannot be understood.', fix: SEE }) }
  return {
    status: 500,
    what: 'unexpected',
    message: 'The request failed for a reason of our own; nothing of it was done in part.',
    fix: 'This is a bug of Anneal: report it with the line in its log.',
  }
}

const BY_STATUS: Record<number, Pick<Sentences, 'message' | 'fix'>> = {
  400: { message: 'The body is not JSON, or the address or a header cannot be read.', fix: 'Send one JSON object, encoded in UTF-8.' },
  413: { message: 'The body is too large.', fix: 'A word and its reason fit into 16 kB.' },
  414: { message: 'The address is too long.', fix: SEE },
  415: { message: 'The body must be JSON.', fix: 'Send `content-type: application/json`, and {} where there is nothing to say.' },
}

const PARTS: Record<string, string> = { querystring: 'query', params: 'path', body: 'body', headers: 'header' }

/** The first thing that is wrong with a request's query, path or body. */
function invalid({ validation, validationContext }: Pick<FastifyError, 'validation' | 'validationContext'>): Sentences {
  const first = validation?.[0]
  const at = (first?.instancePath ?? '').split('/').filter((part) => part !== '')
  const what = [PARTS[validationContext ?? ''] ?? 'request', ...at].join(' ')
  return { what, message: `${first?.message ?? 'It is not valid'}.`, fix: SEE }
}

export const notFound = (request: FastifyRequest): HttpRefusal =>
  new HttpRefusal(404, {
    what: `${request.method} ${request.url.split('?')[0] ?? ''}`,
    message: 'There is nothing at this address, or nothing that takes this method.',
    fix: SEE,
  })
