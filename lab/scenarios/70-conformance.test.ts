/**
 * The conformance suite (test/conformance) on the lab's real Ironic without Keystone: what it answers is what the simulator answers, case
 * by case. Leaves the lab with the settings of a plain `lab/up.sh`. `UPDATE_GOLDEN=1` records what `npm test` holds the simulator against.
 */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { holdAgainstLab } from '../../test/conformance/held-against-lab.ts'
import { restored } from '../../test/conformance/lab-site.ts'
import { calm, waitForIronic } from '../lab.ts'
import { readSettings } from '../settings.ts'

before(async () => {
  const { auth, nodes } = readSettings()
  assert.equal(auth, 'noauth', 'this file wants the lab without Keystone: run lab/up.sh')
  assert.ok(nodes >= 6, 'this file wants a lab with 6 nodes')
  await waitForIronic(10)
})
after(async () => {
  await calm()
  await restored()
})

holdAgainstLab(['plain', 'busy'])
