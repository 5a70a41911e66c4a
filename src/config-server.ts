/**
 * The part `server` of anneal.yaml beside its address: who may log in, and whose word about the sender of a request counts. It looks into no
 * clouds.yaml; whoever listens elsewhere than on the loopback without a login is refused in config.ts.
 */
import { BlockList, isIP } from 'node:net'
import { z } from 'zod'
import type { SettingsFile } from './config-file.ts'
import { ConfigError } from './core/config-error.ts'
import type { KeystoneLogin } from './openstack/keystone-login.ts'

/** `keystone`: null where tokens alone let in. */
export type LoginConfig = { keystone: (KeystoneLogin & { cloud: string }) | null }

export type ServerConfig = {
  host: string
  port: number
  /** null: whoever reaches it may do everything, which only this machine may. */
  login: LoginConfig | null
  /** Addresses, or networks such as 10.0.0.0/8, whose X-Forwarded-* headers are believed. */
  trustedProxies: readonly string[]
}

const said = (description: string, standard: string) => ({ description: `${description} Default: ${standard}.`, standard })
const TEXT = 'It must be a name.'
const name = (sentence: string, standard: string) =>
  z.string({ error: TEXT }).min(1, { error: TEXT }).meta(said(sentence, standard)).exactOptional()

const LIST = 'It must be a name or a list of names.'
const listOf = (one: z.ZodString, sentence: string, standard: string, error = LIST) =>
  z
    .union([one, z.array(one, { error })], { error })
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .meta(said(sentence, standard))
    .exactOptional()
const roles = (sentence: string) => listOf(z.string({ error: LIST }).min(1, { error: LIST }), sentence, 'none')

const PROXY = 'It must be an address such as 10.0.0.5, a network such as 10.0.0.0/24, or a list of them.'
const proxy = z.string({ error: PROXY }).refine((text) => networkIn(text) !== null, { error: PROXY })

const loginSchema = z
  .strictObject({
    keystone: name(
      'The entry of clouds.yaml whose Keystone people log in to.',
      'nobody logs in with a password; tokens of `anneal token` let in',
    ),
    userDomain: name('The domain of users who name none.', 'Default'),
    project: name('The project on which roles count.', "the domain's or the system's"),
    projectDomain: name('The domain of that project.', 'Default'),
    domain: name('The domain on which roles count, where no project is named.', "the system's"),
    roles: z
      .strictObject({
        viewer: roles("Keystone's roles that may read everything."),
        operator: roles("Keystone's roles that may also say a person's words: hold, retry, approve, pause …"),
      })
      .nullable()
      .meta({ description: "Which of Keystone's roles are what here." })
      .exactOptional(),
  })
  .nullable()
  .meta({ description: 'A login is needed, for reading too: {} for tokens alone. Must be there to listen elsewhere than on the loopback.' })
  .exactOptional()

/** Keys of `server` beside `listen`. */
export const SERVER_KEYS = {
  login: loginSchema,
  trustedProxies: listOf(proxy, 'Proxies whose X-Forwarded-For, -Proto and -Host are believed.', 'none', PROXY),
}

type Settings = { login?: z.output<typeof loginSchema>; trustedProxies?: string[] }

/** Throws ConfigError for a login that would let nobody in. */
export function loginOf(settings: Settings | null | undefined, at: SettingsFile['at']): LoginConfig | null {
  const given = settings?.login
  if (given == null) return null
  const { keystone: cloud, userDomain = 'Default', project, projectDomain = 'Default', domain } = given
  const map = { viewer: given.roles?.viewer ?? [], operator: given.roles?.operator ?? [] }
  const refused = (key: string, message: string, fix: string) => new ConfigError({ what: at(['server', 'login', key]), message, fix })
  if (cloud === undefined) {
    const without = Object.keys(given).find((key) => key !== 'keystone')
    if (without === undefined) return { keystone: null }
    throw refused(without, 'It says how people log in, and nothing says where.', 'Name the cloud: server: { login: { keystone: CLOUD } }.')
  }
  if (map.viewer.length + map.operator.length === 0)
    throw refused('keystone', "None of Keystone's roles may do anything here.", 'Map them: roles: { viewer: [reader], operator: [admin] }.')
  if (project !== undefined && domain !== undefined)
    throw refused(
      'domain',
      'Roles count on a project or on a domain, not on both.',
      "Remove one of them; a project's own domain is projectDomain.",
    )
  const scope =
    project !== undefined
      ? { kind: 'project' as const, project, domain: projectDomain }
      : domain !== undefined
        ? { kind: 'domain' as const, domain }
        : { kind: 'system' as const }
  return { keystone: { cloud, userDomain, scope, roles: map } }
}

/** Whether a request's other end is one of the proxies. */
export function proxiesAmong(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const text of networks) {
    const network = networkIn(text)
    if (network !== null) list.addSubnet(network.address, network.bits, network.family)
  }
  return (address) => {
    const family = isIP(address)
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
}

function networkIn(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | null {
  const [address = '', given, ...more] = text.split('/')
  const family = isIP(address)
  const most = family === 6 ? 128 : 32
  const bits = given === undefined ? most : /^\d{1,3}$/.test(given) ? Number(given) : Number.NaN
  if (family === 0 || more.length > 0 || !(bits <= most)) return null
  return { address, bits, family: family === 6 ? 'ipv6' : 'ipv4' }
}
