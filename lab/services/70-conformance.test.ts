/**
 * The part of the conformance suite that is about Neutron, Placement and Nova: what the real ones answer to Anneal's reads is what the
 * simulator answers. `UPDATE_GOLDEN=1` records what `npm test` holds the simulator against.
 */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { holdAgainstLab } from '../../test/conformance/held-against-lab.ts'
import { restored } from '../../test/conformance/lab-site.ts'
import { calm } from '../lab.ts'
import { readSettings } from '../settings.ts'
import { cleared } from './tenant.ts'

before(() => assert.ok(readSettings().services, 'this file wants the lab with SERVICES=1 and AUTH=keystone'))
after(async () => {
  for (const n of [1, 2, 3, 4, 5, 6]) await cleared(`node-${n}`)
  await calm()
  await restored()
})

holdAgainstLab(['services'])
