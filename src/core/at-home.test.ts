/** How a case ends, and the few things that are still sent to a node that is out of `error`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, CASE, type Difference, given, incident, NOW, nova, server, service } from '../../test/given.ts'
import type { Attempt } from './case.ts'
import { decide } from './decide.ts'
import type { BlazarHostSeen, BlazarSeen } from './observation.ts'
import { DEFAULT_POLICY, HOUR, MINUTE, type Policy, SECOND } from './policy.ts'
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
  // Proven by this very pass.
  assert.equal(decide(given({ node: available, memory: { provenAt: null } })).until, NOW + 30 * MINUTE)
  assert.equal(said({ node: available, memory: { provenAt: NOW - 30 * MINUTE + 1 } }), 'wait soak')
  assert.equal(said({ node: available, memory: proven }), 'resolve healed')
})

test('has nothing to prove of a node without a case', () => {
  const { kind, reason, message, until } = decide({ ...given({ node: available }), case: null })
  assert.deepEqual([kind, reason, message, until], ['resolve', 'healed', 'Nothing is wrong with it.', null])
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
  assert.equal(told.until, NOW + MINUTE)
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

test('of several things that stay, each is told with its command', () => {
  const ports = known([{ id: 'p', device_id: 'd', device_owner: 'o', mac_address: 'm', host_id: 'h' }])
  const { message } = decide(given({ node: available, observation: { tenant: leftOver, ports }, memory: { leftSince: NOW - HOUR } }))
  assert.equal(
    message,
    `It is available, but not yet proven healed. Neutron port p is still bound to it: \`openstack port delete p\` if its instance is gone, else \`openstack port unset --host p\`. Placement holds an allocation of ${ORPHAN}, which Nova does not know: where that stays so, \`openstack resource provider allocation delete ${ORPHAN}\`.`,
  )
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
  assert.equal(said({ ...base, fleet: { slowUntil: NOW + 1 } }), 'wait fleet-budget')
  assert.equal(said({ ...base, fleet: { startsLastHour: 99 } }), 'act cleaning-failed')
  const last = { at: NOW - HOUR, readings: '', result: 'failed' as const, isFailing: true }
  const sums = incident({ last })
  const part = { incidents: { switch: sums }, related: { switch: 9 } }
  assert.equal(said({ ...base, fleet: part }), 'act cleaning-failed')
  const another = { inFlight: { cloud: 1, byKey: { switch: 1 } } }
  assert.equal(said({ ...base, fleet: { ...part, ...another } }), 'wait canary-first')
  assert.equal(said({ ...base, fleet: { ...part, inFlight: { cloud: 1, byKey: { rack: 1 } } } }), 'act cleaning-failed')
  const healing = { ...part, incidents: { switch: { ...sums, proven: 1 } } }
  assert.equal(said({ ...base, fleet: { ...healing, ...another } }), 'act cleaning-failed')
  assert.equal(said({ ...base, fleet: { related: { switch: 9 }, ...another } }), 'wait canary-first')
  // Another one went after its first step, and failed.
  const after = (ms: number) => ({
    ...part,
    incidents: { switch: incident({ last: { at: manage.createdAt + ms, readings: '', result: 'failed', isFailing: true } }) },
  })
  assert.equal(said({ ...base, fleet: after(0) }), 'act cleaning-failed')
  assert.equal(said({ ...base, fleet: after(1) }), 'wait canary-first')
  // Its own first step is the last one that this case began with, whatever else the case did.
  const again = (attempts: Attempt[], at: number) =>
    said({ node: manageable, attempts, fleet: { ...part, incidents: { switch: incident({ last: { ...last, at } }) } } })
  const earlier = { ...manage, id: 'i-0', createdAt: NOW - 9 * HOUR }
  assert.equal(again([manage, earlier], manage.createdAt), 'act cleaning-failed')
  const refused = { ...manage, id: 'i-3', step: 'provide' as const, createdAt: NOW - 10 * MINUTE, outcome: 'refused' as const }
  assert.equal(again([refused, manage], manage.createdAt + 1), 'wait canary-first')
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
  // Nobody lives on it any more, but Ironic still records whom it was for.
  const dead = { tenant: nova({ byId: 'gone' }) }
  const twice = { gone: { instance_uuid: 'x', firstAt: NOW - HOUR, lastAt: NOW } }
  assert.equal(said({ node: { ...marked, instance_uuid: 'x' }, attempts: [owed], observation: dead, memory: twice }), 'wait proof-pending')
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

const SET = '2026-11-02 11:40:05.000000'
const HOST: BlazarHostSeen = { id: 'h', reservable: true, disabled: false, updated_at: null }
const DISABLED: BlazarHostSeen = { id: 'h', reservable: false, disabled: true, updated_at: SET }
const part = { host_id: 'h', updated_at: SET, keepMark: false, lease: null }
const sent = { mark: null, markState: 'none', result: null, blazar: part } as const
const shield = attempt({ ...sent, id: 'i-shield', act: 'shield', createdAt: NOW - 20 * MINUTE, endedAt: NOW - 19 * MINUTE })
const blazar = (policy: Partial<Policy['blazar']> = {}) => ({
  policy: { blazar: { ...DEFAULT_POLICY.blazar, mode: 'chameleon' as const, monitor: 'on' as const, ...policy } },
})
const lends = (seen: Partial<BlazarSeen> = {}) => ({
  blazar: known<BlazarSeen>({ readAt: NOW, kind: 'chameleon', host: HOST, leases: [], total: 0, missing: [], ...seen }),
})
const shielded = { ...available, shield: `{"v":1,"case":"${CASE}","kind":"blazar-disabled"}` }

test('the shield ends as soon as the node is proven, and before its case closes; nothing is sent to a node that somebody has', () => {
  const ends = (node: Difference['node'], more: Difference = {}) => {
    const decision = decide(
      given({ node: { ...shielded, ...node }, attempts: [shield], observation: lends({ host: DISABLED }), ...blazar(), ...more }),
    )
    return decision.kind === 'act' ? decision.plan : `${decision.kind} ${decision.reason}`
  }
  const unshield = (keepMark: boolean) => ({ act: 'unshield', blazar: { ...part, keepMark } })
  assert.deepEqual(ends({}), unshield(false))
  assert.deepEqual(ends({ power_state: null }), 'wait proof-pending')
  // An instance of which Nova was not asked, and an allocation of Ironic's own: neither speaks against the node, but both have it.
  assert.deepEqual(ends({ instance_uuid: 'x' }), unshield(true))
  assert.deepEqual(ends({ allocation_uuid: 'x' }), unshield(true))
  for (const provision_state of ['active', 'enroll', 'manageable']) assert.deepEqual(ends({ provision_state }), unshield(true))
})

test('a case that closes says what it leaves behind at Blazar where nothing may be sent to it', () => {
  const observation = lends({ host: DISABLED })
  const { kind, message } = decide(
    given({ node: { ...shielded, provision_state: 'active' }, attempts: [shield], observation, ...blazar({ mode: 'observe' }) }),
  )
  assert.deepEqual(
    [kind, message],
    [
      'resolve',
      'An instance runs on it: users can launch there. Blazar\'s host h is still disabled by Anneal: send Blazar PUT /v1/os-hosts/h {"disabled": null}.',
    ],
  )
})

test('Blazar is looked at once more after it was sent something, before a node is taken for healed', () => {
  const unshield = { ...shield, id: 'i-unshield', act: 'unshield' as const, createdAt: NOW - 30 * SECOND, settledAt: NOW - 29 * SECOND }
  const after = (readAt: number) =>
    decide(given({ node: available, memory: proven, attempts: [unshield, shield], observation: lends({ readAt }), ...blazar() }))
  const { kind, reason, until } = after(NOW - 29 * SECOND)
  assert.deepEqual([kind, reason, until], ['wait', 'proof-pending', NOW + 32 * SECOND])
  assert.equal(after(NOW - 29 * SECOND + 1).reason, 'healed')
})

test('a lease that lost the node while it was broken gets it back before the case closes, where that is wanted', () => {
  const lease = {
    ...{ id: 'l', name: 'demo', status: 'PENDING', project_id: 'p', user_id: 'u', host_id: 'h', lostAt: NOW - MINUTE },
    ...{ start_date: '2026-11-02 13:00:00', end_date: '2026-11-02 15:00:00' },
    reservation: { id: 'r', min: 1, max: 1, hypervisor_properties: '', resource_properties: '' },
  }
  const observation = lends({ missing: [{ lease_id: 'l', reservation_id: 'r', status: 'PENDING', hosts: [] }] })
  const back = (giveBack: boolean) =>
    decide(given({ node: available, memory: { ...proven, leases: [lease] }, observation, ...blazar({ giveBack }) }))
  const decision = back(true)
  assert.deepEqual(decision.kind === 'act' && decision.plan, {
    act: 'give-back',
    blazar: { host_id: 'h', updated_at: null, keepMark: false, lease: { id: 'l', reservation: lease.reservation } },
  })
  assert.equal(back(false).reason, 'healed')
})
