/**
 * The part of the conformance suite that is about tokens and rights, on the lab with a real Keystone, which it brings up itself and leaves
 * up. Everything else of the suite runs without Keystone (scenarios/70-conformance.test.ts).
 */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { holdAgainstLab } from '../../test/conformance/held-against-lab.ts'
import { restored } from '../../test/conformance/lab-site.ts'
import { calm, script } from '../lab.ts'

before(async () => {
  const ran = await script('up.sh', [], { AUTH: 'keystone' })
  assert.equal(ran.code, 0, ran.stderr)
})
after(async () => {
  await calm()
  await restored()
})

holdAgainstLab(['keystone'])
