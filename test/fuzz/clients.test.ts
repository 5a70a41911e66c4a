/**
 * The clients by themselves, each question with one changed answer: they give what their types say, or the one error they throw, and that
 * error is short. Asked of the simulated cloud, and of answers that a real Ironic gave. What follows from an answer is not asked here.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { HOUR } from '../../src/core/policy.ts'
import type { HttpRequest, Transport } from '../../src/core/seams.ts'
import { blazarClient } from '../../src/openstack/blazar.ts'
import { cloudAccess } from '../../src/openstack/cloud-access.ts'
import { ironicClient } from '../../src/openstack/ironic.ts'
import { observedNode, redactedFields } from '../../src/openstack/ironic-node.ts'
import { neutronClient } from '../../src/openstack/neutron.ts'
import { novaClient } from '../../src/openstack/nova.ts'
import { OpenStackError } from '../../src/openstack/openstack-error.ts'
import { placementClient } from '../../src/openstack/placement.ts'
import { probeService } from '../../src/openstack/probe.ts'
import { openSession } from '../../src/openstack/session.ts'
import { simOperator } from '../sim-operator.ts'
import { type Change, change, meddled } from './meddle.ts'
import { fuzz } from './runs.ts'
import { type Meddling, QUESTIONS, roadWith } from './services.ts'
import { pastOf } from './stage.ts'

const op = await simOperator({ nodes: 6, fresh: true, blazar: { kind: 'chameleon' } })
after(() => op.close())
pastOf(op, 'node-1')
op.people.lend('node-1', { from: op.clock.now() + HOUR, until: op.clock.now() + 2 * HOUR })
const [LEASE = ''] = op.cloud.state.blazar?.leases.keys() ?? []
const NODE = op.key('node-1').uuid
const SERVER = op.node('node-1').row.instance_uuid ?? ''

/** Everything that is ever asked of a cloud, with a session of its own, so that tokens are asked for too. */
function questions(transport: Transport) {
  const login = op.cloud.credentials('admin')
  const auth = { auth_url: login.authUrl, username: login.user, password: login.password, project_name: 'admin' }
  const access = cloudAccess({ name: 'sim', naming: (key) => key, keys: { auth } }, { read: () => null, cwd: '.', home: null })
  const session = openSession(access, { clock: op.clock, transport })
  const blazar = blazarClient(session)
  const [ironic, nova, neutron, placement] = [ironicClient(session), novaClient(session), neutronClient(session), placementClient(session)]
  return {
    token: () => session.identity(),
    ironic: () => ironic.versions(),
    list: () => Promise.all([ironic.census(), ironic.nodesIn('error')]),
    node: async () => {
      const wire = await ironic.node(NODE)
      return wire === null ? null : [observedNode(wire), redactedFields(wire), await ironic.identity(NODE)]
    },
    patch: async () => observedNode(await ironic.patch(NODE, [{ op: 'add', path: '/extra/fuzzed', value: 1 }])),
    order: () => ironic.setMaintenance(NODE, 'fuzzed'),
    history: () => ironic.history(NODE),
    inventory: () => ironic.inventory(NODE),
    links: () => ironic.links(NODE),
    targets: () => ironic.hasVolumeTargets(NODE),
    conductors: () => ironic.conductors(),
    servers: () => nova.serversOn(NODE),
    server: () => nova.server(SERVER),
    actions: () => nova.lastAction(SERVER),
    'nova-services': () => nova.positiveControl(NODE, SERVER),
    allocations: () => placement.allocations(NODE),
    inventories: () => placement.inventory(NODE),
    ports: () => neutron.boundPorts(NODE, [SERVER]),
    images: () => probeService(session, 'glance', op.clock),
    volumes: () => probeService(session, 'cinder', op.clock),
    placement: () => probeService(session, 'placement', op.clock),
    hosts: () => blazar.hosts(),
    'host-allocations': () => blazar.allocations().then((byHost) => [...byHost]),
    lease: () => blazar.lease(LEASE),
  }
}
const ASKED = QUESTIONS.filter((question) => question !== 'redfish' && question !== 'stray')

/** The answer as data, or the client's own error; anything else is a bug. */
async function said(asked: Promise<unknown>): Promise<string> {
  return await asked.then(
    (answer) => JSON.stringify(answer) ?? 'nothing',
    (error: unknown) => {
      if (!(error instanceof OpenStackError)) throw error
      assert.ok(error.sentence.length <= 300 && !/[\n\r]/.test(error.sentence), error.sentence)
      assert.ok(error.text.length <= 4_096, `${error.text.length} characters`)
      return error.message
    },
  )
}

fuzz(
  'whatever a service answers, a client gives an answer or its own short error',
  fc.constantFrom(...ASKED).chain((question) =>
    fc.record({
      asked: fc.constant(question),
      meddlings: fc.array(
        fc.record<Meddling>({
          questions: fc.constantFrom([question], ['token'], [...QUESTIONS]),
          from: fc.nat(1),
          every: fc.constant(1),
          how: change,
        }),
        { minLength: 1, maxLength: 2 },
      ),
    }),
  ),
  { runs: 300 },
  async ({ asked, meddlings }) => {
    const road = roadWith(meddlings)
    road.meddle(true)
    const ask: () => Promise<unknown> = questions(road.over(op.cloud.transport))[asked]
    await said(op.clock.run(ask()))
    op.people.clearMaintenance('node-1')
  },
)

const Recorded = z.array(
  z.object({ request: z.string(), status: z.number(), headers: z.record(z.string(), z.string()), body: z.unknown().optional() }),
)
const RECORDED = Recorded.parse(
  JSON.parse(readFileSync(new URL('../samples/ironic/answers-to-every-request-of-the-client.json', import.meta.url), 'utf8')),
)
const RECORDED_NODE = 'ba6a249a-a614-87b8-a769-e175d7c002bf'

/** Answers as they were recorded, one of them changed. */
function replay(meddle: { path: RegExp; how: Change }): Transport {
  return async (request: HttpRequest) => {
    const { pathname } = new URL(request.url)
    const found = RECORDED.find((one) => one.request.split('?')[0] === `${request.method} ${pathname}`)
    assert.ok(found, `no recorded answer to ${request.method} ${pathname}`)
    const response = { status: found.status, headers: found.headers, text: found.body === undefined ? '' : JSON.stringify(found.body) }
    if (!meddle.path.test(pathname)) return response
    return meddled(response, meddle.how, { request, others: RECORDED.map(({ body }) => JSON.stringify(body) ?? '') })?.response ?? response
  }
}

fuzz(
  'whatever becomes of an answer that a real Ironic gave, the client gives an answer or its own short error',
  fc.record({
    path: fc.constantFrom(
      /\/v1\/$/,
      /nodes$/,
      /[0-9a-f]{12}$/,
      /history$/,
      /conductors$/,
      /ports\/detail$/,
      /targets$/,
      /maintenance$/,
      /provision$/,
    ),
    how: change,
  }),
  { runs: 120 },
  async (meddle) => {
    const access = cloudAccess(
      { name: 'recorded', naming: (key) => key, keys: { auth_type: 'none', auth: { endpoint: 'http://ironic.test' } } },
      { read: () => null, cwd: '.', home: null },
    )
    const ironic = ironicClient(openSession(access, { clock: op.clock, transport: replay(meddle) }))
    await said(ironic.versions())
    await said(ironic.census())
    await said(ironic.nodesIn('error'))
    await said(ironic.node(RECORDED_NODE).then((wire) => (wire === null ? null : observedNode(wire))))
    await said(ironic.history(RECORDED_NODE))
    await said(ironic.conductors())
    await said(ironic.links(RECORDED_NODE))
    await said(ironic.hasVolumeTargets(RECORDED_NODE))
    await said(ironic.patch(RECORDED_NODE, []).then(observedNode))
    await said(ironic.setMaintenance(RECORDED_NODE, 'x'))
    await said(ironic.clearMaintenance(RECORDED_NODE))
    await said(ironic.provision(RECORDED_NODE, 'provide'))
  },
)
