import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpRequest } from '../core/seams.ts'
import { castOf, siteNodes } from './cast.ts'
import { type SimulatedCloud, simulatedCloud } from './cloud.ts'
import { reckon } from './kept-promises.ts'
import { seededRandom } from './seeded.ts'
import { neutronOutages, stories } from './stories.ts'
import { virtualClock } from './virtual-clock.ts'

const MINUTE = 60_000

/** The stories without an operator, until `minutes`; then one careless request. */
async function given(minutes: number) {
  const clock = virtualClock({ start: 0 })
  const cloud = simulatedCloud({ nodes: siteNodes(20), random: seededRandom(1), clock, features: { keystone: false } })
  const cast = castOf(cloud.state, seededRandom(2))
  const outages = neutronOutages(cloud)
  for (const { steps } of stories(cloud, cast, outages)) for (const { at, happen } of steps) clock.at(at, happen)
  await clock.advance(minutes * MINUTE)
  return { clock, cloud, cast, outages }
}

async function send(cloud: SimulatedCloud, path: string, body: unknown): Promise<number> {
  const request: HttpRequest = {
    method: 'PUT',
    url: `${cloud.state.baseUrl}/baremetal/v1/nodes/${path}`,
    headers: { 'x-openstack-ironic-api-version': '1.82', 'content-type': 'application/json' },
    body: JSON.stringify(body),
    connectTimeoutMs: 5_000,
    answerTimeoutMs: 10_000,
  }
  return (await cloud.state.clock.run(cloud.transport(request))).status
}

test('a reset of a node on which a tenant lives is counted, although Ironic has forgotten the instance', async () => {
  const { cloud, cast } = await given(9)
  assert.equal(cloud.node(cast.live).row.instance_uuid, null)
  assert.equal(await send(cloud, `${cast.live}/states/provision`, { target: 'deleted' }), 202)
  assert.equal(reckon(cloud.state, []).liveTenantsReset, 1)
})

test('a reset of a node whose tenant was deleted counts as a reset and as nothing worse', async () => {
  const { cloud, cast } = await given(4)
  assert.equal(await send(cloud, `${cast.blip}/states/provision`, { target: 'deleted' }), 202)
  const { resets, liveTenantsReset, maintenanceTouched, resetsDuringOutage, resetsElsewhere } = reckon(cloud.state, [])
  assert.deepEqual(
    { resets, liveTenantsReset, maintenanceTouched, resetsDuringOutage, resetsElsewhere },
    {
      resets: 1,
      liveTenantsReset: 0,
      maintenanceTouched: 0,
      resetsDuringOutage: 0,
      resetsElsewhere: 0,
    },
  )
})

test('a request to a node under maintenance by a person is counted', async () => {
  const { cloud, cast } = await given(11.5)
  await send(cloud, `${cast.maintained}/maintenance`, { reason: 'mine now' })
  assert.equal(reckon(cloud.state, []).maintenanceTouched, 1)
})

test('a reset during the outage, and one of a node that is not in error, are counted', async () => {
  const { cloud, cast, outages } = await given(29)
  await send(cloud, `${cast.outage[0]}/states/provision`, { target: 'deleted' })
  const free = [...cloud.state.nodes.values()].find(({ row }) => row.provision_state === 'available')
  await send(cloud, `${free?.row.name}/states/provision`, { target: 'deleted' })
  const { resetsDuringOutage, resetsElsewhere } = reckon(cloud.state, outages.windows)
  assert.deepEqual({ resetsDuringOutage, resetsElsewhere }, { resetsDuringOutage: 2, resetsElsewhere: 1 })
})
