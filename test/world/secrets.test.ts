/** What no run may write down: passwords, tokens and driver_info, in the database, in the log, or in an error. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HOUR, MINUTE, SECOND } from '../../src/core/policy.ts'
import { scenario } from '../sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'

scenario('a run through healing, refusals and outages writes no password, token or driver_info anywhere', { file: true }, async (op) => {
  const { row } = op.node('node-1')
  // A key that Ironic does not mask, and what else of a node is nobody's business.
  Object.assign(row.driver_info, { vendor_key: 'SECRET-in-driver-info', ipmi_username: 'SECRET-user' })
  row.instance_info = { configdrive: 'SECRET-in-instance-info' }
  op.people.setExtra('node-1', 'vault', { key: 'SECRET-in-extra' })
  op.people.setExtra('node-2', 'hammer_error_resets', 'SECRET-in-marks')
  const logged: unknown[] = []
  Object.assign(op.world, { log: (...line: unknown[]) => void logged.push(line) })
  for (const name of ['node-1', 'node-2', 'node-3']) op.people.fail(name, BLIP)
  delete op.node('node-3').row.driver_info['ipmi_address']
  const stop = op.daemon()
  await op.clock.advance(2 * MINUTE)
  for (const kind of ['503', '500', '502', 'lost-reply'] as const) {
    op.cloud.faults.set('keystone', { kind })
    op.cloud.faults.set('ironic', { kind, share: 0.5 })
    op.cloud.state.tokens.clear()
    await op.clock.advance(30 * SECOND)
  }
  op.cloud.faults.clearAll()
  const tokens = new Set(op.cloud.state.tokens.keys())
  await op.clock.advance(HOUR)
  for (const token of op.cloud.state.tokens.keys()) tokens.add(token)
  await stop()
  assert.ok(op.resets('node-1') >= 1 && logged.length > 0 && tokens.size > 0)

  const folder = dirname(op.path)
  const stored = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'))
  const { password, appcredSecret } = op.cloud.credentials('admin')
  for (const text of [...stored, JSON.stringify(logged)]) {
    assert.doesNotMatch(text, /SECRET-/)
    for (const secret of [password, appcredSecret, ...tokens]) assert.ok(!text.includes(secret), secret)
  }
})
