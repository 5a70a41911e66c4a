/** What the document says of answers, held against the answers over a cloud where much happened: no key missing and none beside. */
import assert from 'node:assert/strict'
import type { z } from 'zod'
import { scenario } from '../../test/sim-operator.ts'
import { listPolicies } from '../commands/list-policies.ts'
import { HOUR, MINUTE } from '../core/policy.ts'
import { unknown } from '../core/reading.ts'
import { realSeams } from '../seams.ts'
import { openMetrics } from './metrics.ts'
import { httpServer } from './server.ts'
import { SHAPES } from './shapes.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const ANSWERS: [url: string, shape: z.ZodType<unknown>][] = [
  ['/api/v1/clouds', SHAPES.clouds],
  ['/api/v1/nodes?all=true', SHAPES.nodes],
  ['/api/v1/nodes/sim/node-1', SHAPES.explanation],
  ['/api/v1/nodes/sim/node-9', SHAPES.explanation],
  ['/api/v1/cases', SHAPES.cases],
  ['/api/v1/cases?closed=true', SHAPES.cases],
  ['/api/v1/incidents', SHAPES.incidents],
  ['/api/v1/incidents?closed=true', SHAPES.incidents],
  ['/api/v1/decisions', SHAPES.decisions],
  ['/api/v1/audit?limit=500', SHAPES.audit],
  ['/api/v1/approvals', SHAPES.approvals],
  ['/api/v1/holds', SHAPES.holds],
  ['/api/v1/policy', SHAPES.policy],
]

scenario('every answer has the documented shape, and no key that is not in it', { nodes: 40, policy: { mode: 'approve' } }, async (op) => {
  const policy = { name: 'sim', policy: op.world.policy, policyHash: JSON.stringify(op.world.policy) }
  const app = await httpServer({
    store: op.store,
    clock: realSeams().clock,
    version: '0',
    clouds: [policy],
    policyOf: () => op.world.policy,
    records: async () => null,
    hardwareOf: async () => ({ inventory: unknown('not asked'), identity: unknown('not asked') }),
    metrics: await openMetrics({ store: op.store, clock: op.clock, clouds: [policy], canaries: () => [], receivers: [] }),
    dashboard: new Map(),
    login: null,
    isReady: () => true,
    canaries: () => [],
    log: (_level, message) => assert.fail(message),
  })
  const post = async (url: string) => {
    const payload = { by: 'pat', why: 'looked at it' }
    const { statusCode, body } = await app.inject({ method: 'POST', url, payload })
    assert.equal(statusCode, 200, `${url}: ${body}`)
    assert.deepEqual(SHAPES.spoken.parse(JSON.parse(body)), JSON.parse(body))
  }
  const asDocumented = async () => {
    for (const [url, shape] of ANSWERS) {
      const { statusCode, body } = await app.inject(url)
      assert.equal(statusCode, 200, `${url}: ${body}`)
      assert.deepEqual(shape.parse(JSON.parse(body)), JSON.parse(body), url)
    }
  }
  for (const name of ['node-1', 'node-2', 'node-3']) op.people.fail(name, BLIP)
  op.people.setMaintenance('node-4', 'new mainboard')
  await op.sweepFor(10 * MINUTE)
  await post('/api/v1/nodes/sim/node-5/hold')
  const waiting = SHAPES.approvals.parse(JSON.parse((await app.inject('/api/v1/approvals')).body)).waiting
  assert.ok(waiting.length > 0)
  for (const { id } of waiting) await post(`/api/v1/cases/${id}/approve`)
  assert.equal(SHAPES.approvals.parse(JSON.parse((await app.inject('/api/v1/approvals')).body)).given.length, waiting.length)
  await asDocumented()
  await op.sweepFor(2 * HOUR, 5 * MINUTE)
  for (const { id } of SHAPES.cases.parse(JSON.parse((await app.inject('/api/v1/cases?closed=true')).body)).cases) {
    const { body } = await app.inject(`/api/v1/cases/${id}`)
    assert.deepEqual(SHAPES.case.parse(JSON.parse(body)), JSON.parse(body))
  }
  await asDocumented()
  assert.ok(op.resets() > 0)
  assert.equal((await listPolicies(op.store, [policy]))[0]?.isOurs, true)
  await app.close()
})
