/**
 * Who asks, where a login is needed: a machine by its token (Authorization: Bearer), or a person by the cookie of their session. A request
 * that shows a token is judged by it alone. Which role a route needs stands with the route; without a word there it is viewer for reading
 * and operator for the rest, and an address that is nowhere is told to nobody.
 */
import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { mayDo, type Role } from '../core/login.ts'
import { hashOf } from '../store/logins.ts'
import { HttpRefusal } from './refusal.ts'
import { senderOf } from './sender.ts'
import type { HttpWorld } from './world.ts'

/** `by`: as it stands in the audit trail. `session`: its secret; null for a token, and where no login is needed. */
export type Caller = { name: string; method: 'keystone' | 'token' | 'none'; role: Role; session: string | null }

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may ask this route. */
    role?: Role | 'anybody'
  }
  interface FastifyRequest {
    /** null before it is known, and where a route is for anybody. */
    caller: Caller | null
  }
}

/** For a route that must answer whoever is not logged in yet. */
export const FOR_ANYBODY = { role: 'anybody' } as const
/** For a route that is no reading and still changes nothing that an operator answers for. */
export const FOR_VIEWERS = { role: 'viewer' } as const

const NOBODY: Caller = { name: 'http', method: 'none', role: 'operator', session: null }

/** Finds out who asks and whether they may, and leaves it in `request.caller`. Throws HttpRefusal. */
export async function admit(world: HttpWorld, request: FastifyRequest): Promise<void> {
  const needed = neededFor(request)
  if (needed === 'anybody') return
  const caller = await callerOf(world, request)
  if (caller === null) throw notLoggedIn('There is no login, or it is over.')
  if (!mayDo(caller.role, needed))
    throw new HttpRefusal(403, {
      what: 'role',
      message: `${caller.name} is logged in as ${caller.role}, and this needs ${needed}.`,
      fix: `Log in as somebody who is ${needed}, or use a token with that role.`,
    })
  if (caller.session !== null && !isReading(request) && !hasCsrf(request, caller.session))
    throw new HttpRefusal(403, {
      what: 'x-anneal-csrf',
      message: 'The header that shows that our own page asks is missing, or of another session.',
      fix: 'Send `csrf` of GET /api/v1/login as X-Anneal-CSRF with whatever is no reading.',
    })
  request.caller = caller
}

/** null: nobody. Throws HttpRefusal for a token that lets nobody in. */
export async function callerOf(world: HttpWorld, request: FastifyRequest): Promise<Caller | null> {
  if (world.login === null) return NOBODY
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const [, secret] = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(authorization) ?? []
    const token = secret === undefined ? null : await world.store.logins.tokenOf(secret)
    if (token === null) throw notLoggedIn('This token lets nobody in: it was removed, it is over, or it never was one.')
    return { name: token.name, method: 'token', role: token.role, session: null }
  }
  const secret = sessionIn(world, request)
  const session = secret === null ? null : await world.store.logins.sessionOf(sessionKey(world, secret), true)
  return session === null ? null : { name: session.name, method: session.method, role: session.role, session: secret }
}

/** What a session is kept under: its secret, and what it was begun under. */
export const sessionKey = ({ login }: HttpWorld, secret: string): string => `${login?.configHash} ${secret}`

/** Whether what a long answer was begun for still holds. It is no use of the session. */
export async function isStillIn(
  world: HttpWorld,
  { authorization }: { authorization?: string | undefined },
  caller: Caller | null,
): Promise<boolean> {
  if (world.login === null || caller === null) return true
  if (caller.session !== null) return (await world.store.logins.sessionOf(sessionKey(world, caller.session), false)) !== null
  return (await world.store.logins.tokenOf((authorization ?? '').replace(/^Bearer +/i, ''))) !== null
}

/** As it is written down. Who has a token may say for whom; whoever logged in is who they are. */
export function spokenBy({ caller }: FastifyRequest, said: string | undefined): string {
  if (caller === null || caller.method === 'none') return said === undefined ? 'http' : `${said} via http`
  if (caller.method === 'keystone') return `${caller.name} via keystone`
  return `${said === undefined ? '' : `${said} via `}${caller.name} via token`
}

const isReading = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD'

function neededFor(request: FastifyRequest): Role | 'anybody' {
  const { role } = request.routeOptions.config
  return role ?? (request.is404 || isReading(request) ? 'viewer' : 'operator')
}

/** A second secret that follows from the first: a page must have read it from us, which no other site can. */
export const csrfOf = (session: string): string => hashOf(`csrf ${session}`)

function hasCsrf({ headers }: FastifyRequest, session: string): boolean {
  const given = Buffer.from(String(headers['x-anneal-csrf'] ?? ''))
  const expected = Buffer.from(csrfOf(session))
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** A browser takes a cookie of the first name from a page of this very host over TLS alone. */
const cookieName = (isSecure: boolean): string => (isSecure ? '__Host-anneal' : 'anneal')

/** The secret of the session's cookie; null where there is none. */
export function sessionIn(world: HttpWorld, request: FastifyRequest): string | null {
  const name = cookieName(senderOf(request, world.login?.isProxy ?? never).isSecure)
  const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const value = cookies.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
  return value === undefined || !/^[\w-]{43}$/.test(value) ? null : value
}

const never = (): boolean => false

/** @param session its secret, and for how long; null takes the cookie away */
export function setCookie(reply: FastifyReply, isSecure: boolean, session: { secret: string; lifeMs: number } | null): void {
  const { secret, lifeMs } = session ?? { secret: '', lifeMs: 0 }
  const maxAge = Math.floor(lifeMs / 1_000)
  reply.header(
    'set-cookie',
    `${cookieName(isSecure)}=${secret}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`,
  )
}

const notLoggedIn = (message: string): HttpRefusal =>
  new HttpRefusal(401, {
    what: 'login',
    message,
    fix: 'Log in (POST /api/v1/login), or send a token as `Authorization: Bearer TOKEN`; `anneal token add` makes one.',
  })
