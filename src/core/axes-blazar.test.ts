/**
 * The axis of decide.exhaustive.test.ts that is about reservations: what Blazar says of the node, what stands of a shield, and which leases it lost.
 */
import { ago, attempt, CASE, NOW } from '../../test/given.ts'
import { asIs, patch, type Variant, vary } from './axes-node.test.ts'
import type { HeldLease } from './case.ts'
import type { DecideInput } from './judged.ts'
import type { BlazarHostSeen, BlazarSeen } from './observation.ts'
import { HOUR, MINUTE, SECOND } from './policy.ts'
import { known, unknown } from './reading.ts'

const SET = '2026-11-22 14:05:05.039363'
const HOST: BlazarHostSeen = { id: 'h', reservable: true, disabled: false, updated_at: null }
const DISABLED: BlazarHostSeen = { id: 'h', reservable: false, disabled: true, updated_at: SET }
const ALL = ['shield', 'unshield', 'give-back'] as const

const sees = (input: DecideInput, seen: Partial<BlazarSeen>): void => {
  Object.assign(input.policy, { blazar: { ...input.policy.blazar, mode: 'chameleon', monitor: 'on', giveBack: true } })
  input.observation.blazar = known({ readAt: NOW, kind: 'chameleon', host: HOST, leases: [], total: 0, missing: [], ...seen })
}
const shielded = (input: DecideInput): void => {
  const blazar = { host_id: 'h', updated_at: SET, keepMark: false, lease: null }
  const at = NOW - 20 * MINUTE
  input.attempts.push(
    attempt({ id: 'i-shield', act: 'shield', createdAt: at, endedAt: at + SECOND, mark: null, markState: 'none', result: null, blazar }),
  )
  patch(input, { shield: `{"v":1,"case":"${CASE}","kind":"blazar-disabled"}` })
}
const lease = (from: number, until: number): HeldLease => ({
  ...{ id: 'l', name: 'demo', status: 'PENDING', project_id: 'p', user_id: 'u', host_id: 'h', lostAt: null },
  ...{ start_date: ago(-from), end_date: ago(-until) },
  reservation: { id: 'r', min: 1, max: 1, hypervisor_properties: '', resource_properties: '' },
})
const lost = (input: DecideInput, seen: Partial<BlazarSeen>): void => {
  sees(input, { missing: [{ lease_id: 'l', reservation_id: 'r', status: 'PENDING', hosts: [] }], ...seen })
  if (input.case) input.case.memory.leases = [{ ...lease(HOUR, 3 * HOUR), lostAt: NOW - MINUTE }]
}

export const RESERVATIONS: Variant[] = [
  asIs,
  vary('lent by Blazar', ['unshield', 'give-back'], (input) => sees(input, {})),
  vary('lent by upstream Blazar', ALL, (input) => sees(input, { kind: 'upstream', host: { ...HOST, disabled: null } })),
  vary('Blazar does not know it', ALL, (input) => sees(input, { host: null })),
  vary('Blazar cannot be asked', ALL, (input) => {
    sees(input, {})
    input.observation.blazar = unknown('500')
  }),
  vary('its monitor is off', ['shield'], (input) => {
    sees(input, {})
    input.policy.blazar.monitor = 'off'
  }),
  vary('Blazar is only observed', ALL, (input) => {
    sees(input, {})
    shielded(input)
    input.policy.blazar.mode = 'observe'
  }),
  vary('disabled by an operator', ALL, (input) => sees(input, { host: DISABLED })),
  vary('another mark where a shield has its own', ['shield'], (input) => {
    sees(input, {})
    patch(input, { shield: 'mine' })
  }),
  vary('shielded', ['shield', 'give-back'], (input) => {
    sees(input, { host: DISABLED })
    shielded(input)
  }),
  vary('disabled, and nobody can tell by whom', ALL, (input) => {
    sees(input, { host: { ...DISABLED, updated_at: '2026-11-22 09:00:00.000000' } })
    shielded(input)
    const [shield] = input.attempts.filter(({ act }) => act === 'shield')
    Object.assign(shield ?? {}, { outcome: 'unknown', blazar: { ...shield?.blazar, updated_at: null } })
  }),
  vary('shielded, and enabled by an operator', ['shield', 'give-back'], (input) => {
    sees(input, {})
    shielded(input)
  }),
  vary('a lease was taken from it', ['unshield'], (input) => lost(input, {})),
  vary('a lease was taken and has another host', ['give-back'], (input) =>
    lost(input, { missing: [{ lease_id: 'l', reservation_id: 'r', status: 'PENDING', hosts: ['h2'] }] }),
  ),
  vary('a lease was taken that is over', ['give-back'], (input) =>
    lost(input, { missing: [{ lease_id: 'l', reservation_id: 'r', status: 'gone', hosts: [] }] }),
  ),
  vary('a lease was taken, and somebody else has the node then', ['give-back'], (input) =>
    lost(input, { leases: [lease(2 * HOUR, 5 * HOUR)], total: 1 }),
  ),
  vary('a lease was taken, and not all that is there is known', ['give-back'], (input) => lost(input, { total: 9 })),
  vary('a lease starts soon', ['unshield', 'give-back'], (input) => sees(input, { leases: [lease(20 * MINUTE, 3 * HOUR)], total: 1 })),
  vary('a lease runs', ['unshield', 'give-back'], (input) => sees(input, { leases: [lease(-HOUR, 3 * HOUR)], total: 1 })),
]
