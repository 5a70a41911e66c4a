/**
 * The shape of one recorded decision as a line of JSON: every field that may stand in it, and none beside. The version counts changes that
 * an older reader would misread. A field that is added later gets a default here which means what was so before, so that older recordings
 * can still be decided again.
 */
import { z } from 'zod'
import type { Attempt, Case, Memory, Words } from '../core/case.ts'
import { ACTS, CAUSES, type Decision, type Diagnosis, type Reason } from '../core/decision.ts'
import { type Fleet, KEY_KINDS } from '../core/fleet.ts'
import type { DecidingRead } from '../core/ironic.ts'
import type { BmcAddress, BmcPeers, Marks, Observation, ObservedNode, ServerSeen, Tenant } from '../core/observation.ts'
import { DEFAULT_POLICY, type Policy } from '../core/policy.ts'
import type { Reading } from '../core/reading.ts'
import type { Grounds } from '../core/recorded.ts'
import { blazar, blazarPart, heldLease } from './recorded-blazar.ts'

export const RECORDED_VERSION = 1

/** Of what an older version observed. */
const BLAZAR_NOT_ASKED: Observation['blazar'] = { kind: 'absent', reason: 'that version of anneal did not ask Blazar' }

const text = z.string()
const textOrNull = text.nullable()
const flag = z.boolean()
/** Epoch milliseconds, or a span of them. */
const ms = z.number()
const msOrNull = ms.nullable()
const count = z.int()
const share = z.number()
const act = z.enum(ACTS)
const cause = z.enum(CAUSES)
const step = z.enum(['manage', 'provide'])
const markSize = z.int()
/** The slug of another version is compared, not refused. */
const reason = text.transform((slug) => slug as Reason)
const keyKind = z.enum(KEY_KINDS)
const serviceName = z.enum(['keystone', 'neutron', 'cinder', 'glance', 'nova', 'placement'])
const result = z.enum(['proven', 'failed']).nullable()

function reading<T>(value: z.ZodType<T>): z.ZodType<Reading<T>> {
  return z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('known'), value }),
    z.strictObject({ kind: z.literal('unknown'), reason: text }),
    z.strictObject({ kind: z.literal('absent'), reason: text }),
  ])
}

const bmcAddress: z.ZodType<BmcAddress> = z.strictObject({
  protocol: z.enum(['ipmi', 'redfish']),
  host: text,
  port: count,
  scheme: z.literal('http').exactOptional(),
  path: text.exactOptional(),
})

const marks: z.ZodType<Marks> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({ kind: z.literal('list'), entries: z.array(text), total: markSize }),
  z.strictObject({ kind: z.literal('unreadable'), found: text }),
])

const node: z.ZodType<ObservedNode> = z.strictObject({
  uuid: text,
  name: textOrNull,
  driver: text,
  provision_state: text,
  provision_updated_at: textOrNull,
  target_provision_state: textOrNull,
  power_state: textOrNull,
  target_power_state: textOrNull,
  instance_uuid: textOrNull,
  allocation_uuid: textOrNull,
  maintenance: flag,
  maintenance_reason: textOrNull,
  fault: textOrNull,
  protected: flag,
  retired: flag,
  owner: textOrNull,
  lessee: textOrNull,
  conductor: textOrNull,
  conductor_group: text,
  shard: textOrNull,
  resource_class: textOrNull,
  reservation: textOrNull,
  last_error: textOrNull,
  automated_clean: flag.nullable(),
  power_interface: textOrNull,
  network_interface: textOrNull,
  storage_interface: textOrNull,
  cleanStepSet: flag,
  traits: z.array(text),
  updated_at: textOrNull,
  bmcAddress: bmcAddress.nullable(),
  marks,
  hold: textOrNull,
  shield: textOrNull,
  extraOthers: text,
  digest: text,
})

const conductor = z.strictObject({ hostname: textOrNull, alive: flag })

const server: z.ZodType<ServerSeen> = z.strictObject({
  id: text,
  status: text,
  vm_state: textOrNull,
  task_state: textOrNull,
  launched_at: textOrNull,
  lastAction: z.strictObject({ action: text, start_time: text }).nullable(),
})

const tenant: z.ZodType<Tenant> = z.strictObject({
  nova: z.union([
    z.literal('standalone'),
    z.strictObject({
      byNode: z.array(server),
      byId: z.union([server, z.literal('gone'), z.null()]),
      consumers: z.array(z.strictObject({ id: text, server: reading(z.union([server, z.literal('gone')])) })).exactOptional(),
      control: text,
    }),
  ]),
  allocations: reading(z.array(text)),
})

const bmcLook = z.strictObject({
  kind: z.enum(['answers', 'faulty', 'refusing', 'silent']),
  detail: text,
  at: ms,
  hangs: z.literal(true).exactOptional(),
})
const boundPort = z.strictObject({ id: text, device_id: text, device_owner: text, mac_address: text, host_id: text })
const historyEvent = z.strictObject({
  uuid: text,
  created_at: text,
  severity: textOrNull,
  event_type: textOrNull,
  event: text,
  conductor: textOrNull,
})
const serviceLook = z.strictObject({ state: z.enum(['green', 'red']), detail: text, at: ms })

const peers: z.ZodType<BmcPeers> = z.strictObject({
  bmcs: z.strictObject({ network: text, looked: count, reached: count }).nullable(),
  shared: z.array(
    z.strictObject({ kind: z.enum(['switch', 'bmc-network', 'rack']), value: text, nodes: count, failing: count, together: count }),
  ),
})

const observation: z.ZodType<Observation> = z.strictObject({
  cloud: text,
  uuid: text,
  at: ms,
  node: reading(node),
  redacted: z.array(text),
  history: reading(z.array(historyEvent)),
  conductor: reading(conductor),
  holder: reading(conductor),
  bmc: reading(bmcLook),
  tenant: reading(tenant),
  ports: reading(z.array(boundPort)),
  services: z.partialRecord(serviceName, reading(serviceLook)),
  needed: z.array(serviceName),
  inventory: reading(z.array(z.strictObject({ resource_class: text, total: count, reserved: count }))),
  blazar: reading(blazar).default(BLAZAR_NOT_ASKED),
  links: reading(z.array(z.strictObject({ switch_id: textOrNull, switch_info: textOrNull, port_id: textOrNull }))),
  // Lines from before neighbours were looked at: nobody was asked.
  peers: reading(peers).default({ kind: 'absent', reason: 'not looked at by the version that recorded this' }),
})

const person = z.strictObject({ maintenance_reason: textOrNull, seenAt: ms, fault: flag }).nullable()

const errorText = z.strictObject({ text, source: z.enum(['history', 'last_error']), at: textOrNull, provision_state: text })

const memory: z.ZodType<Memory> = z.strictObject({
  failure: z.strictObject({ provision_state: text, provision_updated_at: textOrNull, at: ms }).nullable(),
  text: errorText.nullable(),
  earlier: errorText.exactOptional(),
  reach: z.strictObject({ answered: flag, since: ms, lostAt: z.array(ms) }).exactOptional(),
  looks: z
    .strictObject({ kind: z.enum(['silent', 'refusing']), count, firstAt: ms, lastAt: ms, skipped: z.number().exactOptional() })
    .nullable(),
  good: z.partialRecord(serviceName, z.strictObject({ firstAt: ms, lastAt: ms })),
  badAt: z.partialRecord(serviceName, ms),
  turnedBadAt: z.partialRecord(serviceName, z.array(ms)).default({}),
  gone: z.strictObject({ instance_uuid: text, firstAt: ms, lastAt: ms }).nullable(),
  lock: z.strictObject({ holder: text, since: ms, deadSince: msOrNull }).nullable(),
  powerTargetSince: msOrNull,
  person,
  quarantine: z.strictObject({ text, at: ms, fault: flag }).nullable(),
  releasedAt: msOrNull,
  provenAt: msOrNull,
  dirtySince: msOrNull,
  leases: z.array(heldLease).exactOptional(),
  told: z.array(text).exactOptional(),
  waitingSince: msOrNull.exactOptional(),
  liftedAt: ms.exactOptional(),
  leftSince: msOrNull.default(null),
})

const kind = z.enum(['act', 'wait', 'leave', 'escalate', 'resolve'])

const openCase: z.ZodType<Case> = z.strictObject({
  id: text,
  cloud: text,
  uuid: text,
  name: textOrNull,
  openedAt: ms,
  closedAt: msOrNull,
  result: z.enum(['healed', 'launched', 'moved', 'gone']).nullable(),
  memory,
  diagnosis: z.null().transform((none): Diagnosis | null => none),
  decision: z.strictObject({ kind, reason, message: text, act: act.nullable(), until: msOrNull, since: ms, at: ms }).nullable(),
})

const timeOrText = z.union([text, flag, z.null()])
const deciding: z.ZodType<DecidingRead> = z.strictObject({
  provision_state: timeOrText,
  provision_updated_at: timeOrText,
  target_provision_state: timeOrText,
  target_power_state: timeOrText,
  instance_uuid: timeOrText,
  allocation_uuid: timeOrText,
  maintenance: timeOrText,
  fault: timeOrText,
  protected: timeOrText,
  retired: timeOrText,
  owner: timeOrText,
  lessee: timeOrText,
  conductor: timeOrText,
})

const attempt: z.ZodType<Attempt> = z.strictObject({
  id: text,
  caseId: text,
  act,
  number: count,
  cause,
  createdAt: ms,
  deadlineAt: ms,
  mark: textOrNull,
  decided: deciding.nullable(),
  markState: z.enum(['none', 'written', 'maybe', 'owed', 'returned']),
  step: step.nullable(),
  outcome: z.enum(['accepted', 'not-sent', 'refused', 'unknown']).nullable(),
  outcomeReason: textOrNull,
  settledAt: msOrNull,
  endedAt: msOrNull,
  result,
  readings: text,
  blazar: blazarPart.nullable().default(null),
})

const spoken = { by: text, why: text, at: ms }
const onceSpoken = z.strictObject({ id: text, ...spoken }).nullable()

const words: z.ZodType<Words> = z.strictObject({
  hold: z.strictObject({ ...spoken, source: z.enum(['command', 'maintenance-lifted-by-ironic']) }).nullable(),
  pause: z.strictObject(spoken).nullable(),
  approval: z.strictObject({ id: text, act, cause, number: count, digest: text, ...spoken, expiresAt: ms }).nullable(),
  rejection: z.strictObject({ id: text, act, cause, number: count, digest: text, ...spoken }).exactOptional(),
  retry: onceSpoken,
  release: onceSpoken,
})

const incident = z.strictObject({
  id: text,
  key: keyKind,
  value: text,
  openedAt: ms,
  isOwn: z.boolean().default(false),
  members: count,
  inFlight: count,
  proven: count,
  failed: count,
  // Lines from before it was told apart took every first try for one that still speaks.
  last: z.strictObject({ at: ms, readings: text, result, isFailing: z.boolean().default(true) }).nullable(),
})

const fleet: z.ZodType<Fleet> = z.strictObject({
  census: z.strictObject({ total: count, inClass: count, doubtful: textOrNull, at: msOrNull }),
  inFlight: z.strictObject({ cloud: count, inClass: count, byKey: z.partialRecord(keyKind, count) }),
  startsLastHour: count,
  oldestStartAt: msOrNull,
  related: z.partialRecord(keyKind, count),
  openInClass: count,
  incidents: z.partialRecord(keyKind, incident),
  needier: z
    .strictObject({ cloud: count, inClass: count, byIncident: z.record(text, count) })
    .default({ cloud: 0, inClass: 0, byIncident: {} }),
  slowUntil: msOrNull,
})

const grounds: z.ZodType<Grounds> = z.strictObject({
  case: openCase.nullable(),
  newCase: textOrNull,
  attempts: z.array(attempt),
  words,
  person,
  firstPass: flag,
  overruled: flag,
  actsLeft: count.nullable(),
  fleet,
})

const names = z.array(text)
const quietBmc = z.strictObject({ looks: count, over: ms })

const policy: z.ZodType<Policy> = z.strictObject({
  mode: z.enum(['observe', 'approve', 'auto']),
  standalone: flag,
  scope: z.strictObject({ conductor_group: names, owner: names, shard: names, resource_class: names, name: names }),
  automatedClean: z.enum(['on', 'off', 'unknown']),
  blazar: z
    .strictObject({
      mode: z.enum(['off', 'observe', 'chameleon']),
      monitor: z.enum(['on', 'off', 'unknown']),
      giveBack: flag.default(DEFAULT_POLICY.blazar.giveBack),
      healingInterval: ms.default(DEFAULT_POLICY.blazar.healingInterval),
      warnBefore: ms.default(DEFAULT_POLICY.blazar.warnBefore),
      tellHolder: textOrNull.default(DEFAULT_POLICY.blazar.tellHolder),
    })
    .default(DEFAULT_POLICY.blazar),
  dirtyPort: z.enum(['human', 'allow']),
  uncleaned: z.enum(['allow', 'human']),
  resets: z.strictObject({ max: count, window: z.union([ms, z.literal('lifetime')]) }),
  spacing: z.array(ms),
  jitter: share,
  soak: ms,
  silentBmc: quietBmc,
  refusingBmc: quietBmc,
  inFlight: z.strictObject({ classShare: share, classMax: count, cloudShare: share, cloudMax: count }),
  starts: z.strictObject({ min: count, share }),
  incident: z.strictObject({ cases: count, within: ms, classShare: share, secondCanary: ms }),
  ironicEyes: ms,
  lastResort: ms,
  stuck: ms,
  holderDead: ms,
  foreignWriter: ms,
  waitForNova: ms,
  progress: ms,
  silence: ms,
  silenceWithLease: ms.default(DEFAULT_POLICY.silenceWithLease),
  powerFailure: ms,
  unknownOutcome: ms,
  settleAfter: ms,
  serviceSecondAnswer: ms,
  serviceSteady: ms.default(DEFAULT_POLICY.serviceSteady),
  undeadGap: ms,
  slowCloud: ms,
  look: ms,
})

const plan = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('reset'), number: count }),
  z.strictObject({ act: z.literal('recover-cleaning'), number: count, step }),
  z.strictObject({ act: z.literal('quarantine'), text }),
  z.strictObject({ act: z.literal('release') }),
  z.strictObject({ act: z.literal('unmark'), mark: text }),
  z.strictObject({ act: z.enum(['shield', 'unshield', 'give-back']), blazar: blazarPart }),
])

const saying = { reason, message: text, until: msOrNull }

const decision: z.ZodType<Decision> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('act'), ...saying, act, plan }),
  z.strictObject({ kind: z.literal('wait'), ...saying, until: ms, act: act.nullable(), queued: z.literal(true).exactOptional() }),
  z.strictObject({
    ...{ kind: z.literal('escalate'), ...saying, act: z.null() },
    ...{ queued: z.literal(true).exactOptional(), lasting: z.literal(true).exactOptional() },
  }),
  z.strictObject({ kind: z.enum(['leave', 'resolve']), ...saying, act: z.null() }),
])

export const recordedSchema = z.strictObject({
  version: z.literal(RECORDED_VERSION),
  at: z.iso.datetime({ error: 'It must be a time such as 2026-11-22T03:10:00.000Z.' }),
  case: textOrNull,
  cause,
  decision,
  observation,
  grounds,
  policy,
})
