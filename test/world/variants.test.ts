/** The same blip on clouds that are put together differently: old and new releases, other protocols, services that are not there. */
import assert from 'node:assert/strict'
import { HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import { type SimOptions, scenario } from '../sim-operator.ts'

const one = (more: object) => [{ name: 'v1', provision_state: 'active', ...more }, { name: 'v2' }]

const VARIANTS: Record<string, SimOptions> = {
  'API 1.78, the first with a history': { ironic: { version: '1.78' } },
  'a release that erases last_error while the node waits': { ironic: { version: '1.101' } },
  'the newest release': { ironic: { version: '1.115' } },
  'history switched off': { ironic: { history: false } },
  'RPC over messaging': { ironic: { rpc: 'messaging' } },
  'automated cleaning switched off': { ironic: { automatedClean: false } },
  'a Redfish BMC': { nodes: one({ protocol: 'redfish' }) },
  'a node without tenant networks': { nodes: one({ network_interface: 'noop' }) },
  'no Neutron': { features: { neutron: false } },
  'no Placement': { features: { placement: false } },
  'no Glance and no Cinder': { features: { glance: false, cinder: false } },
  'a node that belongs to a project and is lent to another': { nodes: one({ owner: 'lab', lessee: 'baremetal' }) },
  'tokens that live for two minutes': { tokenLifeMs: 2 * MINUTE },
}

for (const [what, options] of Object.entries(VARIANTS)) {
  scenario(`a BMC that was away for three minutes: one reset, proven (${what})`, { nodes: one({}), ...options }, async (op) => {
    op.people.bmc('v1', 'silent')
    op.people.undeploy('v1')
    await op.clock.advance(30 * SECOND)
    assert.equal(op.node('v1').row.provision_state, 'error')
    await op.sweepFor(2 * MINUTE)
    assert.deepEqual(op.sent(), [])
    op.people.bmc('v1', 'ok')
    await op.sweepUntil(() => op.node('v1').row.provision_state === 'available', HOUR)
    await op.sweepUntil(() => op.said('v1') === 'resolve healed', HOUR, 5 * MINUTE)
    assert.deepEqual(op.sent(), ['PATCH 200', 'PUT 202'])
  })
}

scenario(
  'the concurrent action limit of newer releases comes as 503',
  { ironic: { version: '1.96', maxConcurrentClean: 0 }, policy: { slowCloud: 20 * MINUTE } },
  async (op) => {
    op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
    await op.sweepFor(3 * MINUTE)
    const resets = (await op.store.attempts(op.key('node-1'))).filter(({ act }) => act === 'reset')
    assert.deepEqual(new Set(resets.map(({ outcome }) => outcome)), new Set(['refused']))
    const until = (await op.store.clouds())[0]?.slowUntil ?? 0
    assert.ok(until > op.clock.now() + 15 * MINUTE, 'the whole cloud waits for as long as the policy says')
  },
)

scenario('a lossy, slow road to every service: the node comes home all the same, and no promise breaks', { seed: 11 }, async (op) => {
  for (const service of ['ironic', 'nova', 'neutron', 'placement'] as const)
    op.cloud.faults.set(service, { kind: '502', share: 0.02, seenBy: 'clients' })
  op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
  const end = op.clock.now() + 6 * HOUR
  while (op.node('node-1').row.provision_state !== 'available' && op.clock.now() < end) {
    await op.sweep().catch(() => null)
    await op.clock.advance(MINUTE)
  }
  assert.equal(op.node('node-1').row.provision_state, 'available')
  assert.ok(op.resets() <= 2)
})
