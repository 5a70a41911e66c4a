/**
 * The one builder for tests of the core: a complete input of `decide` for a node in `error` that is ready for its first reset (mode auto,
 * BMC answers, nobody on it, services green twice, failure an hour ago). A test names only the difference that matters.
 */
import type { Attempt, Case, Memory, Words } from '../src/core/case.ts'
import { EMPTY_MEMORY } from '../src/core/case.ts'
import type { Diagnosis } from '../src/core/decision.ts'
import type { Fleet, IncidentSums } from '../src/core/fleet.ts'
import { type DecidingRead, decidingRead } from '../src/core/ironic.ts'
import type { DecideInput } from '../src/core/judged.ts'
import type { NovaSeen, Observation, ObservedNode, ServerSeen, ServiceLook } from '../src/core/observation.ts'
import { DEFAULT_POLICY, HOUR, MINUTE, type Policy, SECOND } from '../src/core/policy.ts'
import { known, type Reading } from '../src/core/reading.ts'

export const NOW = Date.parse('2026-11-02T12:00:00Z')
export const CASE = 'c-0000test'
/** A time before NOW as Ironic writes it. */
export const ago = (ms: number): string => new Date(NOW - ms).toISOString().replace('Z', '+00:00')

export type Difference = {
  node?: Partial<ObservedNode>
  observation?: Partial<Observation>
  memory?: Partial<Memory>
  /** The decision in force. */
  inForce?: Case['decision']
  attempts?: Attempt[]
  words?: Partial<Words>
  keys?: DecideInput['keys']
  diagnosis?: Partial<Diagnosis>
  fleet?: Partial<Omit<Fleet, 'census' | 'inFlight'>> & { census?: Partial<Fleet['census']>; inFlight?: Partial<Fleet['inFlight']> }
  policy?: Partial<Policy>
  actsLeft?: number | null
  now?: number
}

export function given(difference: Difference = {}): DecideInput {
  const now = difference.now ?? NOW
  // A copy, so that a test may change what it got without changing the defaults.
  return structuredClone({
    observation: observed(difference.node, difference.observation),
    case: openCase({ ...difference.memory }, difference.inForce ?? null),
    attempts: difference.attempts ?? [],
    words: { hold: null, pause: null, approval: null, retry: null, release: null, ...difference.words },
    keys: difference.keys ?? { switch: 'leaf-1', 'bmc-network': '10.0.3.0/24', conductor: 'cond-1' },
    diagnosis: {
      cause: 'bmc-unreachable',
      transient: 'yes',
      place: null,
      evidence: ['last_error says: "IPMI call failed: power status.".'],
      against: [],
      signature: 'ipmi-call-failed',
      service: null,
      text: 'IPMI call failed: power status.',
      ...difference.diagnosis,
    },
    fleet: fleetOf(difference.fleet),
    policy: { ...DEFAULT_POLICY, mode: 'auto', ...difference.policy },
    actsLeft: difference.actsLeft ?? null,
    now,
  })
}

/** The observation alone, for what folds or reads one. */
export function observed(node: Partial<ObservedNode> = {}, rest: Partial<Observation> = {}): Observation {
  return {
    cloud: 'lab',
    uuid: healthyNode.uuid,
    at: NOW,
    node: known({ ...healthyNode, ...node }),
    redacted: [],
    history: known([]),
    conductor: known({ hostname: 'cond-1', alive: true }),
    holder: { kind: 'absent', reason: 'not reserved' },
    bmc: known({ kind: 'answers', detail: 'ASF pong', at: NOW }),
    tenant: nova({}),
    ports: known([]),
    services: { keystone: service('green'), neutron: service('green') },
    needed: ['keystone', 'neutron'],
    inventory: known([{ resource_class: 'CUSTOM_BAREMETAL', total: 1, reserved: 0 }]),
    blazar: { kind: 'absent', reason: 'no Blazar in the catalog' },
    links: known([{ switch_id: null, switch_info: 'leaf-1', port_id: 'Eth1/1' }]),
    peers: { kind: 'absent', reason: 'nothing points at its BMC' },
    ...rest,
  }
}

const healthyNode: ObservedNode = {
  uuid: '0f2f8c1e-2a4b-4d1c-9a55-6d2f10b7a001',
  name: 'n1',
  driver: 'ipmi',
  provision_state: 'error',
  provision_updated_at: ago(HOUR),
  target_provision_state: null,
  power_state: 'power off',
  target_power_state: null,
  instance_uuid: null,
  allocation_uuid: null,
  maintenance: false,
  maintenance_reason: null,
  fault: null,
  protected: false,
  retired: false,
  owner: null,
  lessee: null,
  conductor: 'cond-1',
  conductor_group: '',
  shard: null,
  resource_class: 'baremetal',
  reservation: null,
  last_error: 'Failed to tear down: IPMI call failed: power status.',
  automated_clean: null,
  power_interface: 'ipmitool',
  network_interface: 'neutron',
  storage_interface: 'noop',
  cleanStepSet: false,
  traits: [],
  updated_at: ago(HOUR),
  bmcAddress: { protocol: 'ipmi', host: '10.0.3.17', port: 623 },
  marks: { kind: 'absent' },
  hold: null,
  shield: null,
  extraOthers: 'e0',
  digest: 'd0',
}

function openCase(memory: Partial<Memory>, inForce: Case['decision']): Case {
  const good = { firstAt: NOW - 10 * MINUTE, lastAt: NOW }
  return {
    id: CASE,
    cloud: 'lab',
    uuid: healthyNode.uuid,
    name: healthyNode.name,
    openedAt: NOW - HOUR,
    closedAt: null,
    result: null,
    memory: {
      ...EMPTY_MEMORY,
      failure: { provision_state: 'error', provision_updated_at: ago(HOUR), at: NOW - HOUR },
      good: { keystone: good, neutron: good },
      ...memory,
    },
    diagnosis: null,
    decision: inForce,
  }
}

function fleetOf(difference: Difference['fleet'] = {}): Fleet {
  const { census, inFlight, ...rest } = difference
  return {
    census: { total: 200, inClass: 200, doubtful: null, at: NOW, ...census },
    inFlight: { cloud: 0, inClass: 0, byKey: {}, ...inFlight },
    startsLastHour: 0,
    oldestStartAt: null,
    related: { switch: 1, 'bmc-network': 1, conductor: 1 },
    openInClass: 1,
    incidents: {},
    needier: { cloud: 0, inClass: 0, byIncident: {} },
    slowUntil: null,
    ...rest,
  }
}

/** An accepted first reset that came back failed; it begins `createdAt` and is long over. */
export function attempt(difference: Partial<Attempt> = {}): Attempt {
  const createdAt = difference.createdAt ?? NOW - 3 * HOUR
  return {
    id: `i-${createdAt}`,
    caseId: CASE,
    act: 'reset',
    number: 1,
    cause: 'bmc-unreachable',
    createdAt,
    deadlineAt: createdAt + 20 * SECOND,
    mark: new Date(createdAt).toISOString(),
    decided: decided(),
    markState: 'written',
    step: null,
    outcome: 'accepted',
    outcomeReason: null,
    settledAt: createdAt + SECOND,
    endedAt: createdAt + 10 * MINUTE,
    result: 'failed',
    readings: '',
    blazar: null,
    ...difference,
  }
}

/** What an intent was decided on: the node of `given` with this difference. */
export const decided = (difference: Partial<ObservedNode> = {}): DecidingRead => decidingRead({ ...healthyNode, ...difference })

export const service = (state: ServiceLook['state'], at = NOW): Reading<ServiceLook> =>
  known({ state, detail: state === 'green' ? '200' : '503', at })

/** What Nova and Placement say; by default nothing is on the node. */
export const nova = (seen: Partial<NovaSeen>, allocations: Reading<string[]> = known([])): Observation['tenant'] =>
  known({ nova: { byNode: [], byId: null, control: 'a server of another project was found', ...seen }, allocations })

export const server = (difference: Partial<ServerSeen> = {}): ServerSeen => ({
  id: 's-1',
  status: 'ACTIVE',
  vm_state: difference.status === 'DELETED' ? 'deleted' : 'active',
  task_state: null,
  launched_at: '2026-10-01T00:00:00.000000',
  lastAction: { action: 'create', start_time: '2026-10-01T00:00:00.000000' },
  ...difference,
})

export const incident = (difference: Partial<IncidentSums> = {}): IncidentSums => ({
  id: 'inc-1',
  key: 'switch',
  value: 'leaf-1',
  openedAt: NOW - HOUR,
  isOwn: false,
  members: 20,
  inFlight: 0,
  proven: 0,
  failed: 0,
  last: null,
  ...difference,
})
