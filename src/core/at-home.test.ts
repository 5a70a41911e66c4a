/** How a case ends, and the few things that are still sent to a node that is out of `error`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, CASE, type Difference, given, incident, NOW, nova, server, service } from '../../test/given.ts'
import { decide } from './decide.ts'
import { HOUR, MINUTE } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

const said = (difference: Difference) => {
  const { kind, reason } = decide(given(difference))
  return `${kind} ${reason}`
}
const available = { provision_state: 'available', last_error: null }
const manageable = { provision_state: 'manageable', last_error: null }
const manage = attempt({ act: 'recover-cleaning', step: 'manage', mark: null, markState: 'none', result: null, createdAt: NOW - HOUR })
const proven = { provenAt: NOW - 30 * MINUTE }
const ORPHAN = 'aaaaaaaa-0000-4000-8000-000000000001'

test('resolves only after the proof has held for half an hour', () => {
  assert.equal(said({ node: available, memory: { provenAt: NOW } }), 'wait soak')
  assert.equal(said({ node: available, memory: { provenAt: NOW - 30 * MINUTE + 1 } }), 'wait soak')
  assert.equal(said({ node: available, memory: proven }), 'resolve healed')
})

test('has nothing to prove of a node without a case', () => {
  const { kind, until } = decide({ ...given({ node: available }), case: null })
  assert.deepEqual([kind, until], ['resolve', null])
})

test('keeps a case open until an intent without outcome is settled, whatever the node has become', () => {
  const crashed = attempt({ outcome: null, endedAt: null, result: null, createdAt: NOW - MINUTE, deadlineAt: NOW - 40_000 })
  for (const node of [{ provision_state: 'active' }, manageable, { ...available, maintenance: false }])
    assert.equal(said({ node, memory: proven, attempts: [crashed] }), 'wait outcome-unknown')
})

test('does not take available for healed where a reading speaks against it', () => {
  const bad: Difference[] = [
    { node: { power_state: null } },
    { node: { power_state: 'error' } },
    { node: { reservation: 'cond-1' } },
    { observation: { bmc: known({ kind: 'silent', detail: 'three tries', at: NOW }) } },
    { observation: { ports: known([{ id: 'p', device_id: 'd', device_owner: 'o', mac_address: 'm', host_id: 'h' }]) } },
    { observation: { inventory: known([{ resource_class: 'R', total: 1, reserved: 1 }]) } },
    { observation: { inventory: known([]) } },
    { observation: { tenant: nova({ byNode: [server()] }) } },
    { observation: { tenant: nova({}, known([ORPHAN])) } },
  ]
  for (const { node, observation } of bad) {
    assert.equal(said({ node: { ...available, ...node }, observation: observation ?? {}, memory: proven }), 'wait proof-pending')
  }
})

const leftOver = nova({ consumers: [{ id: ORPHAN, server: known('gone') }] }, known([ORPHAN]))

test('a person is told with the command once what was left on the node has stayed for ten minutes', () => {
  const after = (ms: number, observation: Difference['observation'] = { tenant: leftOver }) =>
    decide(given({ node: available, observation, memory: { leftSince: NOW - ms } }))
  assert.equal(after(10 * MINUTE - 1).kind, 'wait')
  const told = after(10 * MINUTE)
  assert.deepEqual([told.kind, told.reason], ['escalate', 'proof-pending'])
  assert.match(told.message, new RegExp(`\`openstack resource provider allocation delete ${ORPHAN}\``))
  assert.equal(
    after(HOUR, { ports: known([{ id: 'p', device_id: 'd', device_owner: 'o', mac_address: 'm', host_id: 'h' }]) }).kind,
    'escalate',
  )
  assert.equal(after(HOUR, { inventory: known([{ resource_class: 'R', total: 1, reserved: 1 }]) }).kind, 'wait')
})

test('of several things that fail, a person is told only of what does not go by itself', () => {
  const observation = { tenant: leftOver, inventory: known([{ resource_class: 'R', total: 1, reserved: 1 }]) }
  const { message } = decide(given({ node: available, observation, memory: { leftSince: NOW - HOUR } }))
  assert.doesNotMatch(message, /reserved/)
})

test('what holds is not said of a healed node, and a Blazar that does not lend it is', () => {
  const host = { id: 'h', reservable: false, disabled: true, updated_at: null }
  const observation = { blazar: known({ readAt: 0, kind: 'chameleon' as const, host, leases: [], total: 0, missing: [] }) }
  const { message } = decide(given({ node: available, observation, memory: proven }))
  assert.equal(message, 'Users can launch on it again. Blazar does not offer it, because its host is disabled.')
})

test('says what could not be asked, and resolves all the same', () => {
  const observation = { bmc: unknown('no-route-from-here'), ports: absent('no Neutron'), inventory: absent('no Placement') }
  const decision = decide(given({ node: available, observation, memory: proven }))
  assert.equal(decision.reason, 'healed')
  assert.match(decision.message, /no-route-from-here/)
})

test('takes a retired node in manageable for healed, but not one in available', () => {
  const retired = { retired: true, automated_clean: true }
  assert.equal(said({ node: { ...manageable, ...retired }, memory: proven }), 'resolve healed')
  assert.equal(said({ node: { ...available, ...retired }, memory: proven }), 'resolve moved-by-person')
})

test('ends with an instance on the node: the best proof', () => {
  assert.equal(said({ node: { provision_state: 'active', instance_uuid: 'x' } }), 'resolve launched')
  assert.equal(said({ node: { provision_state: 'deploying', instance_uuid: 'x' } }), 'wait deploying')
})

test('waits in every state of a deployment, and in every state in which somebody works on the node', () => {
  for (const provision_state of ['deploying', 'wait call-back', 'deploy hold'])
    assert.equal(said({ node: { provision_state } }), 'wait deploying', provision_state)
  const moving = ['verifying', 'inspecting', 'inspect wait', 'adopting', 'clean hold', 'servicing', 'service wait', 'service hold']
  for (const provision_state of [...moving, 'rescuing', 'rescue wait', 'unrescuing'])
    assert.equal(said({ node: { provision_state } }), 'wait transition', provision_state)
})

test('an unsettled intent holds back the end of a case, not what is said until then', () => {
  const crashed = attempt({ outcome: null, endedAt: null, result: null, createdAt: NOW - MINUTE })
  assert.equal(said({ node: { provision_state: 'deploying' }, attempts: [crashed] }), 'wait deploying')
})

test('lets go of a node that somebody moved on, and waits while somebody works on it', () => {
  assert.equal(said({ node: { provision_state: 'enroll' } }), 'resolve moved-by-person')
  assert.equal(said({ node: manageable }), 'resolve moved-by-person')
  assert.equal(said({ node: { provision_state: 'inspecting' } }), 'wait transition')
})

test('provides a node that our own manage brought to manageable', () => {
  const decision = decide(given({ node: manageable, attempts: [manage] }))
  assert.deepEqual(decision.kind === 'act' && decision.plan, { act: 'recover-cleaning', number: 1, step: 'provide' })
})

test('provides in whatever order its attempts are listed, and again after a refusal', () => {
  const provide = { ...manage, id: 'i-2', step: 'provide' as const, createdAt: NOW - MINUTE, outcome: 'refused' as const }
  assert.equal(said({ node: manageable, attempts: [manage, provide] }), 'act cleaning-failed')
  assert.equal(said({ node: manageable, attempts: [provide, manage] }), 'act cleaning-failed')
})

test('takes a node that is manageable again after our provide for a person’s', () => {
  const provide = { ...manage, id: 'i-2', step: 'provide' as const, createdAt: NOW - MINUTE }
  assert.equal(said({ node: manageable, attempts: [manage, provide] }), 'resolve moved-by-person')
  assert.equal(said({ node: manageable, attempts: [provide, manage] }), 'resolve moved-by-person')
})

test('takes only a recovery that was sent for the beginning of its own', () => {
  assert.equal(said({ node: manageable, attempts: [attempt({ createdAt: NOW - HOUR })] }), 'resolve moved-by-person')
  assert.equal(said({ node: manageable, attempts: [{ ...manage, outcome: 'refused' }] }), 'resolve moved-by-person')
  assert.equal(said({ node: manageable, attempts: [{ ...manage, caseId: 'c-earlier0' }] }), 'resolve moved-by-person')
  assert.equal(said({ node: manageable, attempts: [attempt({ createdAt: NOW - MINUTE }), manage] }), 'act cleaning-failed')
})

test('a provide that is still under way, or whose answer was lost, is no person’s doing', () => {
  const provide = { ...manage, id: 'i-2', step: 'provide' as const, createdAt: NOW - 10 * MINUTE }
  assert.equal(said({ node: manageable, attempts: [{ ...provide, endedAt: null }, manage] }), 'wait outcome-unknown')
  const lost = { ...provide, outcome: 'unknown' as const, settledAt: NOW - 9 * MINUTE, endedAt: NOW - 9 * MINUTE }
  assert.equal(said({ node: manageable, attempts: [lost, manage] }), 'act cleaning-failed')
})

test('the second step passes the gates of the first', () => {
  const attempts = [manage]
  const base = { node: manageable, attempts }
  assert.equal(said({ ...base, observation: { tenant: unknown('503') } }), 'wait nova-unreadable')
  assert.equal(said({ ...base, observation: { tenant: nova({ byNode: [server()] }) } }), 'resolve moved-by-person')
  assert.equal(said({ ...base, observation: { services: { neutron: service('red') } } }), 'wait service-red')
  assert.equal(said({ ...base, observation: { conductor: unknown('403') } }), 'wait conductor-dead')
  assert.equal(said({ ...base, observation: { bmc: known({ kind: 'silent', detail: 'x', at: NOW }) } }), 'wait bmc-silent')
  assert.equal(said({ node: { ...manageable, reservation: 'c' }, attempts }), 'wait locked')
  assert.equal(said({ node: { ...manageable, hold: 'x' }, attempts }), 'wait held')
  assert.equal(said({ node: { ...manageable, target_provision_state: 'available' }, attempts }), 'wait transition')
  const open = { ...manage, id: 'i-2', step: 'provide' as const, outcome: null, endedAt: null, createdAt: NOW }
  assert.equal(said({ node: manageable, attempts: [manage, open] }), 'wait outcome-unknown')
})

test('the second step takes a place, but is no start and no canary of its own', () => {
  const base = { node: manageable, attempts: [manage] }
  assert.equal(said({ ...base, fleet: { inFlight: { cloud: 2 } } }), 'wait fleet-budget')
  assert.equal(said({ ...base, fleet: { inFlight: { byKey: { switch: 1 } } } }), 'wait fleet-budget')
  assert.equal(said({ ...base, fleet: { startsLastHour: 99 } }), 'act cleaning-failed')
  const sums = incident({ last: { at: NOW - HOUR, readings: '', result: 'failed', isFailing: true } })
  const part = { incidents: { switch: sums }, related: { switch: 9 } }
  assert.equal(said({ ...base, fleet: part }), 'act cleaning-failed')
  assert.equal(said({ ...base, fleet: { ...part, inFlight: { byKey: { switch: 1 } } } }), 'act cleaning-failed')
  const retry = { retry: { id: 'w-2', by: 'ann', why: 'now', at: NOW } }
  assert.equal(said({ ...base, fleet: { inFlight: { cloud: 2 } }, words: retry }), 'act cleaning-failed')
})

const owed = attempt({ outcome: 'refused', markState: 'owed', result: null })
const marked = { ...available, marks: { kind: 'list' as const, entries: [owed.mark ?? ''], total: 1 } }

test('takes an owed mark back from a node at home, but not under a hand, a lock or an instance', () => {
  assert.equal(said({ node: marked, attempts: [owed] }), 'act mark-owed')
  assert.equal(said({ node: { ...marked, reservation: 'c' }, attempts: [owed] }), 'wait proof-pending')
  assert.equal(said({ node: { ...marked, hold: 'x' }, attempts: [owed], memory: proven }), 'resolve healed')
  assert.equal(said({ node: { ...marked, instance_uuid: 'x' }, attempts: [owed], memory: proven }), 'resolve healed')
  assert.equal(said({ node: marked, attempts: [owed], observation: { tenant: unknown('Nova is down') }, memory: proven }), 'resolve healed')
  assert.equal(said({ node: marked, attempts: [owed], fleet: { census: { doubtful: 'Few.' } }, memory: proven }), 'resolve healed')
  const observation = { tenant: nova({ byNode: [server()] }) }
  assert.equal(said({ node: marked, attempts: [owed], observation, memory: proven }), 'wait proof-pending')
})

test('releases a node at home on a person’s word, but not while held, paused, or claimed by somebody', () => {
  const text = `anneal:${CASE} bmc-fault: Look at its BMC.`
  const node = { ...available, maintenance: true, maintenance_reason: text }
  const memory = { quarantine: { text, at: NOW - HOUR, fault: false } }
  const ann = { by: 'ann', why: 'w', at: NOW }
  const release = { id: 'w-1', ...ann }
  assert.equal(said({ node, memory, words: { release } }), 'act released-by-person')
  assert.equal(said({ node, memory, words: { release, pause: ann } }), 'wait paused')
  assert.equal(said({ node, memory, words: { release, hold: { ...ann, source: 'command' } } }), 'wait held')
  assert.equal(said({ node: { ...node, instance_uuid: 'x' }, memory, words: { release } }), 'escalate quarantined')
  const dark = { tenant: unknown('Nova is down') }
  assert.equal(said({ node: { ...node, allocation_uuid: 'x' }, memory, words: { release }, observation: dark }), 'escalate quarantined')
  const lives = { tenant: nova({ byNode: [server()] }) }
  assert.equal(said({ node, memory, words: { release }, observation: lives }), 'escalate quarantined')
  assert.equal(said({ node, memory }), 'escalate quarantined')
})

test('keeps the case open while a person holds the node in maintenance', () => {
  assert.equal(said({ node: { ...available, maintenance: true }, memory: proven }), 'leave maintenance-by-person')
})
