/**
 * A person's login against the cloud's own Keystone: their credentials are sent once, for a token of the scope that the configuration names,
 * and of the answer only who they are and their roles are kept. The token itself is dropped: nothing is ever done in their name.
 */
import { z } from 'zod'
import type { Credentials, LoginAnswer, RoleMap } from '../core/login.ts'
import { roleFor } from '../core/login.ts'
import type { Transport } from '../core/seams.ts'
import { bodyOf, type Call, sendCall } from './call.ts'
import type { CloudAccess } from './cloud-access.ts'
import { OpenStackError } from './openstack-error.ts'
import { TOKEN_PATH, tokenRequest, tokenUrl } from './token.ts'

/** Where the roles count. A role on some other project is worth nothing here: everybody is admin of something. */
export type LoginScope = { kind: 'project'; project: string; domain: string } | { kind: 'domain'; domain: string } | { kind: 'system' }

export type KeystoneLogin = { scope: LoginScope; userDomain: string; roles: RoleMap }

const named = z.object({ id: z.string().nullish(), name: z.string().nullish() })
const answered = z.object({
  token: z.object({
    user: z.object({ name: z.string().min(1), domain: named }),
    project: named.extend({ domain: named }).nullish(),
    domain: named.nullish(),
    system: z.object({ all: z.boolean() }).nullish(),
    roles: z.array(z.object({ name: z.string() })).nullish(),
  }),
})
type Token = z.infer<typeof answered>['token']

/** Keystone's own ways of saying no: an unknown user, a wrong password, a scope without a role and a locked account are all 401. */
const NO = [400, 401, 403, 404]

export async function loginAtKeystone(
  to: { access: CloudAccess; transport: Transport },
  login: KeystoneLogin,
  credentials: Credentials,
): Promise<LoginAnswer> {
  const access = accessOf(to.access, login, credentials)
  const call: Call = { service: 'identity', method: 'POST', path: TOKEN_PATH, body: tokenRequest(access), accept: NO }
  try {
    const response = await sendCall({ transport: to.transport, access }, call, { url: tokenUrl(access.auth.auth_url ?? ''), headers: {} })
    if (response.status >= 300) return { kind: 'refused' }
    return judged(bodyOf(call, response, answered).token, login)
  } catch (error) {
    // Knows: clients throw this one alone, and its sentence holds nothing that was sent.
    if (error instanceof OpenStackError) return { kind: 'unreachable', reason: error.message }
    throw error
  }
}

function judged(token: Token, { scope, roles }: KeystoneLogin): LoginAnswer {
  const domain = token.user.domain.name ?? token.user.domain.id ?? ''
  // It stands in one line of the audit trail.
  const name = `${token.user.name}@${domain}`.replace(/\p{Cc}/gu, '?').slice(0, 255)
  // An application credential brings its own scope, and its owner chose it.
  if (!isOf(token, scope)) return { kind: 'elsewhere', name }
  const role = roleFor(
    (token.roles ?? []).map((one) => one.name),
    roles,
  )
  return role === null ? { kind: 'no-role', name } : { kind: 'in', name, role }
}

const isNamed = (one: z.infer<typeof named> | null | undefined, wanted: string): boolean =>
  one != null && (one.name === wanted || one.id === wanted)

function isOf({ project, domain, system }: Token, scope: LoginScope): boolean {
  if (scope.kind === 'system') return system?.all === true
  if (scope.kind === 'domain') return project == null && isNamed(domain, scope.domain)
  return project != null && isNamed(project, scope.project) && isNamed(project.domain, scope.domain)
}

/** The cloud's address and certificates with somebody else's credentials in place of ours. */
function accessOf(ours: CloudAccess, { scope, userDomain }: KeystoneLogin, given: Credentials): CloudAccess {
  const blank = Object.fromEntries(Object.keys(ours.auth).map((key) => [key, null])) as CloudAccess['auth']
  const auth = { ...blank, auth_url: ours.auth.auth_url }
  if (given.kind === 'application-credential') {
    return {
      ...ours,
      authType: 'v3applicationcredential',
      auth: { ...auth, application_credential_id: given.id, application_credential_secret: given.secret },
    }
  }
  const person = { username: given.user, password: given.password, user_domain_name: given.domain ?? userDomain }
  return { ...ours, authType: 'password', auth: { ...auth, ...person, ...scopeKeys(scope) } }
}

function scopeKeys(scope: LoginScope): Partial<CloudAccess['auth']> {
  if (scope.kind === 'system') return { system_scope: 'all' }
  if (scope.kind === 'domain') return { domain_name: scope.domain }
  return { project_name: scope.project, project_domain_name: scope.domain }
}
