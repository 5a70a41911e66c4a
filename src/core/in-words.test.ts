/**
 * Decisions in full: the sentence that a person reads, the time of the next look, and the act that is proposed or held back. What is
 * decided, and at which edge, stands in the tests of gates, rows and pacing; a changed sentence is changed here too.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, CASE, type Difference, given, incident, NOW, nova, server, service } from '../../test/given.ts'
import { decide } from './decide.ts'
import type { Act, Reason } from './decision.ts'
import type { BmcLook } from './observation.ts'
import { DAY, HOUR, MINUTE, SECOND } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

/** `kind reason`, seconds until the next look, the act, the sentence. */
type Row = [difference: Difference, decision: string, seconds: number | null, act: Act | null, message: string]

const ann = { by: 'ann', why: 'she is at the rack', at: NOW }
const release = { release: { id: 'w', ...ann } }
const text = `anneal:${CASE} bmc-fault: Look at its BMC.`
const ours = { maintenance: true, maintenance_reason: text }
const kept = { quarantine: { text, at: NOW - DAY, fault: false } }
const port = { id: 'p-1', device_id: 'd', device_owner: 'compute:nova', mac_address: 'm', host_id: 'h' }
const since = (reason: Reason, ms: number) =>
  ({ kind: 'wait', reason, message: 'm', act: null, until: NOW, since: NOW - ms, at: NOW }) as const
const failure = (ms: number) => ({ failure: { provision_state: 'error', provision_updated_at: ago(ms), at: NOW - ms } })
const look = (kind: BmcLook['kind']) => ({ bmc: known({ kind, detail: 'three tries', at: NOW }) })
const blind = { bmc: unknown('no-route-from-here') }
const scope = { conductor_group: [], owner: [], shard: [], resource_class: [], name: [] }
const open = { outcome: null, endedAt: null, result: null, createdAt: NOW - SECOND }
const cleanFailed = { provision_state: 'clean failed', target_provision_state: 'available' }
const stranded = {
  provision_state: 'cleaning',
  target_provision_state: 'available',
  provision_updated_at: ago(HOUR),
  last_error: 'Async execution of _do_node_tear_down failed with error: HttpException: 503',
}
const available = { provision_state: 'available', last_error: null }
const recovery = attempt({ act: 'recover-cleaning', step: 'manage', mark: null, markState: 'none' })
const failed = (count: number) => Array.from({ length: count }, (_, i) => attempt({ id: `i-${i}`, createdAt: NOW - (9 - i) * HOUR }))
const shared = (sums: Parameters<typeof incident>[0]) => ({ incidents: { switch: incident(sums) }, related: { switch: 20 } })

function check(rows: Row[]): void {
  for (const [difference, decision, seconds, act, message] of rows) {
    const said = decide(given(difference))
    const until = said.until === null ? null : (said.until - NOW) / SECOND
    assert.deepEqual([`${said.kind} ${said.reason}`, until, said.act, said.message], [decision, seconds, act, message])
  }
}

const GATES: Row[] = [
  [{ observation: { node: unknown('timeout') } }, 'wait node-unreadable', 60, null, 'Ironic did not show the node: timeout.'],
  [
    { observation: { node: absent('404') } },
    'wait node-gone',
    600,
    null,
    'Ironic answers 404: the node was removed, or this credential may not see it any more.',
  ],
  [
    { observation: { node: absent('404') }, inForce: since('node-gone', 26 * HOUR) },
    'resolve node-gone',
    null,
    null,
    'Ironic has not known the node for 1 d 2 h: it is not enrolled any more.',
  ],
  [
    { fleet: { census: { doubtful: 'Ironic listed 3 nodes.' } } },
    'wait census-doubtful',
    60,
    null,
    'Ironic listed 3 nodes. Nothing is started until a census is believed.',
  ],
  [
    { observation: { redacted: ['last_error', 'extra'] } },
    'escalate redacted',
    600,
    null,
    'Ironic withholds last_error, extra from this credential: give it the permissions that `anneal check` names.',
  ],
  [{ words: { pause: ann } }, 'wait paused', 600, null, 'Paused by ann: she is at the rack. `anneal resume` goes on.'],
  [
    { policy: { scope: { ...scope, owner: ['physics'] } } },
    'wait out-of-scope',
    600,
    null,
    'Its owner (none) is outside the configured scope.',
  ],
  [{ policy: { scope: { ...scope, name: ['gpu-*'] } } }, 'wait out-of-scope', 600, null, 'Its name (n1) is outside the configured scope.'],
  [
    { node: { hold: 'rack move' } },
    'wait held',
    600,
    null,
    'extra.anneal_hold is set (rack move): Anneal leaves it alone until the key is removed.',
  ],
  [
    { words: { hold: { ...ann, source: 'command' } } },
    'wait held',
    600,
    null,
    'Held by ann: she is at the rack. `anneal unhold` gives it back.',
  ],
  [
    { words: { hold: { ...ann, why: 'Ironic lifted it.', source: 'maintenance-lifted-by-ironic' } } },
    'wait held',
    600,
    null,
    "Ironic lifted it. That was nobody's word, so it stays held. `anneal unhold` gives it back.",
  ],
  [
    { node: { maintenance: true, maintenance_reason: 'disk swap' } },
    'leave maintenance-by-person',
    600,
    null,
    'A person put it into maintenance: disk swap.',
  ],
  [{ node: { maintenance: true } }, 'leave maintenance-by-person', 600, null, 'A person put it into maintenance without a reason.'],
  [
    { node: ours, memory: kept },
    'escalate quarantined',
    600,
    null,
    'In quarantine: anneal:c-0000test bmc-fault: Look at its BMC. When it is mended, `anneal release n1`.',
  ],
  [
    { node: { ...ours, name: null }, memory: kept },
    'escalate quarantined',
    600,
    null,
    'In quarantine: anneal:c-0000test bmc-fault: Look at its BMC. When it is mended, `anneal release 0f2f8c1e-2a4b-4d1c-9a55-6d2f10b7a001`.',
  ],
  [
    { node: ours, words: release },
    'escalate quarantined',
    600,
    null,
    'A person released it, but the maintenance is not exactly the one of this case: clear it by hand.',
  ],
  [{ node: ours, memory: kept, words: release }, 'act released-by-person', 5, 'release', 'ann released it: she is at the rack.'],
  [
    { node: { ...ours, reservation: 'cond-2' }, memory: kept, words: release },
    'wait locked',
    60,
    'release',
    'Conductor cond-2 holds its lock; it is released after that.',
  ],
  [
    { node: { ...ours, target_power_state: 'power on' }, memory: kept, words: release },
    'wait locked',
    60,
    'release',
    'Its power state is on the way to power on; it is released after that.',
  ],
  [
    { node: ours, memory: kept, words: release, actsLeft: 0 },
    'wait fleet-budget',
    60,
    'release',
    'ann released it: she is at the rack. The limit of this sweep is reached.',
  ],
  [
    { node: ours, memory: kept, words: release, policy: { mode: 'observe' } },
    'wait observe-only',
    600,
    'release',
    'ann released it: she is at the rack. Mode is observe, so nothing is sent.',
  ],
  [
    { node: { maintenance: true, maintenance_reason: 'Timeout reached while cleaning', fault: 'clean failure' } },
    'escalate other-fault',
    600,
    null,
    "Ironic set fault 'clean failure': Timeout reached while cleaning. Ironic does not clear that by itself.",
  ],
  [
    { node: { fault: 'service failure' } },
    'escalate other-fault',
    600,
    null,
    "Ironic set fault 'service failure'. Ironic does not clear that by itself.",
  ],
  [
    { node: { fault: 'power failure' } },
    'wait power-failure',
    60,
    null,
    "Ironic's power sync gave up on its BMC and looks again by itself; Anneal waits for that.",
  ],
  [
    { node: { fault: 'power failure' }, policy: { powerFailure: 2 * HOUR }, inForce: since('power-failure', 2 * HOUR) },
    'escalate power-failure',
    600,
    null,
    'Ironic has not reached its BMC for 2 h. Look at the BMC, its NIC, cable and switch port.',
  ],
  [
    { node: { protected: true } },
    'escalate protected',
    600,
    null,
    'It is protected, so Ironic refuses to tear it down; whoever protected it must decide.',
  ],
  [{ node: { reservation: 'cond-2' } }, 'wait locked', 60, null, 'Conductor cond-2 is working on it.'],
  [
    { node: { reservation: 'cond-2' }, memory: { lock: { holder: 'cond-2', since: NOW - HOUR, deadSince: NOW - 20 * MINUTE } } },
    'escalate stuck-lock',
    600,
    null,
    'Its lock is held by conductor cond-2, which has not been alive for 20 min: restart that conductor.',
  ],
  [{ node: { target_power_state: 'power off' } }, 'wait locked', 60, null, 'Its power state is on the way to power off.'],
  [
    { node: { target_power_state: 'power off' }, memory: { powerTargetSince: NOW - 20 * MINUTE } },
    'escalate stuck-lock',
    600,
    null,
    'Its power state has been on the way to power off for 20 min though no conductor holds it: restart its conductor.',
  ],
  [{ node: { target_provision_state: 'available' } }, 'wait transition', 60, null, 'It is on the way to available.'],
  [{ attempts: [attempt(open)] }, 'wait outcome-unknown', 199, null, 'The outcome of a reset is not recorded; a read will settle it.'],
  [
    { attempts: [attempt({ ...open, outcome: 'accepted' })] },
    'wait outcome-unknown',
    60,
    null,
    'Ironic accepted a reset; what it leads to is not seen yet.',
  ],
  [
    { attempts: [attempt({ ...open, outcome: 'unknown', settledAt: NOW - SECOND, outcomeReason: 'No answer came.' })] },
    'wait outcome-unknown',
    149,
    null,
    'No answer came. Nothing is sent until a read shows what happened.',
  ],
  [
    { attempts: [attempt({ ...open, outcome: 'unknown', settledAt: null })] },
    'wait outcome-unknown',
    169,
    null,
    'The outcome of a reset is not known. Nothing is sent until a read shows what happened.',
  ],
  [
    { attempts: [attempt({ ...open, outcome: 'unknown', settledAt: NOW - 149 * SECOND })] },
    'wait outcome-unknown',
    1,
    null,
    'The outcome of a reset is not known. Nothing is sent until a read shows what happened.',
  ],
  [
    {
      attempts: [attempt({ outcome: 'refused', markState: 'owed', result: null, mark: '2026-11-02T09:00:00Z' })],
      node: { marks: { kind: 'list', entries: ['2026-11-02T09:00:00Z'], total: 1 } },
    },
    'act mark-owed',
    5,
    'unmark',
    'The reset marked 2026-11-02T09:00:00Z did not happen, so its mark is taken back.',
  ],
  [
    { observation: { conductor: known({ hostname: 'cond-1', alive: false }) } },
    'wait conductor-dead',
    60,
    null,
    'No live conductor manages it (cond-1 is dead): start one mapped to it.',
  ],
  [
    { observation: { conductor: known({ hostname: null, alive: false }) } },
    'wait conductor-dead',
    60,
    null,
    'No live conductor manages it: start one mapped to it.',
  ],
  [{ observation: { conductor: unknown('403') } }, 'wait conductor-dead', 60, null, 'Whether its conductor lives is not known: 403.'],
  [
    { node: { marks: { kind: 'list', entries: [ago(20 * MINUTE)], total: 1 } } },
    'wait foreign-writer',
    2400,
    null,
    "extra.hammer_error_resets has an entry of 2026-11-02T11:40:00.000Z that is not Anneal's: another tool is at work. Nothing is sent until 2026-11-02T12:40:00.000Z.",
  ],
  [
    { observation: { tenant: nova({ byNode: [server()] }) } },
    'leave instance-may-live',
    600,
    null,
    'Nova has server s-1 on it: status ACTIVE, last action create. Nothing is sent; if it should go, delete it in Nova.',
  ],
  [
    { observation: { tenant: unknown('503') } },
    'wait nova-unreadable',
    60,
    null,
    'Whether an instance lives on it could not be learned: 503.',
  ],
  [
    { observation: { ports: known([port]) } },
    'wait dirty-port',
    60,
    null,
    'Neutron port p-1 is still bound to it, and no reset unbinds it; Nova may yet remove it.',
  ],
  [
    { observation: { ports: known([port, port]) }, memory: { dirtySince: NOW - 9.5 * MINUTE } },
    'wait dirty-port',
    30,
    null,
    'Neutron port p-1 and 1 more is still bound to it, and no reset unbinds it; Nova may yet remove it.',
  ],
  [
    { observation: { ports: known([port, port, port]) }, memory: { dirtySince: NOW - HOUR } },
    'escalate dirty-port',
    600,
    null,
    'Neutron port p-1 and 2 more is still bound to it, and no reset unbinds it: `openstack port delete p-1` if its instance is gone, else `openstack port unset --host p-1`.',
  ],
  [
    { observation: { ports: unknown('403') } },
    'wait dirty-port',
    60,
    null,
    'Whether a Neutron port is still bound to it is not known: 403.',
  ],
  [
    { observation: { services: { neutron: service('red') } } },
    'wait service-red',
    60,
    null,
    'neutron, which tear-down needs, does not answer: 503.',
  ],
  [
    { observation: { services: { neutron: unknown('403') } }, diagnosis: { cause: 'api-unreachable', service: 'neutron' } },
    'wait service-red',
    60,
    null,
    'The failure points at neutron, and whether it works now is not known: 403.',
  ],
  [
    { observation: { services: {} }, diagnosis: { cause: 'api-unreachable', service: 'cinder' } },
    'wait service-red',
    60,
    null,
    'The failure points at cinder, and whether it works now is not known: not asked.',
  ],
  [
    {
      diagnosis: { cause: 'api-unreachable', service: 'neutron' },
      memory: { good: { neutron: { firstAt: NOW - 5 * SECOND, lastAt: NOW } } },
    },
    'wait service-red',
    25,
    null,
    'neutron answers again; it is believed after a second good answer.',
  ],
  [
    {
      diagnosis: { cause: 'api-unreachable', service: 'neutron' },
      memory: { good: { neutron: { firstAt: NOW - 25 * SECOND, lastAt: NOW } } },
    },
    'wait service-red',
    15,
    null,
    'neutron answers again; it is believed after a second good answer.',
  ],
  [
    { diagnosis: { cause: 'api-unreachable', service: 'neutron' }, memory: { good: {} } },
    'wait service-red',
    30,
    null,
    'neutron answers again; it is believed after a second good answer.',
  ],
  [
    { node: { marks: { kind: 'unreadable', found: 'a text' } } },
    'escalate marks-unreadable',
    600,
    null,
    'extra.hammer_error_resets is a text, not a list: how often it was reset is not known. Correct or remove the key.',
  ],
  [
    { node: { retired: true } },
    'escalate retired-uncleaned',
    600,
    null,
    'It is retired and not known to be cleaned: a reset would bring it back as available. Undeploy it by hand, or say automatedClean: on.',
  ],
  [
    { observation: { conductor: unknown('403') }, inForce: since('conductor-dead', 30 * HOUR) },
    'escalate conductor-dead',
    60,
    null,
    'Whether its conductor lives is not known: 403. It has been so for 1 d 6 h.',
  ],
]

test('every gate says what is so and what to do, and when it is asked again', () => check(GATES))

const ROWS: Row[] = [
  [{}, 'act bmc-answers', 5, 'reset', 'The BMC answers now: ASF pong. Nova has no server on it and Placement no allocation. Reset 1 of 3.'],
  [
    {
      observation: blind,
      node: { last_error: null },
      memory: { text: { text: 'IPMI call failed: power status.', source: 'history', at: null, provision_state: 'error' } },
    },
    'act bmc-seen-by-ironic',
    5,
    'reset',
    'Ironic has erased the BMC error since, which it does when it reads the power state again. Nova has no server on it and Placement no allocation. Reset 1 of 3.',
  ],
  [
    { observation: blind, memory: failure(10 * MINUTE) },
    'wait bmc-unknown',
    300,
    'reset',
    'Whether the BMC answers is not known: no-route-from-here.',
  ],
  [
    { observation: blind, memory: failure(17 * MINUTE) },
    'act last-resort',
    5,
    'reset',
    'Whether the BMC answers is not known: no-route-from-here. One reset tells. Nova has no server on it and Placement no allocation. Reset 1 of 3.',
  ],
  [
    { observation: blind, attempts: failed(1) },
    'escalate bmc-unknown',
    600,
    null,
    'Whether the BMC answers is not known: no-route-from-here. One reset has been tried; give this host a route to the BMCs. Look at the BMC, its NIC, cable and switch port.',
  ],
  [
    { observation: look('silent') },
    'wait bmc-silent',
    60,
    'reset',
    'The BMC does not answer: three tries. No attempt is spent until it answers.',
  ],
  [
    { observation: look('refusing') },
    'wait bmc-refusing',
    60,
    'reset',
    "The BMC's host is up but nobody listens on its port: three tries. No attempt is spent until it answers.",
  ],
  [
    { observation: look('silent'), memory: { looks: { kind: 'silent', count: 10, firstAt: NOW - HOUR, lastAt: NOW } } },
    'wait bmc-silent',
    600,
    'reset',
    'The BMC does not answer: three tries. No attempt is spent until it answers.',
  ],
  [
    { observation: look('silent'), memory: { looks: { kind: 'silent', count: 4, firstAt: NOW - 25 * HOUR, lastAt: NOW } } },
    'act bmc-silent',
    5,
    'quarantine',
    'The BMC does not answer: three tries. 4 looks over 1 d 1 h said the same. Look at the BMC, its NIC, cable and switch port.',
  ],
  [
    { observation: look('refusing'), memory: { looks: { kind: 'refusing', count: 4, firstAt: NOW - 2 * HOUR, lastAt: NOW } } },
    'act bmc-refusing',
    5,
    'quarantine',
    "The BMC's host is up but nobody listens on its port: three tries. 4 looks over 2 h said the same. Look at the BMC, its NIC, cable and switch port.",
  ],
  [
    { observation: look('faulty'), diagnosis: { cause: 'bmc-fault', transient: 'maybe' } },
    'act cause-may-pass',
    5,
    'reset',
    'The BMC answers, but wrongly: three tries. Nova has no server on it and Placement no allocation. Reset 1 of 3.',
  ],
  [
    { diagnosis: { cause: 'api-unreachable', service: 'neutron' } },
    'act services-green',
    5,
    'reset',
    'neutron works again. Nova has no server on it and Placement no allocation. Reset 1 of 3.',
  ],
  [
    { diagnosis: { cause: 'api-unreachable', service: null } },
    'act services-green',
    5,
    'reset',
    'What failed works again. Nova has no server on it and Placement no allocation. Reset 1 of 3.',
  ],
  [
    { diagnosis: { cause: 'bmc-fault', transient: 'no' } },
    'act credentials-refused',
    5,
    'quarantine',
    'The BMC refuses what Ironic asks of it. last_error says: "IPMI call failed: power status.". Correct the credentials, the licence or the BMC.',
  ],
  [
    { diagnosis: { cause: 'config', transient: 'no' } },
    'escalate needs-person',
    600,
    null,
    'A reset does not help against this (config). last_error says: "IPMI call failed: power status.".',
  ],
  [
    { diagnosis: { cause: 'config', transient: 'no', evidence: [] } },
    'escalate needs-person',
    600,
    null,
    'A reset does not help against this (config). The error text says so.',
  ],
  [
    { attempts: failed(3) },
    'act attempts-spent',
    5,
    'quarantine',
    '3 resets in 7 d did not heal it. Look at the BMC, its NIC, cable and switch port.',
  ],
  [
    { attempts: failed(3), policy: { resets: { max: 3, window: 'lifetime' } } },
    'act attempts-spent',
    5,
    'quarantine',
    '3 resets did not heal it. Look at the BMC, its NIC, cable and switch port.',
  ],
  [
    {
      attempts: failed(3),
      node: { marks: { kind: 'list', entries: [1, 2, 3, 4].map((h) => `2027-01-0${h}T00:00:00Z`), total: 4 }, power_state: 'power on' },
    },
    'act attempts-spent',
    5,
    'quarantine',
    '3 resets in 7 d did not heal it. Look at the BMC, its NIC, cable and switch port. Entries dated in the future were not counted: 2027-01-01T00:00:00Z, 2027-01-02T00:00:00Z, 2027-01-03T00:00:00Z.',
  ],
  [
    {
      attempts: failed(3),
      node: { instance_uuid: 'x' },
      observation: { tenant: nova({ byId: 'gone' }) },
      memory: { gone: { instance_uuid: 'x', firstAt: NOW - HOUR, lastAt: NOW } },
    },
    'escalate attempts-spent',
    600,
    null,
    '3 resets in 7 d did not heal it. Look at the BMC, its NIC, cable and switch port. It is not quarantined because instance_uuid is set.',
  ],
  ...(
    [
      ['Its quarantine was lifted', NOW - HOUR, null],
      ['Its quarantine was lifted', NOW - HOUR, NOW - 2 * HOUR],
      ['A person released it', NOW - HOUR, NOW - HOUR],
    ] as const
  ).map(
    ([by, liftedAt, releasedAt]): Row => [
      { diagnosis: { cause: 'bmc-fault', transient: 'no' }, memory: { liftedAt, releasedAt } },
      'escalate credentials-refused',
      600,
      null,
      `The BMC refuses what Ironic asks of it. last_error says: "IPMI call failed: power status.". Correct the credentials, the licence or the BMC. ${by} before, so it is not quarantined again until a new reset has failed.`,
    ],
  ),
  [
    { diagnosis: { cause: 'bmc-fault', transient: 'no' }, memory: { releasedAt: NOW - HOUR } },
    'escalate credentials-refused',
    600,
    null,
    'The BMC refuses what Ironic asks of it. last_error says: "IPMI call failed: power status.". Correct the credentials, the licence or the BMC. A person released it before, so it is not quarantined again until a new reset has failed.',
  ],
  [
    { diagnosis: { cause: 'network-fabric' }, attempts: [attempt({ cause: 'network-fabric' })] },
    'escalate needs-person',
    600,
    null,
    "It failed on the network again after a reset: look at its switch port and at Neutron's ML2 driver.",
  ],
  [
    { observation: { tenant: nova({ byNode: [server({ status: 'DELETED' })] }) }, memory: failure(9.5 * MINUTE) },
    'wait waiting-for-nova',
    30,
    'reset',
    "Nova's server s-1 is being deleted: status DELETED, last action create. Nova's own second try comes first.",
  ],
  [
    {
      observation: { tenant: nova({ byNode: [server({ status: 'ERROR', lastAction: { action: 'delete', start_time: ago(HOUR) } })] }) },
      memory: failure(5 * MINUTE),
    },
    'wait waiting-for-nova',
    60,
    'reset',
    "Nova's server s-1 is being deleted: status ERROR, last action delete. Nova's own second try comes first. Its owner may delete it once more in Nova.",
  ],
  [
    {
      node: { instance_uuid: 'x' },
      observation: { tenant: nova({ byId: 'gone' }) },
      memory: { gone: { instance_uuid: 'x', firstAt: NOW - 2 * MINUTE, lastAt: NOW } },
    },
    'wait waiting-for-nova',
    180,
    null,
    'Nova does not know instance x; it is asked a second time before that is believed.',
  ],
  [
    { node: { automated_clean: false }, policy: { uncleaned: 'human' } },
    'escalate uncleaned',
    600,
    null,
    "Automated cleaning is off for it, so a reset makes it available with its last tenant's disk; the policy leaves that to a person.",
  ],
]

test('every row for a node in error says why, and when the node is looked at again', () => check(ROWS))

const PACING: Row[] = [
  [
    { memory: failure(0), policy: { jitter: 0 } },
    'wait spacing',
    120,
    'reset',
    'The BMC answers now: ASF pong. Nova has no server on it and Placement no allocation. Reset 1 of 3. Not before 2026-11-02T12:02:00.000Z, 2 min after the failure.',
  ],
  [
    { fleet: shared({ inFlight: 1 }) },
    'wait canary-first',
    15,
    'reset',
    '20 nodes failed together (switch leaf-1); one node goes first and the others wait for its outcome.',
  ],
  [
    { fleet: shared({ inFlight: 2, proven: 1 }) },
    'wait incident-ramp',
    15,
    'reset',
    '20 nodes failed together (switch leaf-1); 1 healed, 2 under way, 2 at a time for now.',
  ],
  [
    { fleet: shared({ last: { at: NOW - 2 * MINUTE, readings: '', result: null, isFailing: true } }) },
    'wait canary-first',
    15,
    'reset',
    '20 nodes failed together (switch leaf-1); the first one is back and its proof is awaited.',
  ],
  [
    { fleet: shared({ last: { at: NOW - 2 * MINUTE, readings: '', result: 'failed', isFailing: true } }) },
    'wait canary-first',
    600,
    'reset',
    '20 nodes failed together (switch leaf-1); the first try did not heal. A second goes not before 2026-11-02T12:43:00.000Z.',
  ],
  [
    { fleet: shared({ last: { at: NOW - 40 * MINUTE, readings: '', result: 'failed', isFailing: true } }) },
    'wait canary-first',
    300,
    'reset',
    '20 nodes failed together (switch leaf-1); the first try did not heal. A second goes not before 2026-11-02T12:05:00.000Z.',
  ],
  [
    { fleet: shared({ last: { at: NOW - HOUR, readings: '', result: 'failed', isFailing: true } }) },
    'wait canary-first',
    600,
    'reset',
    '20 nodes failed together (switch leaf-1); the first try did not heal and nothing has been seen to change since.',
  ],
  [
    { fleet: { inFlight: { byKey: { switch: 1 } } } },
    'wait fleet-budget',
    15,
    'reset',
    'The BMC answers now: ASF pong. Nova has no server on it and Placement no allocation. Reset 1 of 3. Another node on the same switch (leaf-1) is under repair; one at a time.',
  ],
  [
    { fleet: { inFlight: { cloud: 2 } } },
    'wait fleet-budget',
    15,
    'reset',
    'The BMC answers now: ASF pong. Nova has no server on it and Placement no allocation. Reset 1 of 3. 2 nodes are under repair; 2 at a time in this cloud.',
  ],
  [
    { fleet: { inFlight: { cloud: 1 }, needier: { cloud: 1, inClass: 0, byIncident: {} } } },
    'wait fleet-budget',
    15,
    'reset',
    "The BMC answers now: ASF pong. Nova has no server on it and Placement no allocation. Reset 1 of 3. 1 node is under repair; 2 at a time in this cloud. A node with a lease on it before this one's goes first.",
  ],
  [
    { fleet: { inFlight: { inClass: 10 } } },
    'wait fleet-budget',
    15,
    'reset',
    'The BMC answers now: ASF pong. Nova has no server on it and Placement no allocation. Reset 1 of 3. 10 of its resource class are under repair; 10 at a time.',
  ],
  [
    { fleet: { startsLastHour: 10, oldestStartAt: NOW - 50 * MINUTE } },
    'wait fleet-budget',
    600,
    'reset',
    '10 resets were begun within the last hour; a wave is not a repair.',
  ],
  [
    { fleet: { slowUntil: NOW + 30 * SECOND } },
    'wait fleet-budget',
    30,
    'reset',
    'Ironic said that it is at its own limit of concurrent actions; the whole cloud waits.',
  ],
  [
    { actsLeft: 0 },
    'wait fleet-budget',
    60,
    'reset',
    'The BMC answers now: ASF pong. Nova has no server on it and Placement no allocation. Reset 1 of 3. The limit of this sweep is reached.',
  ],
  [
    { policy: { mode: 'observe' } },
    'wait observe-only',
    600,
    'reset',
    'The BMC answers now: ASF pong. Nova has no server on it and Placement no allocation. Reset 1 of 3. Mode is observe, so nothing is sent.',
  ],
  [
    { policy: { mode: 'approve' } },
    'wait needs-approval',
    600,
    'reset',
    'The BMC answers now: ASF pong. Nova has no server on it and Placement no allocation. Reset 1 of 3. `anneal approve c-0000test` lets it.',
  ],
  [
    { attempts: [attempt({ outcome: 'refused', markState: 'none', outcomeReason: 'Locked.', createdAt: NOW - SECOND, settledAt: NOW })] },
    'wait spacing',
    60,
    'reset',
    'Locked. Tried again after 2026-11-02T12:01:00.000Z.',
  ],
  [
    { attempts: [attempt({ outcome: 'refused', markState: 'none', createdAt: NOW - SECOND, settledAt: NOW })] },
    'wait spacing',
    60,
    'reset',
    'The last reset came to nothing. Tried again after 2026-11-02T12:01:00.000Z.',
  ],
]

test('every pause says what it waits for, and the act that it holds back', () => check(PACING))

const REPAIR: Row[] = [
  [
    { node: { provision_state: 'deleting', provision_updated_at: ago(HOUR) } },
    'escalate stuck-deleting',
    600,
    null,
    'It has been deleting for 1 h and no conductor works on it: restart its conductor (cond-1). Never set the state in the database.',
  ],
  [
    { node: { provision_state: 'deleting', provision_updated_at: ago(HOUR), conductor: null } },
    'escalate stuck-deleting',
    600,
    null,
    'It has been deleting for 1 h and no conductor works on it: restart its conductor (none is mapped to it). Never set the state in the database.',
  ],
  [{ node: { provision_state: 'deleting', reservation: 'cond-1' } }, 'wait transition', 15, null, 'It is deleting (conductor cond-1).'],
  [{ node: { provision_state: 'clean wait' } }, 'wait transition', 15, null, 'It is clean wait.'],
  [
    {
      node: { provision_state: 'clean wait', provision_updated_at: ago(3 * HOUR) },
      attempts: [attempt({ createdAt: NOW - 3 * HOUR, endedAt: null, result: null })],
    },
    'escalate no-progress',
    600,
    null,
    "It has been clean wait for 3 h since our reset: look at its console and its conductor's log.",
  ],
  [
    { node: { ...stranded, last_error: null } },
    'escalate stranded-cleaning',
    600,
    null,
    'It has been cleaning for 1 h and no conductor works on it.',
  ],
  [
    { node: { ...stranded, last_error: 'x'.repeat(170) } },
    'escalate stranded-cleaning',
    600,
    null,
    'It has been cleaning for 1 h and no conductor works on it; last_error: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.',
  ],
  [
    { node: stranded },
    'act stranded-cleaning',
    5,
    'recover-cleaning',
    'It was stranded in cleaning 1 h ago, which a tear-down during an outage does. It is taken to manageable and provided again.',
  ],
  [
    { node: stranded, attempts: [recovery] },
    'escalate cleaning-failed',
    600,
    null,
    "It was stranded in cleaning 1 h ago, which a tear-down during an outage does. It was tried once more already: look at the node's history and its deploy ramdisk.",
  ],
  [
    { node: cleanFailed },
    'act cleaning-failed',
    5,
    'recover-cleaning',
    'Cleaning failed (bmc-unreachable), which may pass. It is taken to manageable and provided again.',
  ],
  [
    { node: { ...cleanFailed, retired: true, automated_clean: true } },
    'escalate cleaning-failed',
    600,
    null,
    'It is retired, and Ironic refuses to provide a retired node: `openstack baremetal node manage n1` when it may rest.',
  ],
  [
    { node: { ...cleanFailed, retired: true, automated_clean: true, name: null } },
    'escalate cleaning-failed',
    600,
    null,
    'It is retired, and Ironic refuses to provide a retired node: `openstack baremetal node manage 0f2f8c1e-2a4b-4d1c-9a55-6d2f10b7a001` when it may rest.',
  ],
  [
    { node: { ...cleanFailed, target_provision_state: 'manageable' } },
    'escalate cleaning-by-person',
    600,
    null,
    'A cleaning that somebody asked for failed; whoever asked must go on with it.',
  ],
  [
    {
      node: { ...cleanFailed, instance_uuid: 'x' },
      observation: { tenant: nova({ byId: 'gone' }) },
      memory: { gone: { instance_uuid: 'x', firstAt: NOW - HOUR, lastAt: NOW } },
    },
    'escalate cleaning-failed',
    600,
    null,
    'Cleaning failed although instance_uuid x is set: a person must say whose it is.',
  ],
  [
    { node: cleanFailed, diagnosis: { cause: 'storage' } },
    'escalate needs-person',
    600,
    null,
    'Cleaning again does not help against this (storage). last_error says: "IPMI call failed: power status.".',
  ],
  [
    { node: cleanFailed, diagnosis: { cause: 'storage', evidence: [] } },
    'escalate needs-person',
    600,
    null,
    'Cleaning again does not help against this (storage).',
  ],
  [
    { node: cleanFailed, attempts: [recovery] },
    'escalate cleaning-failed',
    600,
    null,
    "Cleaning failed (bmc-unreachable), which may pass. It was tried once more already: look at the node's history and its deploy ramdisk.",
  ],
  [
    { node: cleanFailed, attempts: failed(3) },
    'escalate attempts-spent',
    600,
    null,
    "Cleaning failed (bmc-unreachable), which may pass. No attempt on it is left (3 spent): look at the node's history and its deploy ramdisk.",
  ],
  [
    { node: cleanFailed, observation: look('silent') },
    'wait bmc-silent',
    60,
    'recover-cleaning',
    'The BMC does not answer: three tries. Cleaning is tried again when it answers.',
  ],
]

test('every row for a node under repair says what it is waiting for, or what a person must do', () => check(REPAIR))

const HOME: Row[] = [
  [
    { node: available, memory: { provenAt: NOW - MINUTE } },
    'wait soak',
    1740,
    null,
    'Proven healed at 2026-11-02T11:59:00.000Z; the case stays open for 30 min in case it relapses.',
  ],
  [{ node: available, memory: { provenAt: NOW - HOUR } }, 'resolve healed', null, null, 'Users can launch on it again.'],
  [
    {
      node: available,
      observation: { bmc: unknown('no route'), ports: absent('no Neutron'), inventory: absent('no Placement') },
      memory: { provenAt: NOW - HOUR },
    },
    'resolve healed',
    null,
    null,
    "Users can launch on it again. Whether its BMC answers is not known: no route. Bound ports are not known: no Neutron. Placement's inventory is not known: no Placement.",
  ],
  [
    { node: { ...available, power_state: null } },
    'wait proof-pending',
    60,
    null,
    'It is available, but not yet proven healed. Ironic does not know its power state.',
  ],
  [
    { node: { ...available, maintenance: true, maintenance_reason: 'Failed to x', fault: 'clean failure' } },
    'escalate other-fault',
    600,
    null,
    "Ironic set fault 'clean failure': Failed to x. Ironic does not clear that by itself.",
  ],
  [
    { node: { provision_state: 'active', instance_uuid: 'x' } },
    'resolve launched',
    null,
    null,
    'An instance runs on it (x): users can launch there.',
  ],
  [{ node: { provision_state: 'active' } }, 'resolve launched', null, null, 'An instance runs on it: users can launch there.'],
  [{ node: { provision_state: 'deploying' } }, 'wait deploying', 60, null, 'An instance is being deployed on it (deploying).'],
  [{ node: { provision_state: 'inspecting' } }, 'wait transition', 60, null, 'Somebody is working on it (inspecting).'],
  [{ node: { provision_state: 'enroll' } }, 'resolve moved-by-person', null, null, "It is enroll now: somebody else's hand took it on."],
  [{ node: { provision_state: 'manageable' } }, 'resolve moved-by-person', null, null, 'It is manageable now: a person took it on.'],
  [
    { node: { provision_state: 'manageable' }, attempts: [recovery] },
    'act cleaning-failed',
    5,
    'recover-cleaning',
    'It is manageable, as our recovery wanted; it is provided now.',
  ],
  [
    { node: { provision_state: 'manageable', instance_uuid: 'x' }, attempts: [recovery] },
    'resolve moved-by-person',
    null,
    null,
    'It is manageable and somebody has claimed it.',
  ],
  [
    { node: { ...available, ...ours, instance_uuid: 'x' }, memory: kept, words: release },
    'escalate quarantined',
    600,
    null,
    'A person released it, but somebody has claimed it: clear the maintenance by hand.',
  ],
]

test('every end of a case says how it ended', () => check(HOME))
