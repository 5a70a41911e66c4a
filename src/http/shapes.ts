/**
 * The shapes of answers, as the OpenAPI document tells them: those that the command line publishes too, and what only the API has. They
 * describe and do not filter: a row that an older version wrote is answered as it is, and tests hold the shapes against real answers.
 */
import { z } from 'zod'
import { PUBLISHED } from '../commands/published-schemas.ts'
import { ROLES } from '../core/login.ts'
import { next } from './paging.ts'

/** A shape with a name of its own in the document. A copy has it: in what the command line publishes there are no names. */
const named = <T extends z.ZodType>(id: string, schema: T): T => schema.meta({ id })

const time = z.string().nullable().meta({ description: 'RFC 3339 with Z' })
const count = z.int()

const explanation = named('Explanation', PUBLISHED.explain.schema)
const node = named('Node', PUBLISHED.nodes.schema.shape.nodes.element)
const listedCase = named('Case', PUBLISHED.cases.schema.shape.cases.element)
const incident = named('Incident', PUBLISHED.incidents.schema.shape.incidents.element)
const decision = explanation.shape.decision.unwrap()

const shownCase = named(
  'CaseInFull',
  listedCase.extend({
    evidence: z.array(z.string()),
    against: z.array(z.string()).meta({ description: 'What speaks against the diagnosis' }),
    since: time.meta({ description: 'Since when the decision has had this reason, or waited for its turn' }),
    timeline: explanation.shape.timeline,
    attempts: explanation.shape.attempts,
  }),
)

const cloud = named(
  'Cloud',
  z.object({
    cloud: z.string(),
    mode: z.enum(['observe', 'approve', 'auto']),
    census: z.object({ believed: count.nullable(), at: time, doubtful: z.string().nullable() }),
    pause: explanation.shape.pause,
    slowUntil: time.meta({ description: 'Ironic asked for patience: nothing starts before' }),
    nodes: z.array(z.object({ provision_state: z.string(), count })),
    openCases: count,
    openIncidents: count,
    inFlight: count,
    held: count,
  }),
)

const decisionInForce = named(
  'Decision',
  z.object({
    cloud: z.string(),
    uuid: z.string(),
    name: z.string().nullable(),
    case: z.string().nullable(),
    kind: decision.shape.kind,
    reason: decision.shape.reason,
    message: z.string(),
    act: decision.shape.act,
    until: time.meta({ description: 'The next look; null: none' }),
    since: time.meta({ description: 'Since when it has had this reason, or waited for its turn' }),
    at: time.meta({ description: 'When it was decided last' }),
  }),
)

const entry = named(
  'AuditEntry',
  z.object({
    id: count,
    at: time,
    cloud: z.string().nullable(),
    uuid: z.string().nullable(),
    case: z.string().nullable(),
    by: z.string().meta({ description: "A person's name, or anneal" }),
    kind: z.string(),
    reason: z.string().nullable(),
    message: z.string(),
  }),
)

const hold = named(
  'Hold',
  z.object({
    cloud: z.string(),
    uuid: z.string(),
    name: z.string().nullable(),
    by: z.string(),
    why: z.string(),
    at: time,
    source: z.enum(['command', 'maintenance-lifted-by-ironic']),
  }),
)

const approval = named(
  'Approval',
  z.object({
    cloud: z.string(),
    uuid: z.string(),
    case: z.string().nullable(),
    act: z.string(),
    cause: z.string(),
    number: count,
    by: z.string(),
    why: z.string(),
    at: time,
    expiresAt: time,
  }),
)

const policy = named(
  'PolicyInForce',
  z.object({
    cloud: z.string(),
    mode: z.enum(['observe', 'approve', 'auto']),
    hash: z.string(),
    since: time,
    isOurs: z
      .boolean()
      .nullable()
      .meta({ description: 'null: this daemon does not watch the cloud; false: it has another policy and only observes' }),
    policy: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'Its content, times in milliseconds; null where it is not ours' }),
  }),
)

const spoken = named(
  'Spoken',
  z.object({
    changed: z.boolean().meta({ description: 'false: it was so already' }),
    message: z.string(),
    cloud: z.string().nullable(),
    uuid: z.string().nullable(),
    name: z.string().nullable(),
  }),
)

/** By what it is told how a node stands. */
const stand = z.object({
  cloud: z.string(),
  provision_state: z.string(),
  resource_class: z.string().nullable(),
  maintenance: z.boolean(),
  held: z.boolean(),
  missing: z.boolean().meta({ description: 'The census no longer lists it' }),
  kind: decision.shape.kind.nullable().meta({ description: 'Of the decision in force; null: none is' }),
  reason: z.string().nullable(),
})

const fleetSum = named('FleetSum', stand.extend({ count: count.meta({ description: 'Nodes of which all this is true' }) }))
const fleetNode = named(
  'FleetNode',
  stand.extend({
    uuid: z.string(),
    name: z.string().nullable(),
    since: time.meta({ description: 'Since when the decision has had this reason, or waited for its turn' }),
  }),
)

const loggedInAs = z.object({ name: z.string(), method: z.enum(['keystone', 'token']), role: z.enum(ROLES) })
const csrf = z.string().meta({ description: 'Goes along as X-Anneal-CSRF with whatever is no reading' })

const woken = named(
  'Woken',
  z.object({
    alerts: count,
    woken: count.meta({ description: 'Nodes that are looked at now' }),
    unknown: count.meta({ description: 'Alerts that name no known node' }),
  }),
)

const refused = named('Error', PUBLISHED.error.schema)

export const SHAPES = {
  about: z.object({ version: z.string(), now: time.meta({ description: 'Of the clock that all times here are of' }) }),
  clouds: z.object({ clouds: z.array(cloud) }),
  fleet: z.object({ sums: z.array(fleetSum) }),
  fleetNodes: z.object({ nodes: z.array(fleetNode) }),
  nodes: z.object({ nodes: z.array(node), total: count.meta({ description: 'Of all pages' }), next }),
  explanation,
  cases: z.object({ cases: z.array(listedCase), next }),
  case: shownCase,
  incidents: z.object({ incidents: z.array(incident), next }),
  decisions: z.object({ decisions: z.array(decisionInForce), next }),
  audit: z.object({ audit: z.array(entry), next }),
  approvals: z.object({ waiting: z.array(listedCase), given: z.array(approval) }),
  holds: z.object({ holds: z.array(hold) }),
  policy: z.object({ clouds: z.array(policy) }),
  spoken,
  woken,
  login: named(
    'Login',
    z.object({
      needed: z.boolean(),
      methods: z.array(z.enum(['token', 'keystone'])),
      as: loggedInAs.nullable().meta({ description: 'null: nobody' }),
      csrf: csrf.nullable(),
    }),
  ),
  loggedIn: named('LoggedIn', z.object({ as: loggedInAs, csrf })),
  loggedOut: z.object({ changed: z.boolean() }),
  error: refused,
  changes: z.object({ audit: z.array(entry), nodes: z.array(node), cases: z.array(listedCase) }),
  health: z.object({ status: z.string() }),
} as const

const MEANING = {
  400: 'What is asked cannot be meant',
  401: 'Nobody is logged in, and a login is needed',
  403: 'Another site asks, or by a foreign name, or the role is not enough',
  404: 'There is no such thing',
  409: 'It is there, but this cannot be said of it now, or several fit',
  413: 'The body is too large',
  415: 'The body is not said to be JSON',
  429: 'Too many tries',
  503: 'Not now; the fix says when or how',
} as const

type Answer = { description: string; content: Record<string, { schema: z.ZodType<unknown> }> }
const answer = (description: string, schema: z.ZodType<unknown>, type = 'application/json'): Answer => ({
  description,
  content: { [type]: { schema } },
})

/** What a route answers: this, or an error. What handlers return is typed by the commands. */
export const answers = (shape: z.ZodType<unknown>, ...refusals: (404 | 409 | 413 | 415 | 429 | 503)[]): Record<string, Answer> => ({
  200: answer('As asked', shape),
  ...Object.fromEntries(([400, 401, 403, ...refusals] as const).map((status) => [status, answer(MEANING[status], SHAPES.error)])),
})

/** The same for what is no JSON. */
export const answersText = (type: string, description: string, ...refusals: (404 | 503)[]): Record<string, Answer> => ({
  ...answers(SHAPES.error, ...refusals),
  200: answer(description, z.string(), type),
})
