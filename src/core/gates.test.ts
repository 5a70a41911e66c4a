/** One test per gate in the order in which they are asked: what it stops, and the value just before it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, attempt, CASE, type Difference, given, NOW, nova, server, service } from '../../test/given.ts'
import type { Attempt } from './case.ts'
import { decide } from './decide.ts'
import { DAY, HOUR, MINUTE, SECOND } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

/** [kind, reason] and, where it matters, the act. */
const said = (difference: Difference) => {
  const { kind, reason } = decide(given(difference))
  return `${kind} ${reason}`
}
const ann = { by: 'ann', why: 'she is at the rack', at: NOW }
const ours = `anneal:${CASE} bmc-fault: Look at its BMC.`
const quarantined = { maintenance: true, maintenance_reason: ours }
const kept = { quarantine: { text: ours, at: NOW - DAY, fault: false } }
const released = { release: { id: 'w-1', ...ann } }
const port = { id: 'p-1', device_id: 'd', device_owner: 'compute:nova', mac_address: 'm', host_id: 'h' }

test('resets a node that nothing speaks against', () => {
  const decision = decide(given())
  assert.equal(decision.kind, 'act')
  assert.deepEqual(decision.kind === 'act' && decision.plan, { act: 'reset', number: 1 })
})

test('starts nothing while the census is doubtful', () => {
  assert.equal(said({ fleet: { census: { doubtful: 'Ironic listed 3 nodes.' } } }), 'wait census-doubtful')
  assert.equal(
    said({ fleet: { census: { doubtful: 'Ironic listed 3 nodes.' } }, observation: { node: absent('404') } }),
    'wait census-doubtful',
  )
})

test('waits where Ironic does not show the node', () => {
  assert.equal(said({ observation: { node: unknown('timeout') } }), 'wait node-unreadable')
})

test('closes a node that was removed only after a day of 404, whatever came before that', () => {
  const message = 'm'
  const since = (reason: 'node-gone' | 'node-unreadable', ms: number) =>
    ({ kind: 'wait', reason, message, act: null, until: NOW, since: NOW - ms, at: NOW }) as const
  const node = absent('404')
  assert.equal(said({ observation: { node } }), 'wait node-gone')
  assert.equal(said({ observation: { node }, inForce: since('node-gone', DAY - 1) }), 'wait node-gone')
  assert.equal(said({ observation: { node }, inForce: since('node-gone', DAY) }), 'resolve node-gone')
  assert.equal(said({ observation: { node }, inForce: since('node-unreadable', 3 * DAY) }), 'wait node-gone')
})

test('asks a person for permissions where Ironic withholds fields', () => {
  assert.equal(said({ observation: { redacted: ['last_error'] } }), 'escalate redacted')
})

test('does nothing while paused', () => {
  assert.equal(said({ words: { pause: ann } }), 'wait paused')
})

test('leaves nodes outside the scope alone, exact names and prefixes alike', () => {
  const scope = { conductor_group: [], owner: [], shard: [], resource_class: [], name: [] as string[] }
  assert.equal(said({ policy: { scope: { ...scope, name: ['n2', 'gpu-*'] } } }), 'wait out-of-scope')
  assert.equal(said({ policy: { scope: { ...scope, name: ['n*'] } } }), 'act bmc-answers')
  assert.equal(said({ policy: { scope: { ...scope, name: ['n1'] } } }), 'act bmc-answers')
  assert.equal(said({ policy: { scope: { ...scope, name: ['other', 'n1'] } } }), 'act bmc-answers')
  assert.equal(said({ policy: { scope: { ...scope, name: ['node-*'] } } }), 'wait out-of-scope')
  for (const field of ['conductor_group', 'owner', 'shard', 'resource_class'] as const) {
    assert.equal(said({ policy: { scope: { ...scope, [field]: ['other'] } } }), 'wait out-of-scope')
  }
})

test('takes a node without an owner for one whose owner is the empty text', () => {
  const scope = { conductor_group: [], owner: [''], shard: [], resource_class: [], name: [] }
  assert.equal(said({ policy: { scope } }), 'act bmc-answers')
  assert.equal(said({ policy: { scope }, node: { owner: 'physics' } }), 'wait out-of-scope')
})

test('obeys a hold in extra of any value, and a hold by command', () => {
  assert.equal(said({ node: { hold: '' } }), 'wait held')
  assert.equal(said({ words: { hold: { ...ann, source: 'command' } } }), 'wait held')
})

test("leaves a node that a person put in maintenance, also over Ironic's fault", () => {
  assert.equal(said({ node: { maintenance: true, maintenance_reason: 'disk swap' } }), 'leave maintenance-by-person')
  assert.equal(said({ node: { maintenance: true } }), 'leave maintenance-by-person')
  assert.equal(said({ node: { maintenance: true, maintenance_reason: 'swap', fault: 'power failure' } }), 'leave maintenance-by-person')
})

test('looks again in time to settle an act whose end is not known, whatever hand is on the node meanwhile', () => {
  const until = (open: Partial<Attempt>[]) =>
    decide(given({ node: { maintenance: true, maintenance_reason: 'disk swap' }, attempts: open.map(attempt) })).until
  const unsettled = { outcome: null, endedAt: null, createdAt: NOW, deadlineAt: NOW + 20 * SECOND }
  assert.equal(until([]), NOW + 10 * MINUTE)
  assert.equal(until([unsettled]), NOW + 200 * SECOND)
  assert.equal(until([{ ...unsettled, outcome: 'unknown', settledAt: NOW - MINUTE }]), NOW + 90 * SECOND)
  assert.equal(until([{ ...unsettled, outcome: 'unknown', settledAt: NOW - MINUTE, endedAt: NOW }]), NOW + 10 * MINUTE)
  // Of one that was accepted the end is awaited, not settled.
  assert.equal(until([{ ...unsettled, outcome: 'accepted', settledAt: NOW - MINUTE }]), NOW + 10 * MINUTE)
  // Locked, so that no read could settle it yet; a look that is due now would be due again and again.
  for (const ms of [HOUR, 180 * SECOND]) {
    assert.equal(until([{ ...unsettled, createdAt: NOW - HOUR, deadlineAt: NOW - ms }]), NOW + 10 * MINUTE)
  }
})

test('keeps its own quarantine until a person releases it', () => {
  assert.equal(said({ node: quarantined, memory: kept }), 'escalate quarantined')
  assert.equal(said({ node: quarantined, memory: kept, words: released }), 'act released-by-person')
})

test('releases only the exact words of this case, without a fault', () => {
  const other = 'anneal:c-other000 config: Look.'
  assert.equal(said({ node: { ...quarantined, maintenance_reason: `${ours} ` }, memory: kept, words: released }), 'escalate quarantined')
  assert.equal(said({ node: { ...quarantined, fault: 'power failure' }, memory: kept, words: released }), 'escalate quarantined')
  assert.equal(said({ node: quarantined, words: released }), 'escalate quarantined')
  const foreign = { quarantine: { text: other, at: NOW, fault: false } }
  assert.equal(said({ node: { ...quarantined, maintenance_reason: other }, memory: foreign, words: released }), 'escalate quarantined')
})

test('releases nothing that is locked, changing power, or already being released', () => {
  const base = { memory: kept, words: released }
  assert.equal(said({ ...base, node: { ...quarantined, reservation: 'cond-1' } }), 'wait locked')
  assert.equal(said({ ...base, node: { ...quarantined, target_power_state: 'power on' } }), 'wait locked')
  const open = attempt({ act: 'release', mark: null, outcome: null, endedAt: null, result: null, createdAt: NOW - SECOND })
  assert.equal(said({ ...base, node: quarantined, attempts: [open] }), 'wait outcome-unknown')
})

test("needs no approval for a person's own word, but observe sends nothing", () => {
  assert.equal(said({ node: quarantined, memory: kept, words: released, policy: { mode: 'approve' } }), 'act released-by-person')
  assert.equal(said({ node: quarantined, memory: kept, words: released, policy: { mode: 'observe' } }), 'wait observe-only')
  assert.equal(said({ node: quarantined, memory: kept, words: released, actsLeft: 0 }), 'wait fleet-budget')
})

test('waits a day for Ironic to recover a power failure, then tells a person', () => {
  const node = { maintenance: true, maintenance_reason: 'During sync_power_state, max retries exceeded', fault: 'power failure' }
  const inForce = { kind: 'wait', reason: 'power-failure', message: 'm', act: null, until: NOW, at: NOW } as const
  assert.equal(said({ node }), 'wait power-failure')
  assert.equal(said({ node, inForce: { ...inForce, since: NOW - DAY + 1 } }), 'wait power-failure')
  assert.equal(said({ node, inForce: { ...inForce, since: NOW - DAY } }), 'escalate power-failure')
})

test("waits for Ironic's recovery as long as the policy says, where a day is not what it says", () => {
  const failing = (ms: number) =>
    said({
      node: { fault: 'power failure' },
      policy: { powerFailure: 2 * HOUR },
      inForce: { kind: 'wait', reason: 'power-failure', message: 'm', act: null, until: NOW, since: NOW - ms, at: NOW },
    })
  assert.equal(failing(2 * HOUR - 1), 'wait power-failure')
  assert.equal(failing(2 * HOUR), 'escalate power-failure')
})

test('leaves other faults to a person', () => {
  const node = { maintenance: true, maintenance_reason: 'Timeout reached while cleaning', fault: 'clean failure' }
  assert.equal(said({ node }), 'escalate other-fault')
  assert.equal(said({ node: { fault: 'service failure' } }), 'escalate other-fault')
})

test('never resets a protected node', () => {
  assert.equal(said({ node: { protected: true } }), 'escalate protected')
})

test('waits for a lock, and names a dead holder after ten minutes', () => {
  const lock = { holder: 'cond-2', since: NOW - DAY, deadSince: NOW - 10 * MINUTE }
  assert.equal(said({ node: { reservation: 'cond-2' } }), 'wait locked')
  assert.equal(said({ node: { reservation: 'cond-2' }, memory: { lock: { ...lock, deadSince: null } } }), 'wait locked')
  assert.equal(said({ node: { reservation: 'cond-2' }, memory: { lock: { ...lock, deadSince: lock.deadSince + 1 } } }), 'wait locked')
  assert.equal(said({ node: { reservation: 'cond-2' }, memory: { lock } }), 'escalate stuck-lock')
})

test('looks again within seconds at a lock that it has just seen, because Ironic shows a failure before it lets go of the node', () => {
  const after = (ago: number, fleet: Difference['fleet'] = {}) => {
    const lock = { holder: 'cond-2', since: NOW - ago, deadSince: null }
    const decision = decide(given({ node: { reservation: 'cond-2' }, memory: { lock }, fleet }))
    return decision.kind === 'wait' ? decision.until - NOW : null
  }
  assert.equal(after(0), 3 * SECOND)
  assert.equal(after(10 * SECOND - 1), 3 * SECOND)
  assert.equal(after(10 * SECOND), MINUTE)
  assert.equal(after(0, { openInClass: 100 }), 30 * SECOND, 'the more that wait, the less often each looks')
})

test('takes a lock for young also where it was first seen by a clock that is ahead', () => {
  const until = (since: number) => {
    const decision = decide(given({ node: { reservation: 'cond-2' }, memory: { lock: { holder: 'cond-2', since, deadSince: null } } }))
    return (decision.until ?? NOW) - NOW
  }
  assert.equal(until(NOW + 10 * SECOND - 1), 3 * SECOND)
  assert.equal(until(NOW + 10 * SECOND), MINUTE)
})

test('leaves the lock of a node under repair to its row, but not where its holder is dead', () => {
  const lock = { holder: 'cond-2', since: NOW - MINUTE, deadSince: NOW - 10 * MINUTE }
  for (const provision_state of ['deleting', 'cleaning', 'clean wait']) {
    const node = { provision_state, reservation: 'cond-2', provision_updated_at: ago(MINUTE), target_provision_state: 'available' }
    assert.equal(said({ node, memory: { lock: { ...lock, deadSince: null } } }), 'wait transition', provision_state)
    // With a conductor at work a power state on its way is nothing of note.
    const powering = { ...node, target_power_state: 'power off' }
    assert.equal(said({ node: powering, memory: { lock: null, powerTargetSince: NOW - HOUR } }), 'wait transition', provision_state)
    assert.equal(said({ node, memory: { lock: { ...lock, deadSince: lock.deadSince + 1 } } }), 'wait transition', provision_state)
    assert.equal(said({ node, memory: { lock } }), 'escalate stuck-lock', provision_state)
  }
})

test('calls a lock dead and a power state stuck after as long as the policy says', () => {
  const policy = { holderDead: 2 * MINUTE, stuck: 3 * MINUTE }
  const dead = (ms: number) =>
    said({ policy, node: { reservation: 'c' }, memory: { lock: { holder: 'c', since: NOW - HOUR, deadSince: NOW - ms } } })
  assert.deepEqual([dead(2 * MINUTE - 1), dead(2 * MINUTE)], ['wait locked', 'escalate stuck-lock'])
  const powering = (ms: number) => said({ policy, node: { target_power_state: 'power on' }, memory: { powerTargetSince: NOW - ms } })
  assert.deepEqual([powering(3 * MINUTE - 1), powering(3 * MINUTE)], ['wait locked', 'escalate stuck-lock'])
  // A memory of a lock or a target that is over holds nothing.
  const over = { lock: { holder: 'c', since: NOW, deadSince: NOW - HOUR }, powerTargetSince: NOW - HOUR }
  assert.equal(said({ memory: over }), 'act bmc-answers')
})

test('waits for a power state on its way, and calls it stuck after fifteen minutes without a lock', () => {
  const node = { target_power_state: 'power off' }
  assert.equal(said({ node }), 'wait locked')
  assert.equal(said({ node, memory: { powerTargetSince: NOW - 15 * MINUTE } }), 'escalate stuck-lock')
  const stranded = { provision_state: 'cleaning', last_error: 'Async execution of _do_node_tear_down failed with error: x' }
  assert.equal(said({ node: { ...node, ...stranded } }), 'wait locked')
})

test('asks for no power state of a node that is deleting: what is stuck there is stuck as a whole', () => {
  const node = { provision_state: 'deleting', target_power_state: 'power off' }
  assert.equal(said({ node: { ...node, provision_updated_at: ago(MINUTE) } }), 'wait transition')
  assert.equal(said({ node, memory: { powerTargetSince: NOW - HOUR } }), 'escalate stuck-deleting')
})

test('does not touch a node in error that has a provision target', () => {
  assert.equal(said({ node: { target_provision_state: 'available' } }), 'wait transition')
})

test('sends nothing while an outcome is open, accepted and running, or unknown', () => {
  const open = { outcome: null, endedAt: null, result: null, createdAt: NOW - SECOND } as const
  assert.equal(said({ attempts: [attempt(open)] }), 'wait outcome-unknown')
  assert.equal(said({ attempts: [attempt({ ...open, act: 'unmark', mark: null })] }), 'wait outcome-unknown')
  assert.equal(said({ attempts: [attempt({ ...open, outcome: 'accepted' })] }), 'wait outcome-unknown')
  assert.equal(said({ attempts: [attempt({ ...open, outcome: 'unknown', settledAt: NOW - SECOND })] }), 'wait outcome-unknown')
  assert.equal(said({ attempts: [attempt({ ...open, outcome: 'unknown', settledAt: null })] }), 'wait outcome-unknown')
})

test('an attempt that is over holds nothing back, whatever became known of it', () => {
  const over = { createdAt: NOW - 3 * HOUR, endedAt: NOW - 2 * HOUR, markState: 'none', result: null } as const
  assert.equal(said({ attempts: [attempt({ ...over, outcome: null })] }), 'act bmc-answers')
  assert.equal(said({ attempts: [attempt({ ...over, outcome: 'refused', endedAt: null })] }), 'act bmc-answers')
})

test('sends nothing for 150 seconds after an unknown outcome, also where its case was closed meanwhile', () => {
  const lost = (ms: number) => attempt({ outcome: 'unknown', createdAt: NOW - HOUR, settledAt: NOW - ms, endedAt: NOW - ms, result: null })
  assert.equal(said({ attempts: [lost(150 * SECOND - 1)] }), 'wait outcome-unknown')
  assert.equal(said({ attempts: [lost(150 * SECOND)] }), 'act bmc-answers')
})

test('takes back the mark that stands, of several that are owed, and none that counts', () => {
  const owed = (createdAt: number) => attempt({ outcome: 'refused', markState: 'owed', result: null, createdAt })
  const [newer, older] = [owed(NOW - 3 * HOUR), owed(NOW - 4 * HOUR)]
  const node = { marks: { kind: 'list' as const, entries: [older.mark ?? ''], total: 1 } }
  const decision = decide(given({ attempts: [newer, older], node }))
  assert.deepEqual(decision.kind === 'act' && decision.plan, { act: 'unmark', mark: older.mark })
  assert.equal(said({ attempts: [newer, attempt({ createdAt: NOW - 4 * HOUR })], node }), 'act bmc-answers')
})

test('takes an owed mark back before anything else is sent', () => {
  const owed = attempt({ outcome: 'refused', markState: 'owed', result: null })
  const node = { marks: { kind: 'list' as const, entries: [owed.mark ?? ''], total: 1 } }
  const decision = decide(given({ attempts: [owed], node }))
  assert.deepEqual(decision.kind === 'act' && decision.plan, { act: 'unmark', mark: owed.mark })
  assert.equal(said({ attempts: [owed] }), 'act bmc-answers')
  assert.equal(said({ attempts: [owed], node, policy: { mode: 'approve' } }), 'act mark-owed')
  assert.equal(said({ attempts: [owed], node, policy: { mode: 'observe' } }), 'wait observe-only')
})

test('waits for a live conductor; not known is not alive', () => {
  assert.equal(said({ observation: { conductor: known({ hostname: 'c', alive: false }) } }), 'wait conductor-dead')
  assert.equal(said({ observation: { conductor: unknown('403') } }), 'wait conductor-dead')
  assert.equal(said({ observation: { conductor: absent('API 1.40') } }), 'wait conductor-dead')
})

test('stands back for an hour after a mark that is not its own', () => {
  const marked = (entry: string) => ({ marks: { kind: 'list' as const, entries: [entry], total: 1 } })
  assert.equal(said({ node: marked(ago(HOUR - 1)) }), 'wait foreign-writer')
  assert.equal(said({ node: marked(ago(HOUR)) }), 'act bmc-answers')
  const own = attempt({ createdAt: NOW - 50 * MINUTE, mark: '2026-11-02T11:10:00.000Z' })
  assert.notEqual(said({ node: marked('2026-11-02T11:10:00.000Z'), attempts: [own] }), 'wait foreign-writer')
})

test('leaves a node on which an instance may live, and waits where Nova cannot be asked', () => {
  assert.equal(said({ observation: { tenant: nova({ byNode: [server()] }) } }), 'leave instance-may-live')
  assert.equal(said({ observation: { tenant: unknown('503') } }), 'wait nova-unreadable')
})

test('sends nothing to a node with an orphaned allocation, and says what removes that', () => {
  const tenant = nova({ consumers: [{ id: 'c-1', server: known('gone') }] }, known(['c-1']))
  const { kind, message } = decide(given({ observation: { tenant } }))
  assert.equal(kind, 'leave')
  assert.match(message, /Nothing is sent; if nobody needs it, `openstack resource provider allocation delete c-1`\.$/)
})

test('waits ten minutes for Nova to unbind a port, then asks a person', () => {
  const observation = { ports: known([port]) }
  assert.equal(said({ observation }), 'wait dirty-port')
  assert.equal(said({ observation, memory: { dirtySince: NOW - 10 * MINUTE + 1 } }), 'wait dirty-port')
  assert.equal(said({ observation, memory: { dirtySince: NOW - 10 * MINUTE } }), 'escalate dirty-port')
  assert.equal(said({ observation, policy: { dirtyPort: 'allow' } }), 'act bmc-answers')
})

test('does not call a port dirty that Ironic itself still records, as after a conductor’s death', () => {
  const text = "The deleting state can't be resumed by conductor c-1. Moving to fail state."
  const observation = {
    ports: known([{ ...port, device_id: 'i-1' }]),
    tenant: nova({ byId: server({ id: 'i-1', status: 'DELETED' }) }),
  }
  const memory = { text: { text, source: 'history' as const, at: null, provision_state: 'error' } }
  assert.notEqual(said({ observation, memory, node: { instance_uuid: 'i-1' } }), 'wait dirty-port')
  assert.equal(said({ observation, node: { instance_uuid: 'i-1' } }), 'wait dirty-port')
  const told = { text: { ...memory.text, text: `Failed to tear down: ${text}` } }
  assert.equal(said({ observation, memory: told, node: { instance_uuid: 'i-1' } }), 'wait dirty-port')
  assert.equal(said({ observation, memory }), 'wait dirty-port')
})

test('says that Neutron is down where that is why ports are not known', () => {
  assert.equal(said({ observation: { ports: unknown('503'), services: { neutron: service('red') } } }), 'wait service-red')
})

test('does not take unreadable ports for none, but where Ironic binds none', () => {
  assert.equal(said({ observation: { ports: unknown('403') } }), 'wait dirty-port')
  assert.equal(said({ observation: { ports: unknown('403') }, node: { network_interface: 'noop' } }), 'act bmc-answers')
  assert.equal(said({ observation: { ports: absent('no Neutron') } }), 'act bmc-answers')
})

test('waits while a service that tear-down needs is down', () => {
  assert.equal(said({ observation: { services: { neutron: service('red') } } }), 'wait service-red')
  assert.equal(said({ observation: { services: { cinder: service('red') } } }), 'act bmc-answers')
})

test('lets an unknown service block only where the failure named it', () => {
  const services = { neutron: unknown('403'), keystone: service('green') }
  assert.equal(said({ observation: { services } }), 'act bmc-answers')
  assert.equal(said({ observation: { services }, diagnosis: { cause: 'api-unreachable', service: 'neutron' } }), 'wait service-red')
})

test('believes a service that was down, or that the failure named, after two good answers thirty seconds apart', () => {
  const run = (ms: number) => ({ good: { neutron: { firstAt: NOW - ms, lastAt: NOW } } })
  const named = { diagnosis: { cause: 'api-unreachable' as const, service: 'neutron' as const } }
  assert.equal(said({ memory: run(0) }), 'act bmc-answers')
  assert.equal(said({ memory: { ...run(0), badAt: { neutron: NOW - HOUR } } }), 'wait service-red')
  assert.equal(said({ memory: run(30 * SECOND - 1), ...named }), 'wait service-red')
  assert.equal(said({ memory: run(30 * SECOND), ...named }), 'act services-green')
})

test('believes a service that has come and gone only after five minutes of good answers', () => {
  const seen = (turns: number[], good: number) =>
    said({
      memory: { badAt: { neutron: NOW - good }, turnedBadAt: { neutron: turns }, good: { neutron: { firstAt: NOW - good, lastAt: NOW } } },
    })
  const lately = [NOW - 6 * MINUTE, NOW - 12 * MINUTE]
  assert.equal(seen(lately, 5 * MINUTE - 1), 'wait service-red')
  assert.equal(seen(lately, 5 * MINUTE), 'act bmc-answers')
  assert.equal(seen([NOW - 6 * MINUTE, NOW - 21 * MINUTE], MINUTE), 'wait service-red')
  // Once, however long, or twice far apart, is an outage and another one.
  assert.equal(seen([NOW - 6 * MINUTE], MINUTE), 'act bmc-answers')
  assert.equal(seen([NOW - 6 * MINUTE, NOW - 21 * MINUTE - 1], MINUTE), 'act bmc-answers')
})

test('writes nothing over marks that are not a list', () => {
  assert.equal(said({ node: { marks: { kind: 'unreadable', found: 'null' } } }), 'escalate marks-unreadable')
})

test('resets a retired node only where cleaning is known to be on', () => {
  assert.equal(said({ node: { retired: true } }), 'escalate retired-uncleaned')
  assert.equal(said({ node: { retired: true, automated_clean: false }, policy: { automatedClean: 'on' } }), 'escalate retired-uncleaned')
  assert.equal(said({ node: { retired: true }, policy: { automatedClean: 'on' } }), 'act bmc-answers')
  assert.equal(said({ node: { retired: true, automated_clean: true } }), 'act bmc-answers')
})

test('gives the first gate that holds as the reason', () => {
  const everything: [Difference, string][] = [
    [{ fleet: { census: { doubtful: 'Few.' } } }, 'census-doubtful'],
    [{ observation: { redacted: ['extra'] } }, 'redacted'],
    [{ words: { pause: ann } }, 'paused'],
    [{ node: { hold: 'x' } }, 'held'],
    [{ node: { maintenance: true } }, 'maintenance-by-person'],
    [{ node: { protected: true } }, 'protected'],
    [{ node: { reservation: 'c' } }, 'locked'],
    [{ attempts: [attempt({ outcome: null, endedAt: null, result: null, createdAt: NOW })] }, 'outcome-unknown'],
    [{ observation: { conductor: unknown('403') } }, 'conductor-dead'],
    [{ observation: { tenant: nova({ byNode: [server()] }) } }, 'instance-may-live'],
    [{ observation: { ports: known([port]) } }, 'dirty-port'],
    [{ observation: { services: { neutron: service('red') } } }, 'service-red'],
    [{ node: { retired: true } }, 'retired-uncleaned'],
  ]
  for (let i = 0; i < everything.length; i++) {
    const all: Difference = {}
    for (const [difference] of everything.slice(i)) {
      all.node = { ...all.node, ...difference.node }
      all.observation = { ...all.observation, ...difference.observation }
      all.words = { ...all.words, ...difference.words }
      all.fleet = { ...all.fleet, ...difference.fleet }
      all.attempts = [...(all.attempts ?? []), ...(difference.attempts ?? [])]
    }
    assert.equal(decide(given(all)).reason, everything[i]?.[1])
  }
})

test('says of a service that has come and gone how long it must answer, and looks again when it has', () => {
  const good = { neutron: { firstAt: NOW - MINUTE, lastAt: NOW } }
  const turnedBadAt = { neutron: [NOW - 6 * MINUTE, NOW - 12 * MINUTE] }
  const { message, until } = decide(given({ memory: { badAt: { neutron: NOW - MINUTE }, turnedBadAt, good } }))
  assert.equal(message, 'neutron answers again but has come and gone; it is believed after 5 min of good answers.')
  assert.equal(until, NOW + 4 * MINUTE)
})

test('its sentences end where they should and name times, not ages that are stale when they are read', () => {
  const message = (difference: Difference) => decide(given(difference)).message
  const lost = attempt({ outcome: 'unknown', outcomeReason: 'PUT: connection lost before the answer', settledAt: NOW - SECOND })
  assert.equal(message({ attempts: [lost] }), 'PUT: connection lost before the answer. Nothing is sent until a read shows what happened.')
  assert.equal(
    message({ node: { marks: { kind: 'list', entries: ['2026-11-02T11:59:00'], total: 1 } } }),
    "extra.hammer_error_resets has an entry of 2026-11-02T11:59:00.000Z that is not Anneal's: another tool is at work. " +
      'Nothing is sent until 2026-11-02T12:59:00.000Z.',
  )
  const why = "Ironic lifted a person's maintenance (RMA 4711) together with its own fault."
  assert.equal(
    message({ words: { hold: { by: 'anneal', why, at: NOW, source: 'maintenance-lifted-by-ironic' } } }),
    `${why} That was nobody's word, so it stays held. \`anneal unhold\` gives it back.`,
  )
})
