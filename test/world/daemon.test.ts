/** The daemon over hours of trouble: what it logs, and that it goes on by itself. */
import assert from 'node:assert/strict'
import { HOUR, MINUTE } from '../../src/core/policy.ts'
import { scenario } from '../sim-operator.ts'

const NODE = 'node-1'
const BLIP = 'Failed to tear down: IPMI call failed: power status.'

scenario(
  'an Ironic that is away for over an hour is a handful of lines in the log, the last of them that it works again',
  {},
  async (op) => {
    const stop = op.daemon()
    await op.clock.advance(MINUTE)
    op.logged.length = 0
    op.cloud.faults.set('ironic', { kind: '502' })
    await op.clock.advance(70 * MINUTE)
    op.cloud.faults.clearAll()
    await op.clock.advance(MINUTE)
    await stop()
    const of = (message: string) => op.logged.filter((line) => line.startsWith(message))
    assert.ok(of('poll failed sim').length <= 2, op.logged.join('\n'))
    assert.ok(of('census failed sim').length <= 2, op.logged.join('\n'))
    assert.equal(of('poll failed: over').length, 1)
    assert.ok(op.logged.length <= 8, op.logged.join('\n'))
  },
)

scenario(
  'a wall clock that was a year ahead for a while and is set right: the daemon looks again, and the node comes home',
  {},
  async (op) => {
    const stop = op.daemon()
    op.people.bmc(NODE, 'silent')
    op.people.undeploy(NODE)
    await op.clock.advance(2 * MINUTE)
    assert.equal(op.said(NODE), 'wait bmc-silent')
    op.jump(365 * 24 * HOUR)
    await op.clock.advance(5 * MINUTE)
    op.jump(-365 * 24 * HOUR)
    op.people.bmc(NODE, 'ok')
    await op.clock.advance(20 * MINUTE)
    await stop()
    assert.deepEqual([op.node(NODE).row.provision_state, op.resets()], ['available', 1])
    assert.equal(op.logged.filter((line) => line.startsWith('the wall clock was set back')).length, 1)
  },
)

scenario(
  'a disk that is full for a quarter of an hour: the daemon says so a few times, sends nothing, and goes on with room',
  { file: true },
  async (op) => {
    const stop = op.daemon()
    await op.clock.advance(MINUTE)
    op.people.fail(NODE, BLIP)
    await op.clock.advance(MINUTE)
    op.disk.full()
    await op.clock.advance(HOUR)
    assert.deepEqual(op.sent(), [])
    const said = op.logged.filter((line) => line.includes('disk is full'))
    assert.ok(said.length >= 1 && said.length <= 6, op.logged.join('\n'))
    op.disk.free()
    await op.clock.advance(10 * MINUTE)
    await stop()
    assert.deepEqual([op.node(NODE).row.provision_state, op.resets()], ['available', 1])
  },
)
