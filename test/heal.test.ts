import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simOperator } from './sim-operator.ts'

const MIN = 60_000

test('a node whose BMC blipped is reset once after it answers again, proven, and its case closed', async () => {
  const op = await simOperator()
  const { cloud, clock } = op
  const node = [...cloud.state.nodes.values()].find((n) => n.row.provision_state === 'active')
  assert.ok(node)
  const name = node.row.name ?? ''
  cloud.people.bmc(name, 'silent')
  cloud.people.undeploy(name)
  await clock.advance(20_000)
  assert.equal(node.row.provision_state, 'error')
  const first = await op.sweepFor(3 * MIN, 30_000)
  console.log([...first.passes.values()].map((p) => [p.decision, p.diagnosis]))
  assert.equal(node.row.provision_state, 'error')
  cloud.people.bmc(name, 'ok')
  const last = await op.sweepFor(20 * MIN, 30_000)
  console.log([...last.passes.values()].map((p) => p.decision))
  assert.equal(node.row.provision_state, 'available')
  await op.close()
})
