/**
 * Axes of decide.exhaustive.test.ts: the node's state, whose hand is on it, its lock, and who may live there. A variant changes a
 * healthy-to-reset input in one way and says which acts are wrong from then on, from the promises alone. The first variant of each axis
 * changes nothing and forbids nothing. No test stands here; the name keeps the file out of what ships.
 */
import { ago, attempt, CASE, NOW, nova, server } from '../../test/given.ts'
import type { Act } from './decision.ts'
import type { DecideInput } from './judged.ts'
import type { ObservedNode } from './observation.ts'
import { DAY, HOUR, MINUTE } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

export type Variant = { name: string; forbids: readonly Act[] | 'all'; set: (input: DecideInput) => void }

export const vary = (name: string, forbids: Variant['forbids'], set: Variant['set']): Variant => ({ name, forbids, set })
export const asIs = vary('as is', [], () => {})
export const onNode = (name: string, forbids: Variant['forbids'], difference: Partial<ObservedNode>): Variant =>
  vary(name, forbids, (input) => patch(input, difference))

export function patch(input: DecideInput, difference: Partial<ObservedNode>): void {
  if (input.observation.node.kind === 'known') Object.assign(input.observation.node.value, difference)
}

/** What changes the node's course; taking a mark back and ending a quarantine do not. */
export const REPAIRS: readonly Act[] = ['reset', 'quarantine', 'recover-cleaning']
export const ALL_BUT_RELEASE: readonly Act[] = [...REPAIRS, 'unmark', 'shield', 'give-back']

const stranded = 'Async execution of _do_node_tear_down failed with error: Neutron said 503'
const manage = attempt({
  id: 'i-manage',
  act: 'recover-cleaning',
  step: 'manage',
  mark: null,
  markState: 'none',
  createdAt: NOW - 5 * MINUTE,
  result: null,
})

const OTHER_STATES = [
  'active',
  'deploying',
  'wait call-back',
  'deploy hold',
  'deploy failed',
  'rebuild',
  'inspecting',
  'inspect wait',
  'inspect failed',
  'verifying',
  'enroll',
  'adopting',
  'adopt failed',
  'rescue',
  'rescuing',
  'rescue wait',
  'rescue failed',
  'unrescuing',
  'unrescue failed',
  'servicing',
  'service wait',
  'service hold',
  'service failed',
  'clean hold',
  'nostate',
  'a state of a later Ironic',
]

export const STATES: Variant[] = [
  asIs,
  onNode('clean failed', ['reset', 'quarantine'], { provision_state: 'clean failed', target_provision_state: 'available' }),
  onNode('stranded in cleaning', ['reset', 'quarantine'], {
    provision_state: 'cleaning',
    target_provision_state: 'available',
    last_error: stranded,
  }),
  onNode('cleaning for an hour', REPAIRS, { provision_state: 'cleaning', target_provision_state: 'available', last_error: null }),
  vary('manageable after our manage', ['reset', 'quarantine'], (input) => {
    patch(input, { provision_state: 'manageable' })
    input.attempts.push(manage)
  }),
  onNode('available', REPAIRS, { provision_state: 'available', last_error: null }),
  onNode('deleting for an hour', REPAIRS, { provision_state: 'deleting', target_provision_state: 'available' }),
  onNode('cleaning just now', REPAIRS, {
    provision_state: 'cleaning',
    target_provision_state: 'available',
    last_error: stranded,
    provision_updated_at: ago(MINUTE),
  }),
  vary('available and proven for an hour', REPAIRS, (input) => {
    patch(input, { provision_state: 'available', last_error: null })
    if (input.case) input.case.memory.provenAt = NOW - HOUR
  }),
  vary('clean wait since our reset three hours ago', REPAIRS, (input) => {
    patch(input, { provision_state: 'clean wait', target_provision_state: 'available', provision_updated_at: ago(3 * HOUR) })
    input.attempts.push(attempt({ id: 'i-slow', createdAt: NOW - 3 * HOUR - MINUTE, mark: null }))
  }),
  onNode('clean wait', REPAIRS, { provision_state: 'clean wait', target_provision_state: 'available' }),
  onNode('clean failed after a manual clean', REPAIRS, { provision_state: 'clean failed', target_provision_state: 'manageable' }),
  onNode('clean failed without a target', REPAIRS, { provision_state: 'clean failed', target_provision_state: null }),
  onNode('manageable by a person', REPAIRS, { provision_state: 'manageable' }),
  onNode('error without a time', ['recover-cleaning'], { provision_updated_at: null }),
  ...OTHER_STATES.map((state) => onNode(state, 'all', { provision_state: state })),
]

const ours = `anneal:${CASE} bmc-fault: Look at its BMC.`
const quarantinedAs = (maintenance_reason: string, fault: string | null, released: boolean) => (input: DecideInput) => {
  patch(input, { maintenance: true, maintenance_reason, fault })
  if (input.case) input.case.memory.quarantine = { text: ours, at: NOW - DAY, fault: false }
  if (released) input.words.release = { id: 'w-1', by: 'ann', why: 'new BMC', at: NOW }
}
const command = { by: 'ann', why: 'she is at the rack', at: NOW, source: 'command' } as const

export const HANDS: Variant[] = [
  asIs,
  onNode("a person's maintenance", 'all', { maintenance: true, maintenance_reason: 'disk swap' }),
  onNode('maintenance without a reason', 'all', { maintenance: true }),
  onNode("a person's maintenance over a power fault", 'all', {
    maintenance: true,
    maintenance_reason: 'disk swap',
    fault: 'power failure',
  }),
  onNode("Ironic's words without a fault", 'all', {
    maintenance: true,
    maintenance_reason: 'During sync_power_state, max retries exceeded',
  }),
  onNode('power failure', 'all', {
    maintenance: true,
    maintenance_reason: 'During sync_power_state, max retries exceeded for node',
    fault: 'power failure',
  }),
  onNode('clean failure', 'all', { maintenance: true, maintenance_reason: 'Timeout reached while cleaning', fault: 'clean failure' }),
  onNode('a fault without maintenance', 'all', { fault: 'power failure' }),
  vary('our quarantine', 'all', quarantinedAs(ours, null, false)),
  vary('our quarantine, released', ALL_BUT_RELEASE, quarantinedAs(ours, null, true)),
  vary('our quarantine, released, with a fault', 'all', quarantinedAs(ours, 'power failure', true)),
  vary('our quarantine, released, reworded', 'all', quarantinedAs(`${ours} See ticket.`, null, true)),
  vary("another case's quarantine, released", 'all', quarantinedAs('anneal:c-other000 config: Look.', null, true)),
  vary('a release without a quarantine', ['release'], (input) => {
    input.words.release = { id: 'w-1', by: 'ann', why: 'mended', at: NOW }
  }),
  vary('released and held', 'all', (input) => {
    quarantinedAs(ours, null, true)(input)
    input.words.hold = command
  }),
  vary('released and paused', 'all', (input) => {
    quarantinedAs(ours, null, true)(input)
    input.words.pause = command
  }),
  onNode('extra.anneal_hold, empty', 'all', { hold: '' }),
  onNode('extra.anneal_hold: false', 'all', { hold: 'false' }),
  vary('held by command', 'all', (input) => {
    input.words.hold = command
  }),
  vary("held since Ironic lifted a person's maintenance", 'all', (input) => {
    input.words.hold = { ...command, source: 'maintenance-lifted-by-ironic' }
  }),
  vary('paused', 'all', (input) => {
    input.words.pause = command
  }),
]

const heldBy = (alive: boolean, deadFor: number | null) => (input: DecideInput) => {
  patch(input, { reservation: 'cond-2' })
  input.observation.holder = known({ hostname: 'cond-2', alive })
  if (input.case) input.case.memory.lock = { holder: 'cond-2', since: NOW - DAY, deadSince: deadFor === null ? null : NOW - deadFor }
}

export const LOCKS: Variant[] = [
  asIs,
  vary('locked', 'all', heldBy(true, null)),
  vary('locked by a conductor that just died', 'all', heldBy(false, MINUTE)),
  vary('locked by a conductor long dead', 'all', heldBy(false, HOUR)),
  onNode('a power state on its way', 'all', { target_power_state: 'power off' }),
  vary('a power state long on its way', 'all', (input) => {
    patch(input, { target_power_state: 'rebooting' })
    if (input.case) input.case.memory.powerTargetSince = NOW - HOUR
  }),
  onNode('a provision target that is not ours', REPAIRS, { target_provision_state: 'manageable' }),
]

const MAY_LIVE: readonly Act[] = REPAIRS
const X = 'aaaaaaaa-0000-4000-8000-000000000001'
const says = (
  name: string,
  forbids: Variant['forbids'],
  tenant: DecideInput['observation']['tenant'],
  instance_uuid: string | null = null,
): Variant =>
  vary(name, forbids, (input) => {
    patch(input, { instance_uuid })
    input.observation.tenant = tenant
  })
const goneFor = (ms: number) => (input: DecideInput) => {
  patch(input, { instance_uuid: X })
  input.observation.tenant = nova({ byId: 'gone' })
  if (input.case) input.case.memory.gone = { instance_uuid: X, firstAt: NOW - ms, lastAt: NOW }
}
const deleting = { lastAction: { action: 'delete', start_time: '2026-11-02T10:50:00.000000' } }
const standalone =
  (instance_uuid: string | null, allocations: string[] = []) =>
  (input: DecideInput) => {
    patch(input, { instance_uuid })
    input.policy.standalone = true
    input.observation.tenant = known({ nova: 'standalone', allocations: known(allocations) })
  }
const WITH_INSTANCE: readonly Act[] = ['quarantine', 'recover-cleaning']

export const TENANTS: Variant[] = [
  asIs,
  says('ACTIVE by node', MAY_LIVE, nova({ byNode: [server()] })),
  says('ACTIVE by id', MAY_LIVE, nova({ byId: server({ id: X }) }), X),
  says('SHUTOFF by node', MAY_LIVE, nova({ byNode: [server({ status: 'SHUTOFF', vm_state: 'stopped' })] })),
  says('ERROR, last action create', MAY_LIVE, nova({ byNode: [server({ status: 'ERROR', vm_state: 'error' })] })),
  says('ERROR, no action listed', MAY_LIVE, nova({ byNode: [server({ status: 'ERROR', lastAction: null })] })),
  says(
    'ERROR, deleted before it was deployed',
    MAY_LIVE,
    nova({ byNode: [server({ status: 'ERROR', launched_at: '2026-11-02T11:00:00Z', ...deleting })] }),
  ),
  says('ERROR after delete, by node', [], nova({ byNode: [server({ status: 'ERROR', ...deleting })] })),
  says('ERROR after delete, by id', WITH_INSTANCE, nova({ byId: server({ id: X, status: 'ERROR', ...deleting }) }, known([X])), X),
  says('deleting', WITH_INSTANCE, nova({ byId: server({ id: X, task_state: 'deleting', ...deleting }) }), X),
  says('DELETED', WITH_INSTANCE, nova({ byId: server({ id: X, status: 'DELETED', ...deleting }) }), X),
  says('deleted server by node, other instance recorded and not asked', MAY_LIVE, nova({ byNode: [server({ status: 'DELETED' })] }), X),
  says('deleted server by node, other instance gone once', MAY_LIVE, nova({ byNode: [server({ status: 'DELETED' })], byId: 'gone' }), X),
  says('one deleted, one alive', MAY_LIVE, nova({ byNode: [server({ status: 'DELETED' }), server({ id: 's-2' })] })),
  says('an answer for another instance', MAY_LIVE, nova({ byId: server({ id: 's-9', status: 'DELETED' }) }), X),
  says('SOFT_DELETED', MAY_LIVE, nova({ byNode: [server({ status: 'SOFT_DELETED', ...deleting })] })),
  says('SOFT_DELETED and deleting', MAY_LIVE, nova({ byNode: [server({ status: 'SOFT_DELETED', task_state: 'deleting', ...deleting })] })),
  says('UNKNOWN', MAY_LIVE, nova({ byNode: [server({ status: 'UNKNOWN', task_state: 'deleting', ...deleting })] })),
  says('a status of a later Nova', MAY_LIVE, nova({ byNode: [server({ status: 'FROZEN', ...deleting })] })),
  vary('gone once', MAY_LIVE, goneFor(0)),
  vary('gone twice, too close', MAY_LIVE, goneFor(5 * MINUTE - 1)),
  vary('gone twice', WITH_INSTANCE, goneFor(5 * MINUTE)),
  vary('gone twice, another instance', MAY_LIVE, (input) => {
    goneFor(HOUR)(input)
    patch(input, { instance_uuid: 'aaaaaaaa-0000-4000-8000-000000000002' })
  }),
  says('gone, remembered for nobody', MAY_LIVE, nova({ byId: 'gone' }), X),
  says('instance recorded, not asked', MAY_LIVE, nova({}), X),
  says('Nova unreadable', MAY_LIVE, unknown('503')),
  says('Nova absent', MAY_LIVE, absent('no Nova in the catalog')),
  says('an allocation of an unknown consumer', MAY_LIVE, nova({}, known(['consumer-1']))),
  says('allocations unreadable', MAY_LIVE, nova({}, unknown('403'))),
  says('no Placement', [], nova({}, absent('no Placement in the catalog'))),
  onNode('an Ironic allocation', MAY_LIVE, { allocation_uuid: X }),
  vary('standalone', [], standalone(null)),
  vary('standalone with an instance', MAY_LIVE, standalone(X)),
  vary('standalone with an allocation in Placement', MAY_LIVE, standalone(null, ['consumer-1'])),
  says('no Nova although not standalone', MAY_LIVE, known({ nova: 'standalone', allocations: known([]) })),
]
