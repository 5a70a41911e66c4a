/**
 * The HTTP server put together: guard, routes, one shape for every error, the OpenAPI document. It is built without a socket, so that tests
 * ask it in process; listen.ts opens one. It decides nothing and sends nothing to a cloud: routes call what the commands call.
 */
import { STATUS_CODES } from 'node:http'
import swagger from '@fastify/swagger'
import fastify, { type FastifyServerOptions } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { admit } from './caller.ts'
import { fileFor, notBuilt, sendFile } from './dashboard-files.ts'
import { eventRoutes } from './events.ts'
import { fleetRoutes } from './fleet-routes.ts'
import { refusalOf, secure } from './guard.ts'
import { healthRoutes } from './health-routes.ts'
import { hookRoutes } from './hook-routes.ts'
import { loginRoutes } from './login-routes.ts'
import { documented } from './openapi.ts'
import { readingRoutes } from './reading-routes.ts'
import { recordRoutes } from './record-routes.ts'
import { answerError, errorBody, notFound } from './refusal.ts'
import { wordRoutes } from './word-routes.ts'
import type { App, HttpWorld } from './world.ts'

/** A word and its reason are a few hundred bytes. */
const BODY_MAX = 16 * 1024
/** Longer than any name of Ironic's (255), each letter of which may be written as three. */
const PARAM_MAX = 1_000
/** Readers of events, browsers that hold a few each, and machines. More would take the process its open files, and with them its way to the clouds. */
export const CONNECTIONS_MAX = 2_000
/** A request is small: who needs longer to send one holds a connection open. */
const REQUEST_MS = 15_000

export async function httpServer(world: HttpWorld): Promise<App> {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_MAX,
    requestTimeout: REQUEST_MS,
    routerOptions: { maxParamLength: PARAM_MAX },
    // The guard says what is wrong with a request without a Host; Node would only close.
    http: { requireHostHeader: false },
    // What still comes in while it closes is answered as ever, and not in Fastify's own words.
    return503OnClosing: false,
    // Streams of events would keep it from ending.
    forceCloseConnections: true,
    clientErrorHandler: answerGarbage,
    frameworkErrors: (error, request, reply) =>
      void answerError(world, refusalOf(request, world.login) ?? error, { request, reply: secure(reply) }),
  }).withTypeProvider<ZodTypeProvider>()
  app.server.maxConnections = CONNECTIONS_MAX
  app.setValidatorCompiler(validatorCompiler)
  // What is answered was read by the commands; it is described by its shape and not filtered through it (shapes.ts).
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
  // JSON alone is left: a page of another site can send plain text without asking first.
  app.removeContentTypeParser('text/plain')
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request, reply) => {
    secure(reply)
    const refusal = refusalOf(request, world.login)
    if (refusal !== null) throw refusal
    // The dashboard's own files are for anybody: its page is where a person logs in.
    if (request.is404 && fileFor(world.dashboard, request) !== null) return
    await admit(world, request)
  })
  app.setErrorHandler((error, request, reply) => answerError(world, error, { request, reply }))
  app.setNotFoundHandler((request, reply) => {
    const file = fileFor(world.dashboard, request)
    if (file !== null) return sendFile(reply, file)
    throw request.url === '/' ? notBuilt() : notFound(request)
  })
  const stop = new AbortController()
  app.addHook('preClose', async () => stop.abort())
  await app.register(swagger, documented(world.version))
  await app.register(async (routes: App) => {
    readingRoutes(routes, world)
    fleetRoutes(routes, world)
    recordRoutes(routes, world)
    wordRoutes(routes, world)
    eventRoutes(routes, world, stop.signal)
    hookRoutes(routes, world)
    loginRoutes(routes, world)
    healthRoutes(routes, world)
    routes.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  })
  return app
}

/** What is no HTTP at all, or stops in the middle, never comes to a route. */
const answerGarbage: NonNullable<FastifyServerOptions['clientErrorHandler']> = (error, socket) => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const body = JSON.stringify(
    errorBody({ what: 'request', message: 'It is not HTTP as it can be understood here.', fix: 'See /api/v1/openapi.json.' }),
  )
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\nx-content-type-options: nosniff`
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}
