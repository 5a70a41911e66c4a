/**
 * The head of a scenario: which cloud it plays on, which nodes there are, and how the operator works there. One line each (`site`, `node`,
 * `operator`, `policy`); the same lines whether a person wrote them or a seed drew them (drawn-site.ts).
 */
import { DEFAULT_POLICY, type Mode } from '../../core/policy.ts'
import { isObject } from '../answer.ts'
import { BLAZAR_KINDS, type BlazarKind } from '../blazar-state.ts'
import type { CloudOptions, NodeSpec } from '../build-world.ts'
import { type Field, JSON_VALUE, linesOver, NAME, NUMBER, oneOf, ScriptError, SPAN, wordsOf } from './deed.ts'

/** How the operator works: a sweep that often, as cron has it, or `every: null` for the daemon. `turns`: daemons beside each other share polls. `hears`: they listen to Ironic's notifications. */
export type Manner = { mode: Mode; every: number | null; turns: boolean; hears: boolean }

export type Head = {
  seed: number
  /** Epoch ms. */
  start: number
  cloud: Pick<CloudOptions, 'nodes' | 'ironic' | 'features' | 'blazar'>
  manner: Manner
  /** What the policy has otherwise than by default; as in core/policy.ts, times in ms. */
  policy: Record<string, unknown>
}

/** Three at night. */
const START = Date.parse('2026-03-01T03:00:00Z')

const TIME: Field<number> = {
  what: 'a time such as 2026-03-01T03:00:00Z',
  read: (word) => {
    const at = Date.parse(word)
    return Number.isNaN(at) ? undefined : at
  },
  words: null,
}
const ON_OFF: Field<boolean> = { what: 'on or off', read: (word) => ({ on: true, off: false })[word], words: null }
const VERSION: Field<string> = {
  what: 'an API version such as 1.82',
  read: (word) => (/^1\.\d{2,3}$/.test(word) ? word : undefined),
  words: null,
}

const SITE_KEYS = {
  seed: NUMBER,
  start: TIME,
  version: VERSION,
  history: ON_OFF,
  late: SPAN,
  clean: ON_OFF,
  cleaning: SPAN,
  conductors: NUMBER,
  rpc: oneOf(['json-rpc', 'messaging']),
  page: NUMBER,
  sync: SPAN,
  cinder: ON_OFF,
  blazar: oneOf(BLAZAR_KINDS),
  monitor: ON_OFF,
}
/** What a policy has otherwise, as in core/policy.ts, times in ms. */
export const POLICY: Field<Record<string, unknown>> = {
  what: 'a JSON object as `policy` takes it',
  read: (word) => {
    const value = JSON_VALUE.read(word)?.value
    return isObject(value) && strangerIn(value) === undefined ? value : undefined
  },
  words: null,
}
const OPERATOR_KEYS = { mode: oneOf(['observe', 'approve', 'auto']), every: SPAN, turns: ON_OFF, hears: ON_OFF }
const NODE_KEYS = { rack: NUMBER, class: NAME, clean: ON_OFF }

/** What each option of the head means, for the reference; what is not said is as it stands in brackets. */
export const HEAD_OPTIONS = {
  site: described(SITE_KEYS, {
    seed: 'of everything that is random: jitter, ids, which requests a share meets (1)',
    start: 'when it begins (2026-03-01T03:00:00Z)',
    version: "Ironic's newest API version, which decides its release's behaviour too (1.82)",
    history: 'whether Ironic keeps node history (on)',
    late: 'how much later than it was made a history entry shows (0s)',
    clean: 'automated cleaning (on)',
    cleaning: 'how long a cleaning takes',
    conductors: 'how many, named conductor-1 and so on',
    rpc: 'what a call to a dead conductor looks like: refused at once, or no answer',
    page: "Ironic's largest page (1000)",
    sync: 'how often Ironic syncs power states; 0s: never (60s, 120s from 1.111)',
    cinder: 'whether there is a Cinder',
    blazar: 'which Blazar there is, with every node enrolled (none)',
    monitor: "whether Blazar's polling monitor runs (off)",
  }),
  node: described(NODE_KEYS, {
    rack: 'its rack, which is its BMC network and its switch (1)',
    class: 'its resource class (baremetal)',
    clean: "the node's own automated_clean",
  }),
  operator: described(OPERATOR_KEYS, {
    mode: 'as in anneal.yaml (auto)',
    every: 'a sweep that often, as cron does it (the daemon)',
    turns: 'whether daemons beside each other share polls and censuses, as on PostgreSQL (off)',
    hears: "whether daemons listen to Ironic's notifications (off)",
  }),
}

function described(keys: Record<string, Field<unknown>>, says: Record<string, string>): { key: string; what: string; says: string }[] {
  return Object.entries(keys).map(([key, { what }]) => ({ key, what, says: says[key] ?? '' }))
}

export const NODE_STATES = ['active', 'available', 'manageable', 'error'] as const
export const NODE_FLAGS = ['ipmi', 'redfish', 'noop', 'protected', 'retired'] as const

export const HEAD_VERBS = ['site', 'node', 'operator', 'policy'] as const
export const isHead = (line: string): boolean => HEAD_VERBS.some((verb) => line === verb || line.startsWith(`${verb} `))

/** Throws ScriptError. Without a line for it: six nodes of one rack, and the daemon in mode auto. */
export function readHead(lines: readonly string[]): Head {
  const head: Head = {
    seed: 1,
    start: START,
    cloud: { nodes: [], ironic: {}, features: {} },
    manner: { mode: 'auto', every: null, turns: false, hears: false },
    policy: {},
  }
  const nodes: NodeSpec[] = []
  for (const line of lines.flatMap(linesOver)) {
    const [verb, ...words] = wordsOf(line)
    if (verb === 'site') siteInto(head, line, words)
    if (verb === 'node') nodes.push(nodeOf(line, words))
    if (verb === 'operator') {
      head.manner = { ...head.manner, ...options(OPERATOR_KEYS, words, line) }
    }
    if (verb === 'policy') head.policy = { ...head.policy, ...policyOf(line) }
  }
  head.cloud.nodes = nodes.length > 0 ? nodes : USUAL
  return head
}

const USUAL: NodeSpec[] = Array.from({ length: 6 }, (_, at) => ({
  name: `n${at + 1}`,
  provision_state: 'active',
  rack: 1,
  resource_class: 'baremetal',
}))

function siteInto(head: Head, line: string, words: readonly string[]): void {
  const given = options(SITE_KEYS, words, line)
  head.seed = given.seed ?? head.seed
  head.start = given.start ?? head.start
  const { ironic = {}, features = {} } = head.cloud
  head.cloud.features = { ...features, ...(given.cinder === undefined ? {} : { cinder: given.cinder }) }
  blazarInto(head, line, given)
  head.cloud.ironic = {
    ...ironic,
    ...(given.conductors === undefined ? {} : { conductors: Array.from({ length: given.conductors }, (_, at) => `conductor-${at + 1}`) }),
    ...defined({
      version: given.version,
      history: given.history,
      historyLateMs: given.late,
      automatedClean: given.clean,
      cleaningMs: given.cleaning,
      rpc: given.rpc,
      maxLimit: given.page,
      powerSyncMs: given.sync,
    }),
  }
}

/** Each may stand on a line of its own. */
function blazarInto(head: Head, line: string, given: { blazar?: BlazarKind; monitor?: boolean }): void {
  const before = head.cloud.blazar
  const kind = given.blazar ?? before?.kind
  if (kind !== undefined) head.cloud.blazar = { kind, monitor: given.monitor ?? before?.monitor ?? false }
  else if (given.monitor !== undefined) throw new ScriptError(`"${line}": monitor= is Blazar's; say blazar= with it or before.`)
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
const defined = <T extends object>(from: T): Defined<T> =>
  Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as Defined<T>

function nodeOf(line: string, words: readonly string[]): NodeSpec {
  const [name = '', state = '', ...rest] = words
  const provision_state = NODE_STATES.find((one) => one === state)
  if (NAME.read(name) === undefined || provision_state === undefined)
    throw new ScriptError(`"${line}": node NAME STATE is wanted, with a state of ${NODE_STATES.join(', ')}.`)
  const flags = rest.filter((word) => !word.includes('='))
  const stranger = flags.find((flag) => !NODE_FLAGS.some((one) => one === flag))
  if (stranger !== undefined) throw new ScriptError(`"${line}": "${stranger}" is none of ${NODE_FLAGS.join(', ')}.`)
  const given = options(
    NODE_KEYS,
    rest.filter((word) => word.includes('=')),
    line,
  )
  return {
    name,
    provision_state,
    protocol: flags.includes('redfish') ? 'redfish' : 'ipmi',
    rack: given.rack ?? 1,
    resource_class: given.class ?? 'baremetal',
    ...(flags.includes('noop') ? { network_interface: 'noop' } : {}),
    ...(flags.includes('protected') ? { protected: true } : {}),
    ...(flags.includes('retired') ? { retired: true } : {}),
    ...(given.clean === undefined ? {} : { automated_clean: given.clean }),
  }
}

const strangerIn = (policy: object): string | undefined => Object.keys(policy).find((key) => !(key in DEFAULT_POLICY))

function knownOnly(policy: Record<string, unknown>, line: string): Record<string, unknown> {
  const stranger = strangerIn(policy)
  if (stranger === undefined) return policy
  throw new ScriptError(`"${line}": policy has no "${stranger}". There are ${Object.keys(DEFAULT_POLICY).join(', ')}.`)
}

/** The rest of the line is one JSON object. */
function policyOf(line: string): Record<string, unknown> {
  const value = JSON_VALUE.read(line.slice('policy'.length).trim())?.value
  if (isObject(value)) return knownOnly(value, line)
  throw new ScriptError(`"${line}": a JSON object is wanted behind policy.`)
}

function options<K extends Record<string, Field<unknown>>>(
  keys: K,
  words: readonly string[],
  line: string,
): { [P in keyof K]?: K[P] extends Field<infer T> ? T : never } {
  const given: Record<string, unknown> = {}
  for (const word of words) {
    const [, key = '', text = ''] = /^([a-z]+)=(.*)$/.exec(word) ?? []
    const field = keys[key]
    const value = field?.read(text)
    if (field === undefined) throw new ScriptError(`"${line}": "${word}" is none of ${Object.keys(keys).join('=, ')}=.`)
    if (value === undefined) throw new ScriptError(`"${line}": "${text}" is not ${field.what}.`)
    given[key] = value
  }
  // Filled from the table whose types it is given, field by field.
  return given as { [P in keyof K]?: K[P] extends Field<infer T> ? T : never }
}
