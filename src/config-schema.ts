/**
 * The keys of anneal.yaml: what each may hold, and how to say it when it holds something else. Names are those of Policy, so
 * that a key, a field and a sentence of `explain` say the same thing. A key stands here only because something reads it.
 * What several keys must satisfy together is checked in config.ts, where they have been laid over the defaults.
 */
import { z } from 'zod'
import { notificationKeys } from './config-notifications.ts'
import { notifySettings } from './config-notify.ts'
import { SERVER_KEYS } from './config-server.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE, SECOND } from './core/policy.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** What holds outside a cloud, where the file does not say otherwise. */
export const DEFAULTS = {
  /** A failure is in the dashboard within 15 s by polling alone. */
  poll: 15 * SECOND,
  census: 10 * MINUTE,
  /** One look waits for the slowest of a dozen reads, not for a core: this many nodes are looked at at once. */
  workers: 16,
  /** Nobody but this machine; the port is in no list of well-known ones. */
  listen: '127.0.0.1:8780',
  log: 'info',
} as const

/** Half of what the first reset waits for at least: what no notification tells of is found before it could be late. */
export const STRETCHED_POLL = MINUTE

/** A round takes the spacing, the wait for what nobody can see (a node without a machine has no BMC), and the soak: some 50 minutes by default. */
export const CANARY = { every: DAY, within: 2 * HOUR } as const

const UNITS: Record<string, number> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY }
const DURATION = /^(\d+)(ms|s|m|h|d)$/

/** Ten years: longer is a slip of the finger, and still far from what a number holds exactly. */
const DURATION_MAX = 3650 * DAY

/** `90s` to milliseconds; NaN where it is no duration. */
export function milliseconds(text: string): number {
  const [, amount, unit] = DURATION.exec(text) ?? []
  return Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN)
}

/** Milliseconds in the largest unit that holds them whole: 900000 is `15m`. */
export function durationText(ms: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, size]) => ms % size === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}

type Limits = { min?: number; max?: number }

/** A key with its sentence; the default stands in the sentence, because a schema of what is written drops `default`. */
const said = (sentence: string, standard: string) => ({ description: `${sentence} Default: ${standard}.`, standard })

function duration(sentence: string, standard: number, { min = 1, max = DURATION_MAX }: Limits = {}) {
  return bareDuration({ min, max })
    .meta(said(sentence, durationText(standard)))
    .exactOptional()
}

function bareDuration({ min, max }: Required<Limits>) {
  const shape = 'It must be a duration such as 500ms, 30s, 5m, 2h or 7d.'
  return z
    .string({ error: shape })
    .regex(DURATION, { error: shape })
    .transform(milliseconds)
    .refine((ms) => ms >= min, { error: min === 1 ? 'It must be longer than nothing.' : `It must be at least ${durationText(min)}.` })
    .refine((ms) => ms <= max, { error: `It must be at most ${durationText(max)}.` })
}

function count(sentence: string, standard: number, { min = 1, max = 1_000_000 }: Limits = {}) {
  const error = `It must be a whole number from ${min} to ${max}.`
  return z
    .int({ error })
    .min(min, { error })
    .max(max, { error })
    .meta(said(sentence, `${standard}`))
    .exactOptional()
}

function share(sentence: string, standard: number) {
  const error = 'It must be a share above 0 and at most 1, such as 0.05 for 5 %.'
  return z
    .number({ error })
    .gt(0, { error })
    .lte(1, { error })
    .meta(said(sentence, `${standard}`))
    .exactOptional()
}

function oneOf<const T extends readonly [string, ...string[]]>(sentence: string, words: T, standard: string) {
  return z
    .enum(words, { error: `It must be one of ${words.join(', ')}.` })
    .meta(said(sentence, standard))
    .exactOptional()
}

/** A part of the file. Empty (`prod:` with nothing below it) is the same as left out. */
const part = <S extends z.ZodRawShape>(sentence: string, shape: S) => z.strictObject(shape).nullable().meta({ description: sentence })

/** Names of nodes' fields: exact, or with `*` at the end. An empty name stands for nodes where the field is not set. */
function names(field: string) {
  const error = 'It must be a name or a list of names, each exact or with a * at its end.'
  const name = z.string({ error }).regex(/^[^*]*\*?$/, { error })
  return z
    .union([name, z.array(name, { error }).min(1, { error })], { error })
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .meta({ description: `Only nodes with this ${field}: a name or a list, exact or ending in *; "" is unset. Default: every node.` })
    .exactOptional()
}

const LIFETIME_OR_DURATION = 'It must be a duration such as 7d, or the word lifetime.'
const window = z
  .string({ error: LIFETIME_OR_DURATION })
  .regex(/^(lifetime|\d+(ms|s|m|h|d))$/, { error: LIFETIME_OR_DURATION })
  .transform((text): number | 'lifetime' => (text === 'lifetime' ? text : milliseconds(text)))
  .refine((ms) => ms === 'lifetime' || (ms > 0 && ms <= DURATION_MAX), {
    error: `It must be longer than nothing and at most ${durationText(DURATION_MAX)}.`,
  })
  .meta(said('Resets older than this no longer count; lifetime: every reset counts for ever.', '7d'))
  .exactOptional()

const P = DEFAULT_POLICY

const lookKeys = (what: string, standard: { looks: number; over: number }) =>
  part(`When a BMC that ${what} is given to a person.`, {
    looks: count('So many looks in a row must find it so.', standard.looks),
    over: duration('From the first of them to the last at least this long.', standard.over),
  }).exactOptional()

const budgets = part('How much and how fast. Budgets pace; none of them ever switches Anneal off.', {
  resets: part('The budget of one node.', {
    max: count('Resets of a node in the window; one more failure is a quarantine.', P.resets.max, { max: 100 }),
    window,
  }).exactOptional(),
  spacing: z
    .array(bareDuration({ min: 1, max: DURATION_MAX }), { error: 'It must be a list of durations such as [2m, 15m, 45m].' })
    .min(1, { error: 'It must hold at least one duration.' })
    .meta(
      said(
        'Reset n comes this long after the failure it answers; the last one serves all later ones.',
        `[${P.spacing.map(durationText).join(', ')}]`,
      ),
    )
    .exactOptional(),
  jitter: z
    .number({ error: 'It must be a share from 0 to 1.' })
    .gte(0, { error: 'It must be a share from 0 to 1.' })
    .lte(1, { error: 'It must be a share from 0 to 1.' })
    .meta(said('Share of the spacing added at random, so that nodes that failed together do not act together.', `${P.jitter}`))
    .exactOptional(),
  soak: duration('How long a healed node stays under watch; a relapse inside is the same case.', P.soak),
  silentBmc: lookKeys('does not answer', P.silentBmc),
  refusingBmc: lookKeys('refuses while its host is up', P.refusingBmc),
  inFlight: part('Repairs at the same time.', {
    classShare: share('Of the nodes of a resource class.', P.inFlight.classShare),
    classMax: count('At most so many in a resource class, however large.', P.inFlight.classMax),
    cloudShare: share('Of the nodes of the cloud.', P.inFlight.cloudShare),
    cloudMax: count("At most so many in the cloud, however large; keep it under Ironic's own concurrency limit.", P.inFlight.cloudMax),
  }).exactOptional(),
  starts: part('Repairs begun within an hour: the larger of the two.', {
    min: count('So many whatever the size of the cloud.', P.starts.min),
    share: share('Of the nodes of the cloud.', P.starts.share),
  }).exactOptional(),
  incident: part('When failures count as one shared trouble, which one canary tries first.', {
    cases: count('So many failures that share a key.', P.incident.cases, { min: 2 }),
    within: duration('Within this time.', P.incident.within),
    classShare: share('Or more than this share of a resource class.', P.incident.classShare),
    secondCanary: duration('A second canary not before this, and only on a changed reading.', P.incident.secondCanary),
  }).exactOptional(),
  ironicEyes: duration("After this Ironic's power sync would have noticed a dead BMC; set it above its interval.", P.ironicEyes),
  lastResort: duration('Where neither Anneal nor Ironic can see the BMC, one reset this long after the failure.', P.lastResort),
  stuck: duration('A transition without a lock is stuck after this.', P.stuck),
  holderDead: duration('A lock whose conductor is dead is stuck after this.', P.holderDead),
  foreignWriter: duration("Another tool's reset younger than this means that it is at work.", P.foreignWriter),
  waitForNova: duration('Nova tries a delete a second time by itself; a bound port is waited for this long.', P.waitForNova),
  progress: duration('A repair without progress for this long has failed.', P.progress),
  silence: duration('No wait for one reason stays silent longer.', P.silence),
  silenceWithLease: duration('The same while a lease runs on the node.', P.silenceWithLease),
  powerFailure: duration("Ironic's own recovery of a power failure is waited for this long.", P.powerFailure),
  unknownOutcome: duration(
    "After an unknown outcome nothing changing is sent to the node for this long; raise it with Ironic's rpc_response_timeout.",
    P.unknownOutcome,
    // Ironic's RPC may deliver a lost request within its own timeout plus ours: less could send two acts to one node.
    { min: P.unknownOutcome },
  ),
  settleAfter: duration('A crashed intent is settled by a read this long after its deadline.', P.settleAfter, { min: P.settleAfter }),
  serviceSecondAnswer: duration('Two good answers of a suspected service lie at least this far apart.', P.serviceSecondAnswer),
  serviceSteady: duration('A service that went away twice within three times this must answer well for this long.', P.serviceSteady),
  // Nova's cells may lag behind its API by seconds: two answers from within the same lag would be one.
  undeadGap: duration('Two answers of Nova that an instance is gone lie at least this far apart.', P.undeadGap, { min: MINUTE }),
  slowCloud: duration('After Ironic says it is at its limit, nothing starts for this long.', P.slowCloud),
  look: duration('A waiting node is looked at again after this where nothing says more exactly when.', P.look, { min: SECOND, max: HOUR }),
})

/** What may stand both at the top, for every cloud, and in one cloud, which then decides. */
const shared = {
  mode: oneOf(
    'observe sends nothing that changes anything, approve asks a person first, auto acts.',
    ['observe', 'approve', 'auto'],
    P.mode,
  ),
  dirtyPort: oneOf('A Neutron port still bound to the node: a person looks, or a reset is allowed.', ['human', 'allow'], P.dirtyPort),
  uncleaned: oneOf(
    'A reset that ends without cleaning, because the site does not clean: allowed, or left to a person.',
    ['allow', 'human'],
    P.uncleaned,
  ),
  budgets: budgets.exactOptional(),
}

const entry = (sentence: string) =>
  z
    .string({ error: 'It must be the name of an entry in clouds.yaml.' })
    .min(1, { error: 'It must not be empty.' })
    .meta({ description: sentence })
    .exactOptional()

const cloud = part('One cloud.', {
  ironic: entry("Entry of clouds.yaml for Ironic. Default: this cloud's name."),
  services: entry(
    'Entry of clouds.yaml for Nova, Neutron, Placement and Blazar, where one credential cannot do both. Default: the one for Ironic.',
  ),
  standalone: z
    .boolean({ error: 'It must be true or false.' })
    .meta(said('true: no Nova places instances on these nodes.', `${P.standalone}`))
    .exactOptional(),
  automatedClean: oneOf(
    'Whether the conductors clean automatically; the API does not tell. Needed for retired nodes only.',
    ['on', 'off', 'unknown'],
    P.automatedClean,
  ),
  blazar: part('Blazar, where nodes are lent by reservation.', {
    mode: oneOf(
      "off does not ask it, observe reads who has a node when, chameleon may also keep a node under repair from being lent (for ChameleonCloud's fork).",
      ['off', 'observe', 'chameleon'],
      P.blazar.mode,
    ),
    monitor: oneOf("Whether Blazar's polling monitor runs; its API does not tell.", ['on', 'off', 'unknown'], P.blazar.monitor),
    giveBack: z
      .boolean({ error: 'It must be true or false.' })
      .meta(
        said(
          "true: a pending lease that Blazar's monitor took from the node gets it back once it is proven healed.",
          `${P.blazar.giveBack}`,
        ),
      )
      .exactOptional(),
    healingInterval: duration(
      "Blazar's healing_interval: so long before its start a lease is taken from a failed host.",
      P.blazar.healingInterval,
    ),
    warnBefore: duration('People are told so long before a lease starts on a node that is not well.', P.blazar.warnBefore),
    tellHolder: z
      .string({ error: 'It must be a text.' })
      .min(1, { error: 'It must not be empty.' })
      .meta(said("What a lease's holder is told; {node}, {lease}, {start}, {end} and {cause} are filled in.", 'nobody is told'))
      .exactOptional(),
  }).exactOptional(),
  canary: part('A node that is broken and healed on a schedule, to prove that the whole path works. In mode auto only.', {
    node: z.string({ error: 'It must be the name or uuid of a node.' }).min(1, { error: 'It must not be empty.' }).meta({
      description:
        'Name or uuid. The node must have the driver fake-hardware, no instance, and extra.anneal_canary true; ipmi must be enabled too.',
    }),
    every: duration('A round begins so long after the one before.', CANARY.every, { min: HOUR }),
    within: duration('A round that is not healed by then is a trouble: /readyz and the metrics say so.', CANARY.within, { min: HOUR }),
  }).exactOptional(),
  notifications: part("Ironic's notifications, heard at RabbitMQ (docs/listening.md): they wake, polls stay the truth.", {
    ...notificationKeys(
      duration('How often the failed states are listed while notifications prove alive; not less than the other poll.', STRETCHED_POLL, {
        min: SECOND,
        max: HOUR,
      }),
    ),
  }).exactOptional(),
  scope: part('Only nodes that fit every field given here.', {
    conductor_group: names('conductor_group'),
    owner: names('owner'),
    shard: names('shard'),
    resource_class: names('resource_class'),
    name: names('name'),
  }).exactOptional(),
  ...shared,
})

const LISTEN = 'It must be an address and a port, such as 127.0.0.1:8780 or [::1]:8780, or the word off.'

/** Where `listen` says; null for off. NaN ports and the like have been refused before. */
export function listenAddress(text: string): { host: string; port: number } | null {
  const [, bracketed, bare, port] = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(text) ?? []
  const host = bracketed ?? bare
  return host === undefined ? null : { host: host.toLowerCase() === 'localhost' ? '127.0.0.1' : host, port: Number(port) }
}

const listen = z
  .string({ error: LISTEN })
  .refine((text) => text === 'off' || (listenAddress(text)?.port ?? 65_536) <= 65_535, { error: LISTEN })
  .meta(
    said(
      'Where `anneal run` answers: an address and a port (0: any free one), or off. Elsewhere than on the loopback only with login.',
      DEFAULTS.listen,
    ),
  )
  .exactOptional()

const cloudName = z.string().regex(/^[^\s/]+$/, { error: 'A name of a cloud holds no space and no slash.' })

export const settingsSchema = z.strictObject({
  clouds: z
    .record(cloudName, cloud, { error: 'It must hold one key for each cloud.' })
    .nullable()
    .meta({ description: 'The clouds to watch, each under a name of its own. Default: the one that --os-cloud or OS_CLOUD names.' })
    .exactOptional(),
  ...shared,
  poll: duration('How often the failed states are listed.', DEFAULTS.poll, { min: SECOND, max: HOUR }),
  census: duration('How often all nodes are counted.', DEFAULTS.census, { min: 10 * SECOND, max: DAY }),
  notify: notifySettings,
  workers: count('Nodes of a cloud looked at at the same time.', DEFAULTS.workers, { max: 256 }),
  server: part('The HTTP API and the metrics of `anneal run`.', {
    listen,
    ...SERVER_KEYS,
    url: z
      .url({ protocol: /^https?$/, error: 'It must be an address that begins with http:// or https://.' })
      .meta(said('Address by which people reach it, for the links in notifications.', 'no links'))
      .exactOptional(),
  }).exactOptional(),
  database: z
    .string({ error: 'It must be the path of a file, or an address that begins with postgres://.' })
    .min(1, { error: 'It must not be empty.' })
    .meta(
      said(
        'File of the SQLite database; a relative path starts at this file. Or a PostgreSQL database, for several replicas: postgres://USER:PASSWORD@HOST/NAME. ANNEAL_DATABASE goes before it.',
        'anneal/anneal.db under $XDG_STATE_HOME',
      ),
    )
    .exactOptional(),
  log: oneOf('The least grave message that is written.', LOG_LEVELS, DEFAULTS.log),
})

/** anneal.yaml as it is written, checked: durations are milliseconds, single names are lists, nothing is filled in. */
export type Settings = z.output<typeof settingsSchema>
export type CloudSettings = NonNullable<z.output<typeof cloud>>
export type Budgets = NonNullable<z.output<typeof budgets>>

/** The JSON Schema of anneal.yaml as a person writes it, for editors and other tools. */
export function settingsJsonSchema(): unknown {
  const schema = z.toJSONSchema(settingsSchema, { io: 'input', override: ({ jsonSchema }) => void delete jsonSchema['standard'] })
  return { ...schema, title: 'anneal.yaml', description: 'Configuration of Anneal. Every key is optional.' }
}
