/**
 * The shapes of what other programs read from us with `-o json`, of a line of `diagnose --jsonl` and of one of `observations --out`. Published
 * under docs/schemas; tests hold real output against them. Keys are only ever added, so readers must let unknown ones pass; a recorded
 * decision alone has a version and no others.
 */
import { z } from 'zod'
import { ACTS, CAUSES, PLACES, REASONS } from '../core/decision.ts'
import { KEY_KINDS } from '../core/fleet.ts'
import { CHECKS, VERDICTS } from '../core/proof.ts'
import { notificationSchema } from './notification-schema.ts'
import { recordedSchema } from './recorded-schema.ts'
import { PARTS } from './replay.ts'

const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  .meta({ description: 'RFC 3339 with Z' })
const act = z.enum(ACTS)
const cause = z.enum(CAUSES)
const transient = z.enum(['yes', 'no', 'maybe'])
const outcomeKind = z.enum(['accepted', 'not-sent', 'refused', 'unknown'])
const caseId = z.string().regex(/^c-[0-9a-z]{8}$/)

const seen = z
  .object({ by: z.string(), why: z.string(), at: time.nullable() })
  .nullable()
  .meta({ description: 'Who has seen it as it stands (`anneal acknowledge`); null: nobody, or it has changed since' })

const node = z.object({
  uuid: z.string(),
  name: z.string().nullable(),
  provision_state: z.string().nullable().meta({ description: 'null: Ironic could not be asked and no listing has shown the node' }),
  case: caseId.nullable(),
  diagnosis: z
    .object({
      cause,
      transient,
      place: z
        .enum(PLACES)
        .nullable()
        .meta({ description: 'Where the trouble with a BMC more likely sits; null: another cause, or nothing tells' }),
      evidence: z.array(z.string()),
    })
    .nullable(),
  decision: z
    .object({
      kind: z.enum(['act', 'wait', 'leave', 'escalate', 'resolve']),
      reason: z.enum(REASONS),
      message: z.string(),
      act: act.nullable().meta({ description: 'In a wait: the act that would be done' }),
      until: time.nullable().meta({ description: 'The next look; null: none' }),
    })
    .nullable()
    .meta({ description: 'null: nothing was ever decided about the node' }),
  outcome: z.object({ kind: outcomeKind, reason: z.string() }).nullable(),
  acknowledged: seen,
})

const sweep = z.object({
  cloud: z.string(),
  mode: z.enum(['observe', 'approve', 'auto']),
  listed: z.int().meta({ description: 'Nodes that Ironic listed' }),
  doubtful: z.string().nullable().meta({ description: 'Why the census is not believed; null: it is' }),
  nodes: z.array(node).meta({ description: 'Every node with an open case or in a watched state' }),
})

const result = z.enum(['healed', 'launched', 'moved', 'gone']).nullable()

const said = { by: z.string(), why: z.string(), at: time.nullable() }

const lease = z.object({
  id: z.string(),
  start_date: time.nullable(),
  end_date: time.nullable(),
  status: z.string().nullable().meta({ description: 'null, as the two below: not shown to this credential' }),
  project_id: z.string().nullable(),
  name: z.string().nullable(),
  user_id: z.string().nullable(),
})

const explanation = node.extend({
  cloud: z.string(),
  against: z.array(z.string()).meta({ description: 'What speaks against the diagnosis' }),
  since: time.nullable().meta({ description: 'Since when the decision has had this reason, or waited for its turn' }),
  opened: time.nullable(),
  closed: time.nullable(),
  result,
  budget: z.object({ spent: z.int(), max: z.int(), windowMs: z.union([z.int(), z.literal('lifetime')]) }),
  incident: z
    .object({ id: z.string(), key: z.string(), value: z.string(), members: z.int(), proven: z.int(), inFlight: z.int() })
    .nullable(),
  hold: z.object(said).nullable(),
  pause: z.object({ ...said, cloud: z.string().nullable() }).nullable(),
  timeline: z.array(z.object({ at: time.nullable(), kind: z.string(), by: z.string(), message: z.string() })),
  attempts: z.array(
    z.object({
      number: z.int(),
      act,
      at: time.nullable(),
      outcome: outcomeKind.nullable(),
      step: z.enum(['manage', 'provide']).nullable(),
      reason: z.string().nullable(),
      result: z.enum(['proven', 'failed']).nullable(),
      mark: z.string().nullable(),
      markState: z.enum(['none', 'written', 'maybe', 'owed', 'returned']),
    }),
  ),
  proofAt: time.nullable().meta({ description: 'When the proof was seen; null: nothing was kept of the node' }),
  proof: z
    .array(z.object({ check: z.enum(CHECKS), verdict: z.enum(VERDICTS), sentence: z.string() }))
    .meta({ description: 'What must hold before the node counts as healed, from the newest observation that was kept' }),
  blazar: z
    .object({
      at: time.nullable().meta({ description: 'When it was seen' }),
      unknown: z.string().nullable().meta({ description: 'Why nothing is known; null: it is' }),
      kind: z.enum(['upstream', 'chameleon']).nullable().meta({ description: 'null: its hosts do not show which Blazar it is' }),
      host: z
        .object({ id: z.string(), reservable: z.boolean().nullable(), disabled: z.boolean().nullable(), updated_at: z.string().nullable() })
        .nullable()
        .meta({ description: 'null: Blazar does not know the node' }),
      leases: z.array(lease).meta({ description: 'Running then, or beginning within 7 days, the soonest first; at most 5 of `total`' }),
      total: z.int(),
      lost: z
        .array(
          lease.extend({
            lostAt: time.nullable().meta({ description: 'When it was seen to be gone from the node' }),
            hosts: z.array(z.string()).meta({ description: "Blazar's ids of the hosts that it has now" }),
          }),
        )
        .meta({ description: "Taken from the node while its case was open; status is Blazar's word since then, or gone" }),
    })
    .nullable()
    .meta({ description: 'Reservations, from the newest observation that was kept; null: no Blazar, or nothing was kept' }),
})

const diagnosis = z.object({ id: z.union([z.string(), z.number()]), cause, transient, signature: z.string() })

const verdict = z.object({
  kind: z.enum(['act', 'wait', 'leave', 'escalate', 'resolve']),
  reason: z.string().meta({ description: 'A slug, maybe of another version' }),
  act: act.nullable().meta({ description: 'In a wait: the act that would be done' }),
})
const side = verdict.extend({ message: z.string(), until: time.nullable(), cause })

const replay = z.object({
  file: z.string(),
  policy: z.string().nullable().meta({ description: 'The anneal.yaml that decided; null: the recorded policies' }),
  mode: z.enum(['observe', 'approve', 'auto']).nullable().meta({ description: 'In place of the mode of that policy' }),
  decisions: z.int().meta({ description: 'Decided again' }),
  nodes: z.int(),
  from: time.nullable(),
  to: time.nullable(),
  acts: z.object({ was: z.int(), now: z.int() }).meta({ description: 'Of the decisions, how many are acts' }),
  same: z.int().meta({ description: 'The same in every part' }),
  otherwise: z.int().meta({ description: 'By another policy: the same kind, reason and act, but another sentence, cause or next look' }),
  transitions: z.array(z.object({ was: verdict, now: verdict, count: z.int(), nodes: z.int() })),
  differences: z.array(
    z.object({
      cloud: z.string(),
      uuid: z.string(),
      name: z.string().nullable(),
      case: caseId.nullable(),
      at: time,
      was: side,
      now: side,
      differs: z.array(z.enum(PARTS)),
    }),
  ),
  tooOld: z.int().meta({ description: 'Kept by an older version, which kept too little to decide again' }),
  unread: z.array(z.object({ where: z.string(), message: z.string() })).meta({ description: 'What of the file could not be read' }),
  limits: z.array(z.string()).meta({ description: 'What a replay by another policy cannot know' }),
})

const listedNode = node.extend({
  cloud: z.string(),
  power_state: z.string().nullable(),
  maintenance: z.boolean(),
  fault: z.string().nullable(),
  held: z.boolean(),
  seenAt: time.nullable(),
  missingSince: time.nullable().meta({ description: 'Since when no census has listed it; null: it is listed' }),
})

const listedCase = z.object({
  id: caseId,
  cloud: z.string(),
  uuid: z.string(),
  name: z.string().nullable(),
  openedAt: time.nullable(),
  closedAt: time.nullable(),
  result,
  incident: z.string().nullable(),
  cause: cause.nullable(),
  transient: transient.nullable(),
  decision: node.shape.decision,
  acknowledged: seen,
})

const incident = z.object({
  id: z.string(),
  cloud: z.string(),
  key: z.enum(KEY_KINDS).meta({ description: 'What the cases share' }),
  value: z.string(),
  openedAt: time.nullable(),
  closedAt: time.nullable(),
  members: z.array(z.object({ uuid: z.string(), name: z.string().nullable(), case: caseId, open: z.boolean() })),
  canary: z
    .object({ uuid: z.string(), name: z.string().nullable(), at: time.nullable(), result: z.enum(['proven', 'failed']).nullable() })
    .nullable()
    .meta({ description: 'The node that went first; null: none has yet' }),
  healed: z.int(),
  failed: z.int(),
  inFlight: z.int(),
  resetsSpent: z.int(),
  nodeHours: z.number().meta({ description: "From each node's failure until its case closed, or until now" }),
  acknowledged: seen,
})

const check = z.object({
  cloud: z.string(),
  name: z.string(),
  verdict: z.enum(['pass', 'warn', 'fail']),
  message: z.string(),
  fix: z.string().nullable().meta({ description: 'What to do; null: nothing is needed' }),
})

const asked = z.object({ kind: z.enum(['known', 'unknown', 'absent']), reason: z.string().nullable() })

const evidence = z.object({
  file: z.string().meta({ description: 'Where the archive is' }),
  bytes: z.int(),
  case: caseId,
  cloud: z.string(),
  uuid: z.string(),
  name: z.string().nullable(),
  asOf: time.nullable().meta({ description: "The case's last word: the same records make the same archive" }),
  files: z.array(z.string()),
  hardware: z.object({ inventory: asked, identity: asked }).meta({ description: 'What Ironic was asked for beside the records' }),
})

const told = z.object({
  name: z.string(),
  kind: z.string(),
  ok: z.boolean(),
  message: z.string().meta({ description: 'What came back' }),
})

const error = z.object({ error: z.object({ what: z.string(), message: z.string(), fix: z.string() }) })

export const PUBLISHED = {
  sweep: { schema: sweep, title: 'anneal sweep -o json' },
  explain: { schema: explanation, title: 'anneal explain NODE -o json' },
  diagnosis: { schema: diagnosis, title: 'a line of anneal diagnose --jsonl' },
  replay: { schema: replay, title: 'anneal replay FILE -o json' },
  recorded: { schema: recordedSchema, title: 'a line of anneal observations --out' },
  nodes: { schema: z.object({ nodes: z.array(listedNode) }), title: 'anneal nodes -o json' },
  cases: { schema: z.object({ cases: z.array(listedCase) }), title: 'anneal cases -o json' },
  incidents: { schema: z.object({ incidents: z.array(incident) }), title: 'anneal incidents -o json' },
  check: { schema: z.object({ checks: z.array(check) }), title: 'anneal check -o json' },
  evidence: { schema: evidence, title: 'anneal evidence CASE -o json' },
  notify: { schema: z.object({ receivers: z.array(told) }), title: 'anneal notify test -o json' },
  notification: { schema: notificationSchema, title: 'the body of a notification to a webhook' },
  error: { schema: error, title: 'any command with -o json that ends with an error' },
} as const

export const PUBLISHED_NAMES = Object.keys(PUBLISHED) as (keyof typeof PUBLISHED)[]

/** As a reader needs it: unknown keys are let pass. */
export function publishedJsonSchema(name: keyof typeof PUBLISHED): unknown {
  const { schema, title } = PUBLISHED[name]
  return { ...z.toJSONSchema(schema, { io: 'input' }), title }
}
