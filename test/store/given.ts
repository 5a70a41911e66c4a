/**
 * What the store's tests begin with: a clock moved by hand, a node, an observation, a case and a commit, each with only the
 * difference that a test is about.
 */
import { type Case, EMPTY_MEMORY, type Intent } from '../../src/core/case.ts'
import type { Decision, Diagnosis } from '../../src/core/decision.ts'
import { decidingRead } from '../../src/core/ironic.ts'
import type { Observation, ObservedNode } from '../../src/core/observation.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { absent, known } from '../../src/core/reading.ts'
import { groundsOf } from '../../src/core/recorded.ts'
import type { Clock } from '../../src/core/seams.ts'
import type { NodeKey, SeenNode } from '../../src/core/seen.ts'
import type { Commit, Deciding, Store } from '../../src/store/store.ts'

export const CLOUD = 'west'
export const BEGIN = Date.UTC(2026, 10, 22, 3, 10)

/** Virtual time that only a test moves; nothing in the store sleeps. */
export type HandClock = Clock & { move(ms: number): void }

export function handClock(): HandClock {
  let now = BEGIN
  return {
    now: () => now,
    monotonic: () => now,
    sleep: () => Promise.reject(new Error('the store does not sleep')),
    move: (ms) => {
      now += ms
    },
  }
}

/** A fixed sequence (mulberry32), so that a failing test fails again. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Ids that sort in the order they were made, unique over all stores of a test run. */
let made = 0
export const newId = (): string => `id-${String(++made).padStart(8, '0')}`

export const keyOf = (n: number, cloud = CLOUD): NodeKey => ({ cloud, uuid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` })

export const seenNode = (n: number, differs: Partial<SeenNode> = {}): SeenNode => ({
  uuid: keyOf(n).uuid,
  name: `node-${n}`,
  provision_state: 'available',
  provision_updated_at: '2026-11-22T03:09:00+00:00',
  target_provision_state: null,
  power_state: 'power off',
  target_power_state: null,
  maintenance: false,
  maintenance_reason: null,
  fault: null,
  instance_uuid: null,
  reservation: null,
  protected: false,
  retired: false,
  owner: null,
  lessee: null,
  resource_class: 'baremetal',
  conductor_group: '',
  shard: null,
  ...differs,
})

const observedNode = (n: number, differs: Partial<ObservedNode>): ObservedNode => ({
  ...seenNode(n, { provision_state: 'error' }),
  driver: 'ipmi',
  allocation_uuid: null,
  conductor: 'conductor-1',
  last_error: null,
  automated_clean: null,
  power_interface: 'ipmitool',
  network_interface: 'noop',
  storage_interface: 'noop',
  cleanStepSet: false,
  traits: [],
  updated_at: null,
  bmcAddress: null,
  marks: { kind: 'absent' },
  hold: null,
  shield: null,
  extraOthers: 'others',
  digest: 'digest',
  ...differs,
})

export const observation = (n: number, at: number, differs: Partial<ObservedNode> = {}): Observation => ({
  cloud: CLOUD,
  uuid: keyOf(n).uuid,
  at,
  node: known(observedNode(n, differs)),
  redacted: [],
  history: absent('not asked'),
  conductor: absent('not asked'),
  holder: absent('not asked'),
  bmc: absent('not asked'),
  tenant: absent('not asked'),
  ports: absent('not asked'),
  services: {},
  needed: [],
  inventory: absent('not asked'),
  blazar: absent('not asked'),
  links: absent('not asked'),
  peers: absent('not asked'),
})

export const DIAGNOSIS: Diagnosis = {
  cause: 'bmc-unreachable',
  transient: 'yes',
  place: null,
  evidence: ['The BMC answers again.'],
  against: [],
  signature: null,
  service: null,
  text: null,
}

export const newCase = (n: number, id: string, at: number): Case => ({
  id,
  cloud: CLOUD,
  uuid: keyOf(n).uuid,
  name: `node-${n}`,
  openedAt: at,
  closedAt: null,
  result: null,
  memory: { ...EMPTY_MEMORY, failure: { provision_state: 'error', provision_updated_at: null, at } },
  diagnosis: null,
  decision: null,
})

export const wait = (until: number): Decision => ({ kind: 'wait', reason: 'spacing', message: 'Waits for its turn.', until, act: null })

export const resolve: Decision = { kind: 'resolve', reason: 'healed', message: 'Proven healthy.', until: null, act: null }

export const reset = (until: number, number = 1): Decision => ({
  kind: 'act',
  reason: 'bmc-answers',
  message: 'Resets it.',
  until,
  act: 'reset',
  plan: { act: 'reset', number },
})

/** A pass that decided `decision` on node n: opens its case where it has none. Returns the intent of an act. */
export function pass(store: Store, n: number, decision: Decision, differs: Partial<Commit> = {}): Promise<Intent | null> {
  return store.deciding(CLOUD, (tx) => passIn(tx, n, decision, differs))
}

export async function passIn(tx: Deciding, n: number, decision: Decision, differs: Partial<Commit> = {}): Promise<Intent | null> {
  const now = await tx.now()
  const loaded = await tx.load(keyOf(n))
  const seen = differs.observation ?? observation(n, now)
  const node = seen.node.kind === 'known' ? seen.node.value : null
  return tx.commit({
    key: keyOf(n),
    name: node?.name ?? null,
    observation: seen,
    case: loaded.case ?? newCase(n, await tx.newCaseId(), now),
    newCase: loaded.case === null,
    keys: {},
    resource_class: node?.resource_class ?? null,
    diagnosis: DIAGNOSIS,
    decision,
    settled: [],
    notices: [],
    neededAt: null,
    personHold: false,
    incident: 'stay',
    digest: node?.digest ?? null,
    decided: node === null ? null : decidingRead(node),
    extraOthers: node?.extraOthers ?? null,
    readings: 'bmc=answers',
    used: { approvalId: null, retryId: null, releaseId: null },
    policy: DEFAULT_POLICY,
    grounds: groundsOf(
      {
        observation: seen,
        ...loaded,
        newCase: null,
        overruled: false,
        actsLeft: null,
        policy: DEFAULT_POLICY,
        now,
      },
      await tx.fleet(keyOf(n), { keys: {}, resource_class: null, within: DEFAULT_POLICY.incident.within }),
    ),
    cause: DIAGNOSIS.cause,
    ...differs,
  })
}

/** The intent that a pass must have made. */
export async function resetOf(store: Store, n: number, differs: Partial<Commit> = {}): Promise<Intent> {
  const intent = await pass(store, n, reset((await store.now()) + 60_000), differs)
  if (intent === null) throw new Error('a reset makes an intent')
  return intent
}
