/**
 * Logging in and out: a person's credentials (or a token, for who has no other) for a session, whose secret goes into a cookie and nowhere
 * else. Nothing of what was shown is logged, stored or said back, and every no is the same.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Credentials, LoginAnswer } from '../core/login.ts'
import { callerOf, csrfOf, FOR_ANYBODY, FOR_VIEWERS, sessionIn, sessionKey, setCookie } from './caller.ts'
import { type LoginLimits, loginLimits } from './login-limits.ts'
import { HttpRefusal } from './refusal.ts'
import { senderOf } from './sender.ts'
import { answers, SHAPES } from './shapes.ts'
import type { App, HttpWorld, Login } from './world.ts'

const word = z.string().min(1).max(255)
const secret = z.string().min(1).max(1_000)
const shown = z
  .strictObject({
    user: word.optional().meta({ description: "A user's name, with `password`" }),
    domain: word.optional().meta({ description: "The user's domain, where it is not the configured one" }),
    password: secret.optional(),
    applicationCredential: z.strictObject({ id: word, secret }).optional().meta({ description: 'In place of user and password' }),
    token: secret.optional().meta({ description: 'Of `anneal token add`, in place of both' }),
  })
  .refine(
    ({ user, domain, password, applicationCredential, token }) =>
      [user !== undefined && password !== undefined, applicationCredential !== undefined, token !== undefined].filter(Boolean).length ===
        1 &&
      (user === undefined) === (password === undefined) &&
      (domain === undefined || user !== undefined),
    { error: 'It must be user and password, or applicationCredential, or token' },
  )
type Shown = z.infer<typeof shown>

export function loginRoutes(app: App, world: HttpWorld): void {
  const limits = loginLimits(world.clock)
  const about = (summary: string) => ({ summary, tags: ['login'] })

  const how = { ...about('Whether a login is needed, how, and who is logged in'), response: answers(SHAPES.login) }
  app.get('/api/v1/login', { schema: how, config: FOR_ANYBODY }, async (request) => {
    const { login } = world
    const methods = login === null ? [] : ['token' as const, ...(login.keystone === null ? [] : ['keystone' as const])]
    const caller = login === null ? null : await callerOf(world, request)
    return {
      needed: login !== null,
      methods,
      as: caller === null ? null : { name: caller.name, method: caller.method, role: caller.role },
      csrf: caller?.session == null ? null : csrfOf(caller.session),
    }
  })

  const into = {
    ...about('Log in: the session is in the cookie of the answer'),
    body: shown,
    response: answers(SHAPES.loggedIn, 409, 413, 415, 429, 503),
  }
  app.post('/api/v1/login', { schema: into, config: FOR_ANYBODY }, async (request, reply) => {
    const { login } = world
    if (login === null)
      throw new HttpRefusal(409, { what: 'login', message: 'No login is needed here.', fix: 'Ask without one, or configure server.login.' })
    const { address } = senderOf(request, login.isProxy)
    const inside = await oneTry(world, { limits, reply, address, shown: request.body }, () => identityOf(world, login, request.body))
    return await begin(world, login, { request, reply, inside })
  })

  const out = { ...about('Log out: the session is over'), body: z.strictObject({}), response: answers(SHAPES.loggedOut, 413, 415) }
  app.post('/api/v1/logout', { schema: out, config: FOR_VIEWERS }, async (request, reply) => {
    const { caller } = request
    if (caller !== null && caller.session !== null) {
      await world.store.logins.logOut(sessionKey(world, caller.session))
      setCookie(reply, senderOf(request, world.login?.isProxy ?? (() => false)).isSecure, null)
      world.log('info', 'logged out', { name: caller.name, method: caller.method })
    }
    return { changed: caller?.session != null }
  })
}

type Inside = Extract<LoginAnswer, { kind: 'in' }> & { method: 'keystone' | 'token'; until: number | null }

type Trying = { limits: LoginLimits; reply: FastifyReply; address: string; shown: Shown }

/** Counts it, and logs a no with the address and never with what was shown. Throws HttpRefusal. */
async function oneTry(world: HttpWorld, { limits, reply, address, shown }: Trying, ask: () => Promise<Inside | string>): Promise<Inside> {
  const user = shown.user ?? shown.applicationCredential?.id ?? null
  const begun = limits.begin({ address, user })
  if ('waitMs' in begun) {
    const seconds = Math.ceil(begun.waitMs / 1_000)
    reply.header('retry-after', String(seconds))
    throw new HttpRefusal(429, { what: 'login', message: 'There were too many tries.', fix: `Try again in ${seconds} s.` })
  }
  let succeeded = false
  try {
    const inside = await ask()
    if (typeof inside !== 'string') {
      succeeded = true
      return inside
    }
    world.log('warn', 'login refused', { address, reason: inside })
    throw new HttpRefusal(401, {
      what: 'login',
      message: 'It does not let you in: it is wrong, over, or has no role here.',
      fix: 'Correct it; the log of the daemon says which of them, for who may read it.',
    })
  } finally {
    begun.done(succeeded)
  }
}

/** Who they are, or why not, for the log. */
async function identityOf({ store, log }: HttpWorld, login: Login, shown: Shown): Promise<Inside | string> {
  if (shown.token !== undefined) {
    const token = await store.logins.tokenOf(shown.token)
    if (token === null) return 'the token lets nobody in'
    return { kind: 'in', name: token.name, role: token.role, method: 'token', until: token.expiresAt }
  }
  if (login.keystone === null)
    throw new HttpRefusal(409, {
      what: 'login',
      message: 'Tokens alone let in here.',
      fix: 'Show a token, or configure server.login.keystone.',
    })
  const answer = await login.keystone(credentialsIn(shown))
  switch (answer.kind) {
    case 'in':
      return { ...answer, method: 'keystone', until: null }
    case 'refused':
      return 'Keystone says no'
    case 'no-role':
      return `no role of ${answer.name} is one of server.login.roles`
    case 'elsewhere':
      return `the application credential of ${answer.name} is of another project than server.login.project`
    case 'unreachable':
      log('warn', 'login not possible', { error: answer.reason })
      throw new HttpRefusal(503, {
        what: 'keystone',
        message: 'Keystone does not answer as it should, so nobody can be let in by it.',
        fix: 'Try again later, or use a token; the log of the daemon says what is wrong.',
      })
    default:
      return answer satisfies never
  }
}

const credentialsIn = ({ user, domain, password, applicationCredential }: Shown): Credentials =>
  applicationCredential !== undefined
    ? { kind: 'application-credential', ...applicationCredential }
    : { kind: 'password', user: user ?? '', domain: domain ?? null, password: password ?? '' }

async function begin(
  world: HttpWorld,
  login: Login,
  { request, reply, inside }: { request: FastifyRequest; reply: FastifyReply; inside: Inside },
) {
  const { store, clock } = world
  const { name, method, role, until } = inside
  const { isSecure, address } = senderOf(request, login.isProxy)
  // One browser, one session: what it had before is over.
  const before = sessionIn(world, request)
  if (before !== null) await store.logins.logOut(sessionKey(world, before))
  const session = login.newSecret()
  const expiresAt = await store.logins.logIn({ name, method, role, until, secret: sessionKey(world, session) })
  setCookie(reply, isSecure, { secret: session, lifeMs: Math.max(0, expiresAt - clock.now()) })
  world.log('info', 'logged in', { name, method, role, address })
  return { as: { name, method, role }, csrf: csrfOf(session) }
}
