/** The shortest whole history: one node fails on its BMC, waits, is reset once, is proven, and its case closes. */
import assert from 'node:assert/strict'
import { MINUTE } from '../src/core/policy.ts'
import { scenario } from './sim-operator.ts'

scenario('a node whose BMC blipped is reset once after it answers again, proven, and its case closed', {}, async (op) => {
  op.people.bmc('node-1', 'silent')
  op.people.undeploy('node-1')
  await op.sweepFor(2 * MINUTE)
  assert.equal(op.said('node-1'), 'wait bmc-silent')
  op.people.bmc('node-1', 'ok')
  await op.sweepFor(45 * MINUTE)
  assert.equal(op.said('node-1'), 'resolve healed')
  assert.equal(op.node('node-1').row.provision_state, 'available')
  assert.equal(op.resets(), 1)
})
