import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REASONS } from '../src/core/decision.ts'
import type { FleetNode } from './api/answers.ts'
import { countsOf, standingOf, standingOfDecision } from './standing.ts'

const node = (differs: Partial<FleetNode>): FleetNode => ({
  cloud: 'west',
  uuid: 'u',
  name: 'node-1',
  provision_state: 'available',
  resource_class: 'baremetal',
  maintenance: false,
  held: false,
  missing: false,
  kind: null,
  reason: null,
  since: null,
  ...differs,
})

test('a person is needed where Anneal says so, asks for a yes, or leaves a node because somebody may live on it', () => {
  assert.equal(standingOfDecision('escalate', 'stuck-lock'), 'person')
  assert.equal(standingOfDecision('wait', 'needs-approval'), 'person')
  assert.equal(standingOfDecision('leave', 'instance-may-live'), 'person')
  assert.equal(standingOfDecision('leave', 'maintenance-by-person'), 'left')
})

test('every reason that the daemon has is named in a page by one of four ways to stand', () => {
  for (const reason of REASONS)
    for (const kind of ['act', 'wait', 'leave', 'escalate', 'resolve'] as const)
      assert.ok(['person', 'work', 'wait', 'left'].includes(standingOfDecision(kind, reason) ?? ''), `${kind} ${reason}`)
})

test('a node without a decision stands as its state says; one that is proven and only watched on is free', () => {
  assert.equal(standingOf(node({})), 'free')
  assert.equal(standingOf(node({ provision_state: 'active' })), 'used')
  assert.equal(standingOf(node({ provision_state: 'cleaning' })), 'work')
  assert.equal(standingOf(node({ provision_state: 'clean failed' })), 'wait')
  assert.equal(standingOf(node({ maintenance: true })), 'left')
  assert.equal(standingOf(node({ held: true })), 'left')
  assert.equal(standingOf(node({ kind: 'wait', reason: 'soak' })), 'free')
})

test('nodes count as one each, and a sum of them for as many as it has', () => {
  const { uuid: _uuid, name: _name, since: _since, ...free } = node({})
  const sums = [
    { ...free, count: 7 },
    { ...free, held: true, count: 2 },
  ]
  assert.deepEqual(countsOf(sums), { person: 0, work: 0, wait: 0, left: 2, free: 7, used: 0 })
  assert.deepEqual(countsOf([node({}), node({ provision_state: 'active' })]), { person: 0, work: 0, wait: 0, left: 0, free: 1, used: 1 })
})
