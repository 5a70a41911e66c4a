/**
 * The configuration, parsed and checked once; nothing validates it again later. It finds anneal.yaml, lays it over the
 * defaults and makes one Policy for each cloud. It reads no clouds.yaml (openstack/clouds-yaml.ts) and opens no database.
 */
import { BlockList, isIP } from 'node:net'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { type ConfigSource, readSettings, type SettingsFile } from './config-file.ts'
import { hearingPlanOf } from './config-notifications.ts'
import { receiversOf, unknownCloudOf } from './config-notify.ts'
import {
  type Budgets,
  CANARY,
  type CloudSettings,
  DEFAULTS,
  durationText,
  type LOG_LEVELS,
  listenAddress,
  type Settings,
  STRETCHED_POLL,
} from './config-schema.ts'
import { loginOf, type ServerConfig } from './config-server.ts'
import type { HearingPlan } from './controller/hear.ts'
import type { CanaryPlan } from './core/canary.ts'
import { ConfigError, nearest } from './core/config-error.ts'
import { DEFAULT_POLICY, type Mode, type Policy } from './core/policy.ts'
import type { Receiver } from './notify/receiver.ts'
import { digestOf } from './openstack/canonical-json.ts'
import { type DatabasePlace, isPostgresUrl, postgresPlace, sqlitePlace } from './store/database-place.ts'

export type LogLevel = (typeof LOG_LEVELS)[number]

export type CloudConfig = {
  /** The cloud's name in anneal.yaml, and everywhere in Anneal. */
  name: string
  /** Entry of clouds.yaml for Ironic, and another for Nova, Neutron, Placement and Blazar (null: the same one). */
  ironic: string
  services: string | null
  policy: Policy
  /** null: no node is ever broken on purpose. */
  canary: CanaryPlan | null
  /** Where Ironic's notifications are heard; null: nowhere. Holds passwords. */
  notifications: HearingPlan | null
  /** Of the whole policy, mode included: replicas with different ones must not both act. */
  policyHash: string
}

export type Config = {
  /** The file that was read; null where there is none and everything has its default. */
  path: string | null
  /** As anneal.yaml lists them; empty where it lists none, then `cloudFor` makes one of the name on the command line. */
  clouds: CloudConfig[]
  /** The policy of a cloud that anneal.yaml does not list. */
  policy: Policy
  /** A SQLite file, whose folder may not exist yet, or a database of a PostgreSQL server. */
  database: DatabasePlace
  /** Milliseconds. */
  poll: number
  census: number
  workers: number
  /** Where `run` answers HTTP; null: nowhere. */
  server: ServerConfig | null
  log: LogLevel
  /** Who is told what happens. */
  receivers: Receiver[]
  /** By which people reach the server; null: messages have no links. */
  serverUrl: string | null
}

/**
 * `path` is what a person named, by `--config` unless `option` says otherwise; null looks in the usual places. `mode` is the one where the file
 * names none. The environment is an argument, so that only main reads the real one.
 */
export type ConfigWish = ConfigSource & { path: string | null; option?: string; mode?: Mode; cwd: string }

/** Throws ConfigError only. A missing file is an error only where a person named it. */
export function loadConfig(wish: ConfigWish): Config {
  const found = findFile(wish)
  const file: SettingsFile = found ? readSettings(found.path, found.text, wish) : { settings: {}, at: () => 'anneal.yaml' }
  const { settings } = file
  const policy = policyOf({ ...DEFAULT_POLICY, mode: wish.mode ?? DEFAULT_POLICY.mode }, settings)
  checkPolicy(policy, { file, cloud: null })
  const clouds = Object.entries(settings.clouds ?? {}).map(([name, cloud]) => {
    const own = cloudConfig(name, cloud ?? {}, policy)
    checkPolicy(own.policy, { file, cloud: name })
    return own
  })
  const poll = settings.poll ?? DEFAULTS.poll
  const census = settings.census ?? DEFAULTS.census
  for (const cloud of clouds) checkHearing(cloud, { file, poll, census })
  if (census < poll) {
    throw new ConfigError({
      what: file.at([settings.census === undefined ? 'poll' : 'census']),
      message: `A census every ${durationText(census)} is more often than a poll every ${durationText(poll)}.`,
      fix: 'A census lists all nodes: let it be the rarer of the two.',
    })
  }
  return {
    path: found?.path ?? null,
    clouds,
    policy,
    database: databasePlace(wish, found?.path ?? null, file),
    poll,
    census,
    workers: settings.workers ?? DEFAULTS.workers,
    server: serverOf(file),
    log: settings.log ?? DEFAULTS.log,
    receivers: receiversIn(file),
    serverUrl: settings.server?.url ?? null,
  }
}

function receiversIn({ settings, at }: SettingsFile): Receiver[] {
  const receivers = receiversOf(settings.notify)
  const known = Object.keys(settings.clouds ?? {})
  const wrong = unknownCloudOf(receivers, known)
  if (wrong === null) return receivers
  const near = nearest(wrong.cloud, known)
  throw new ConfigError({
    what: at(['notify', wrong.receiver, 'clouds']),
    message: `It names the cloud ${JSON.stringify(wrong.cloud)}, which is not among the clouds of this file.`,
    fix: near === null ? `Name some of ${known.join(', ')}.` : `Did you mean ${near}?`,
  })
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whoever reaches it may say a person's word: without a login nobody but this machine may reach it. */
function serverOf({ settings, at }: SettingsFile): Config['server'] {
  const address = listenAddress(settings.server?.listen ?? DEFAULTS.listen)
  const login = loginOf(settings.server, at)
  if (address === null) return null
  const server = { ...address, login, trustedProxies: settings.server?.trustedProxies ?? [] }
  if (login !== null) return server
  if (isLoopback(address.host)) return server
  throw new ConfigError({
    what: at(['server', 'listen']),
    message: `${address.host} is not this machine's loopback, and no login is configured that would keep others out.`,
    fix: `Configure one (server: { login: {} } for tokens alone, see docs/api.md), or listen on ${DEFAULTS.listen} and reach it from elsewhere through ssh -L.`,
  })
}

export function isLoopback(host: string): boolean {
  const family = isIP(host)
  return family !== 0 && LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** The cloud of this name in anneal.yaml; one that is not listed has the top level's policy and a clouds.yaml entry of its name. */
export function cloudFor(config: Config, name: string): CloudConfig {
  return config.clouds.find((cloud) => cloud.name === name) ?? cloudConfig(name, {}, config.policy)
}

/** The same cloud in another mode (`--mode`); its policy is then another one, with a hash of its own. */
export function inMode(cloud: CloudConfig, mode: Mode): CloudConfig {
  return withPolicy(cloud, { ...cloud.policy, mode })
}

const withPolicy = (cloud: Omit<CloudConfig, 'policyHash'>, policy: Policy): CloudConfig => ({
  ...cloud,
  policy,
  policyHash: digestOf(policy),
})

function cloudConfig(name: string, cloud: CloudSettings, under: Policy): CloudConfig {
  const policy = policyOf(
    {
      ...under,
      standalone: cloud.standalone ?? under.standalone,
      automatedClean: cloud.automatedClean ?? under.automatedClean,
      scope: { ...under.scope, ...cloud.scope },
      blazar: { ...under.blazar, ...cloud.blazar },
    },
    cloud,
  )
  const notifications = hearingPlanOf(cloud.notifications, STRETCHED_POLL)
  const parts = { name, ironic: cloud.ironic ?? name, services: cloud.services ?? null, canary: canaryOf(cloud), notifications }
  return withPolicy({ ...parts, policy }, policy)
}

const canaryOf = ({ canary }: CloudSettings): CanaryPlan | null =>
  canary == null ? null : { node: canary.node, every: canary.every ?? CANARY.every, within: canary.within ?? CANARY.within }

function policyOf(under: Policy, given: Pick<Settings, 'mode' | 'dirtyPort' | 'uncleaned' | 'budgets'>): Policy {
  const budgets: Budgets = given.budgets ?? {}
  return {
    ...under,
    ...budgets,
    mode: given.mode ?? under.mode,
    dirtyPort: given.dirtyPort ?? under.dirtyPort,
    uncleaned: given.uncleaned ?? under.uncleaned,
    resets: { ...under.resets, ...budgets.resets },
    silentBmc: { ...under.silentBmc, ...budgets.silentBmc },
    refusingBmc: { ...under.refusingBmc, ...budgets.refusingBmc },
    inFlight: { ...under.inFlight, ...budgets.inFlight },
    starts: { ...under.starts, ...budgets.starts },
    incident: { ...under.incident, ...budgets.incident },
  }
}

/**
 * Resets spaced wider than the window that counts them would never be used up: a broken node would be reset for ever. So the
 * window must hold the spacing of all its resets, one after another.
 */
function checkPolicy({ resets, spacing }: Policy, { file, cloud }: { file: SettingsFile; cloud: string | null }): void {
  if (resets.window === 'lifetime') return
  const taken = Array.from({ length: resets.max }, (_, i) => spacing[i] ?? spacing.at(-1) ?? 0).reduce((sum, wait) => sum + wait, 0)
  if (taken < resets.window) return
  const own = cloud === null ? null : file.settings.clouds?.[cloud]?.budgets
  const fromCloud = own?.spacing !== undefined || own?.resets !== undefined
  const budgets = fromCloud ? own : file.settings.budgets
  const key = budgets?.resets === undefined ? ['spacing'] : budgets.resets?.window === undefined ? ['resets', 'max'] : ['resets', 'window']
  throw new ConfigError({
    what: file.at([...(fromCloud && cloud !== null ? ['clouds', cloud] : []), 'budgets', ...key]),
    message: `The spacing of ${resets.max} resets adds up to ${durationText(taken)}, which a window of ${durationText(resets.window)} does not hold: they would never be used up.`,
    fix: 'Make the window longer (or lifetime), the spacing shorter, or the resets fewer.',
  })
}

/** While notifications prove alive a cloud is polled less often, and a census is never more often than a poll. */
function checkHearing({ name, notifications }: CloudConfig, o: { file: SettingsFile; poll: number; census: number }): void {
  if (notifications === null) return
  const stretched = o.file.settings.clouds?.[name]?.notifications?.poll
  if (stretched === undefined || (stretched >= o.poll && stretched <= o.census)) return
  throw new ConfigError({
    what: o.file.at(['clouds', name, 'notifications', 'poll']),
    message: `${durationText(stretched)} is not between the poll without notifications, ${durationText(o.poll)}, and the census, ${durationText(o.census)}.`,
    fix: 'It is how often is polled while notifications prove alive: let it lie between the two.',
  })
}

/** The named file, or the first of the usual ones: this folder, the user's configuration, the machine's. */
function findFile({ path, option = '--config', cwd, env, readFile }: ConfigWish): { path: string; text: string } | null {
  if (path !== null) {
    const named = resolve(cwd, path)
    const text = readFile(named)
    if (text !== null) return { path: named, text }
    throw new ConfigError({ what: named, message: 'It is not there or cannot be read.', fix: `Correct ${option}.` })
  }
  const home = env['HOME']
  const user = env['XDG_CONFIG_HOME'] || (home ? join(home, '.config') : null)
  const usual = [join(cwd, 'anneal.yaml'), ...(user ? [join(user, 'anneal', 'anneal.yaml')] : []), '/etc/anneal/anneal.yaml']
  for (const candidate of usual) {
    const text = readFile(candidate)
    if (text !== null) return { path: candidate, text }
  }
  return null
}

/** ANNEAL_DATABASE, then `database`, then the user's state folder. */
function databasePlace({ env, cwd }: ConfigWish, path: string | null, file: SettingsFile): DatabasePlace {
  const given = env['ANNEAL_DATABASE']
  const what = given ? 'ANNEAL_DATABASE' : file.at(['database'])
  const written = given || file.settings.database
  if (written) {
    if (isPostgresUrl(written)) return postgresNamed(written, what)
    if (/^[a-z][a-z0-9+.-]*:/i.test(written)) {
      const fix = 'Name a file, such as /var/lib/anneal/anneal.db, or a database such as postgres://anneal@db.example/anneal.'
      throw new ConfigError({ what, message: 'It is neither the path of a file nor an address of PostgreSQL.', fix })
    }
    return sqlitePlace(absolute(written, given || path === null ? cwd : dirname(path), env['HOME']))
  }
  // XDG says that a relative folder there is to be ignored.
  const xdg = env['XDG_STATE_HOME']
  const state = xdg && isAbsolute(xdg) ? xdg : env['HOME'] ? join(env['HOME'], '.local', 'state') : null
  if (state !== null) return sqlitePlace(join(state, 'anneal', 'anneal.db'))
  const message = 'There is no place for the database: none is named, and neither XDG_STATE_HOME nor HOME is set.'
  throw new ConfigError({ what: 'ANNEAL_DATABASE', message, fix: 'Set it to a file, such as /var/lib/anneal/anneal.db.' })
}

/** The address is not repeated: it may hold a password. */
function postgresNamed(written: string, what: string): DatabasePlace {
  const place = postgresPlace(written)
  if (place !== null) return place
  const fix =
    'Write postgres://USER:PASSWORD@HOST:PORT/NAME, with %40 and the like for what is special in a password; sslmode is disable, require or verify-full.'
  throw new ConfigError({ what, message: 'It is no address of a PostgreSQL database, or names none.', fix })
}

const absolute = (path: string, from: string, home: string | undefined): string =>
  path.startsWith('~/') && home ? join(home, path.slice(2)) : resolve(from, path)
