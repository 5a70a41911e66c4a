/** How `anneal explain` tells of reservations. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ShownBlazar, ShownLease } from '../commands/explain-blazar.ts'
import { leaseLines } from './explain-leases.ts'

const NOW = Date.parse('2026-11-22T15:00:00Z')
const blazar = (difference: Partial<ShownBlazar> = {}): ShownBlazar => ({
  at: '2026-11-22T14:59:00.000Z',
  unknown: null,
  kind: 'chameleon',
  host: { id: 'h1', reservable: false, disabled: true, updated_at: null },
  leases: [],
  total: 0,
  lost: [],
  ...difference,
})
const lease = (difference: Partial<ShownLease> = {}): ShownLease => ({
  id: 'l1',
  start_date: '2026-11-22T14:00:00.000Z',
  end_date: '2026-11-22T18:00:00.000Z',
  status: 'ACTIVE',
  project_id: 'p1',
  user_id: 'u1',
  name: null,
  ...difference,
})
const told = (difference: Partial<ShownBlazar>) => leaseLines(blazar(difference), NOW).join('\n')

test('each lease has its time, who has it, and how that lies to now', () => {
  const later = lease({ id: 'l2', start_date: '2026-11-22T17:00:00.000Z', status: null, project_id: null, user_id: null })
  const over = lease({ id: 'l3', end_date: '2026-11-22T14:30:00.000Z' })
  const undated = lease({ id: 'l4', start_date: null, end_date: null })
  assert.equal(
    told({ leases: [lease(), later, over, undated], total: 7 }),
    `  Host h1: not reservable, disabled.
  2026-11-22T14:00:00.000Z to 2026-11-22T18:00:00.000Z (running): lease l1, ACTIVE, of project p1, user u1.
  2026-11-22T17:00:00.000Z to 2026-11-22T18:00:00.000Z (begins in 2 h): lease l2, of a project that this credential may not see.
  2026-11-22T14:00:00.000Z to 2026-11-22T14:30:00.000Z (over by now): lease l3, ACTIVE, of project p1, user u1.
  an unreadable start to an unreadable end (running): lease l4, ACTIVE, of project p1, user u1.
  And 3 more within 7 days.`,
  )
})

test('a lease that Blazar took from the node is told with what it has now', () => {
  const lost = { ...lease({ status: 'PENDING' }), lostAt: '2026-11-22T13:05:00.000Z', hosts: [] }
  const span = '2026-11-22T14:00:00.000Z to 2026-11-22T18:00:00.000Z: taken from the node by 2026-11-22T13:05:00.000Z'
  assert.equal(
    told({ lost: [lost, { ...lost, id: 'l2', hosts: ['h7'] }, { ...lost, id: 'l3', status: 'gone' }] }),
    `  Host h1: not reservable, disabled.
  No lease now or within 7 days.
  ${span}, it has no node in its place: lease l1, PENDING, of project p1, user u1.
  ${span}, it has Blazar's host h7 instead: lease l2, PENDING, of project p1, user u1.
  ${span}, it is deleted: lease l3, of project p1, user u1.`,
  )
})

test('a host without leases, one that hides its flag, a node that Blazar does not know and a Blazar that said nothing are told apart', () => {
  assert.equal(
    told({ host: { id: '3', reservable: true, disabled: null, updated_at: null } }),
    '  Host 3: reservable.\n  No lease now or within 7 days.',
  )
  assert.match(told({ host: { id: '3', reservable: true, disabled: false, updated_at: null } }), /Host 3: reservable\.\n/)
  assert.match(told({ host: { id: '3', reservable: null, disabled: null, updated_at: null } }), /hidden by a capability/)
  assert.match(told({ host: null }), /does not know the node/)
  assert.equal(told({ unknown: 'Blazar did not answer within 10 s' }), '  Not known: Blazar did not answer within 10 s.')
})
