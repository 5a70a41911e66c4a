/**
 * Keystone's side of a session: what is asked for a token, and what the answer says (expiry, roles, scope, catalog).
 * Pure: session.ts sends, keeps and renews.
 */
import { z } from 'zod'
import type { HttpResponse } from '../core/seams.ts'
import { parseTime } from '../core/when.ts'
import type { CloudAccess } from './cloud-access.ts'
import { CATALOG_TYPES, type ServiceType, withoutSlashes } from './service-type.ts'

export type Token = {
  /** A secret: never logged, never in an error. */
  value: string
  /** Epoch ms on our own clock: its length of life as Keystone gave it, from the moment it arrived. */
  expiresAt: number
  /** From here on it is renewed before the next use. */
  renewAt: number
  user: string | null
  scope: string
  projectId: string | null
  roles: string[]
  catalog: Catalog
}

const catalogSchema = z.array(
  z.object({
    type: z.string(),
    endpoints: z.array(z.object({ interface: z.string(), region_id: z.string().nullish(), region: z.string().nullish(), url: z.string() })),
  }),
)
type Catalog = z.infer<typeof catalogSchema>

const named = z.object({ id: z.string().nullish(), name: z.string().nullish() })
const answerSchema = z.object({
  token: z.object({
    expires_at: z.string(),
    issued_at: z.string().nullish(),
    user: named.nullish(),
    project: named.nullish(),
    domain: named.nullish(),
    system: z.object({ all: z.boolean() }).nullish(),
    roles: z.array(named).nullish(),
    catalog: catalogSchema.nullish(),
  }),
})

export const TOKEN_PATH = '/v3/auth/tokens'

/** Where tokens are made, whatever version auth_url ends in. */
export const tokenUrl = (authUrl: string): string => `${withoutSlashes(authUrl).replace(/\/v[23](\.0)?$/, '')}${TOKEN_PATH}`

/** The body of POST /v3/auth/tokens. Holds secrets. */
export function tokenRequest(access: CloudAccess): unknown {
  const { auth } = access
  if (access.authType === 'token') return { auth: { identity: { methods: ['token'], token: { id: auth.token } }, ...scopeOf(auth) } }
  const domain = auth.user_domain_id === null ? { name: auth.user_domain_name } : { id: auth.user_domain_id }
  const user = auth.user_id === null ? { name: auth.username, domain } : { id: auth.user_id }
  if (access.authType === 'v3applicationcredential') {
    const which =
      auth.application_credential_id === null ? { name: auth.application_credential_name, user } : { id: auth.application_credential_id }
    // The credential itself carries the scope; Keystone refuses another one beside it.
    return {
      auth: {
        identity: {
          methods: ['application_credential'],
          application_credential: { ...which, secret: auth.application_credential_secret },
        },
      },
    }
  }
  return { auth: { identity: { methods: ['password'], password: { user: { ...user, password: auth.password } } }, ...scopeOf(auth) } }
}

function scopeOf(auth: CloudAccess['auth']): { scope?: unknown } {
  if (auth.trust_id !== null) return { scope: { 'OS-TRUST:trust': { id: auth.trust_id } } }
  if (auth.system_scope !== null) return { scope: { system: { all: true } } }
  if (auth.project_id !== null) return { scope: { project: { id: auth.project_id } } }
  if (auth.project_name !== null) {
    const domain = auth.project_domain_id === null ? { name: auth.project_domain_name } : { id: auth.project_domain_id }
    return { scope: { project: { name: auth.project_name, domain } } }
  }
  if (auth.domain_id !== null) return { scope: { domain: { id: auth.domain_id } } }
  if (auth.domain_name !== null) return { scope: { domain: { name: auth.domain_name } } }
  return {}
}

/** The token in Keystone's answer, or the sentence that says what the answer lacks. `body` is its parsed JSON. */
export function tokenIn(response: HttpResponse, body: unknown, now: number): Token | string {
  const value = response.headers['x-subject-token']
  if (value === undefined || value === '') return 'Keystone answered without X-Subject-Token.'
  if (!/^[\x21-\x7e]+$/.test(value)) return "Keystone's X-Subject-Token cannot be sent back: it holds what no header may."
  const answer = answerSchema.safeParse(body)
  if (!answer.success) return `Keystone's answer lacks something: ${shapeOf(answer.error)}.`
  const { token } = answer.data
  const [from, to] = [token.issued_at ? parseTime(token.issued_at) : now, parseTime(token.expires_at)]
  if (from === null || to === null) return "Keystone's answer has times that cannot be read."
  const life = to - from
  if (life <= 0) return "Keystone's token had ended before it was issued."
  // Renewed when less than 2 min or 10 % of its life are left; one that lives shorter than 4 min is used for half of it.
  const margin = Math.max(0.1 * life, Math.min(2 * 60_000, life / 2))
  return {
    value,
    expiresAt: now + life,
    renewAt: now + life - margin,
    user: token.user?.name ?? token.user?.id ?? null,
    scope: scopeText(token),
    projectId: token.project?.id ?? null,
    roles: (token.roles ?? []).flatMap((role) => role.name ?? []),
    catalog: token.catalog ?? [],
  }
}

function scopeText(token: z.infer<typeof answerSchema>['token']): string {
  if (token.system?.all) return 'system'
  if (token.project) return `project ${token.project.name ?? token.project.id ?? ''}`
  if (token.domain) return `domain ${token.domain.name ?? token.domain.id ?? ''}`
  return 'none'
}

/** The endpoint of a service in the catalog, unchanged; null where the catalog has none for this interface and region. */
export function endpointIn(catalog: Catalog, service: ServiceType, access: Pick<CloudAccess, 'interface' | 'regionName'>): string | null {
  for (const type of CATALOG_TYPES[service]) {
    const endpoint = catalog
      .filter((entry) => entry.type === type)
      .flatMap((entry) => entry.endpoints)
      .find(
        (candidate) =>
          candidate.interface === access.interface &&
          (access.regionName === null || (candidate.region_id ?? candidate.region) === access.regionName),
      )
    if (endpoint) return endpoint.url
  }
  return null
}

/** The first thing that is wrong with a shape: `nodes.3.uuid: expected string, received null`. */
export function shapeOf(error: z.ZodError): string {
  const issue = error.issues[0]
  return issue ? `${issue.path.join('.') || 'the answer'}: ${issue.message.replace(/^Invalid input: /, '')}` : 'its shape'
}
