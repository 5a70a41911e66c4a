/** What sweep and run promise about their own bookkeeping; what is decided on nodes stands in test/world. */
import assert from 'node:assert/strict'
import { scenario } from '../../test/sim-operator.ts'
import { HOUR, MINUTE } from '../core/policy.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
/** Each node in a rack, a class and behind a text of its own, so that no budget or incident is what bounds the acts. */
const ALONE = {
  nodes: Array.from({ length: 8 }, (_, at) => ({ name: `n-${at}`, rack: at + 1, switch: `leaf-${at}`, resource_class: `class-${at}` })),
  policy: {
    inFlight: { classShare: 1, classMax: 100, cloudShare: 1, cloudMax: 100 },
    incident: { cases: 100, within: MINUTE, classShare: 1, secondCanary: HOUR },
  },
}

scenario('a limit of one begins one act, however many nodes are looked at side by side', ALONE, async (op) => {
  for (let at = 0; at < 8; at++) op.people.fail(`n-${at}`, BLIP)
  await op.clock.advance(10 * MINUTE)
  await op.sweep(1)
  assert.equal(op.resets(), 1)
  await op.sweep(0)
  assert.equal(op.resets(), 1)
})

scenario('without a limit the same sweep begins them all', ALONE, async (op) => {
  for (let at = 0; at < 8; at++) op.people.fail(`n-${at}`, BLIP)
  await op.clock.advance(10 * MINUTE)
  await op.sweep()
  assert.equal(op.resets(), 8)
})

scenario('a daemon ends the backlog of an empty store once it has looked at every node of its first poll', { fresh: true }, async (op) => {
  for (const name of ['node-1', 'node-2']) op.people.fail(name, BLIP)
  const stop = op.daemon()
  await op.clock.advance(MINUTE)
  assert.equal((await op.store.caseOf(op.key('node-1')))?.keys.backlog, 'first-pass')
  assert.notEqual((await op.store.clouds())[0]?.firstPassAt, null)
  op.people.fail('node-3', BLIP)
  await op.clock.advance(MINUTE)
  await stop()
  assert.equal((await op.store.caseOf(op.key('node-3')))?.keys.backlog, undefined)
})
