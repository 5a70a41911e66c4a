/** One observation against plain clients and a clock moved by hand: what is known, what is unknown and why, and that it ends in time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HistoryEvent, Observation, ServerSeen, ServiceLook, ServiceName } from '../core/observation.ts'
import { DEFAULT_POLICY, HOUR } from '../core/policy.ts'
import { known, type Reading, unknown } from '../core/reading.ts'
import { sample } from '../openstack/given-cloud.test.ts'
import { type WireNode, wireNodeSchema } from '../openstack/ironic-node.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { type VirtualClock, virtualClock } from '../simulator/virtual-clock.ts'
import { bmcWatch } from './bmc-watch.ts'
import { observe } from './observe.ts'
import { serviceWatch } from './service-watch.ts'
import type { IronicAsked, NeutronAsked, NovaAsked, ObserveWorld, PlacementAsked } from './world.ts'

const UUID = '6a2c1e5e-0a0b-4c77-9d3f-0d1f6ad0c001'
const INSTANCE = '9b0c6a52-7a0f-4f6e-8a55-3c1b0b7f0002'
const START = Date.parse('2026-11-02T12:00:00Z')

const wire = (difference: Record<string, unknown> = {}): WireNode =>
  wireNodeSchema.parse({
    ...JSON.parse(sample('node-active.json')),
    uuid: UUID,
    provision_state: 'error',
    instance_uuid: null,
    conductor: 'cond-1',
    network_interface: 'neutron',
    storage_interface: 'noop',
    driver_info: { ipmi_address: '10.0.0.1', ipmi_password: '******' },
    extra: {},
    clean_step: {},
    ...difference,
  })

function failure(status: number | null, sentence: string): OpenStackError {
  return new OpenStackError({
    service: 'compute',
    method: 'GET',
    path: '/',
    status,
    phase: null,
    requestId: null,
    sentence,
    text: sentence,
  })
}

const server = (id: string): ServerSeen => ({
  id,
  status: 'ACTIVE',
  vm_state: 'active',
  task_state: null,
  launched_at: null,
  lastAction: null,
})

type Given = {
  node?: WireNode | null
  ironic?: Partial<IronicAsked>
  nova?: Partial<NovaAsked> | null
  neutron?: Partial<NeutronAsked> | null
  placement?: Partial<PlacementAsked> | null
  probe?: (name: ServiceName) => Promise<Reading<ServiceLook>>
  catalog?: ServiceName[] | OpenStackError
  standalone?: boolean
  neighboursOn?: ObserveWorld['neighboursOn']
}

/** A cloud where all is well but for a node in `error`: its BMC refuses, nobody is on it. Tests name the difference. */
function cloud(given: Given = {}): { world: ObserveWorld; clock: VirtualClock; look: () => Promise<Observation> } {
  const clock = virtualClock({ start: START })
  const { catalog = ['keystone', 'neutron', 'nova', 'placement', 'glance', 'cinder'] } = given
  const seams: ObserveWorld['seams'] = {
    clock,
    random: () => 0.5,
    newId: () => 'id',
    transport: async () => ({ status: 200, headers: {}, text: '{}' }),
    datagram: async () => ({ kind: 'refused' }),
  }
  const world: ObserveWorld = {
    cloud: 'lab',
    ironic: {
      node: async () => (given.node === undefined ? wire() : given.node),
      history: async () => known([]),
      conductors: async () => [{ hostname: 'cond-1', alive: true }],
      links: async () => [],
      hasVolumeTargets: async () => false,
      ...given.ironic,
    },
    nova:
      given.nova === null
        ? null
        : {
            serversOn: async () => [],
            server: async () => 'gone',
            positiveControl: async () => ({ passed: true, sentence: 'Nova shows this token a server of another project.' }),
            ...given.nova,
          },
    leasesHeld: async () => [],
    neutron: given.neutron === null ? null : { boundPorts: async () => [], ...given.neutron },
    placement:
      given.placement === null ? null : { allocations: async () => known([]), inventory: async () => known([]), ...given.placement },
    probe: given.probe ?? (async (name) => known({ state: 'green', detail: `${name} answered 200`, at: clock.now() })),
    catalog: async () => {
      if (catalog instanceof OpenStackError) throw catalog
      return new Set(catalog)
    },
    blazar: null,
    policy: { standalone: given.standalone ?? false, blazar: DEFAULT_POLICY.blazar },
    seams,
    bmcs: bmcWatch({ seams, candidates: () => [] }),
    neighboursOn: given.neighboursOn ?? (async () => []),
    services: serviceWatch(clock),
  }
  return { world, clock, look: () => clock.run(observe(world, { cloud: 'lab', uuid: UUID })) }
}

const reasonOf = (reading: Reading<unknown>): string => (reading.kind === 'known' ? 'known' : `${reading.kind}: ${reading.reason}`)
const event = (text: string): HistoryEvent => ({
  uuid: 'e',
  created_at: '2026-11-02T11:00:00+00:00',
  severity: 'ERROR',
  event_type: 'unprovision',
  event: text,
  conductor: 'cond-1',
})

test('a cloud that answers gives an observation in which everything is known', async () => {
  const seen = await cloud().look()
  assert.equal(seen.at, START)
  assert.deepEqual(seen.redacted, [])
  for (const reading of [seen.node, seen.history, seen.conductor, seen.bmc, seen.tenant, seen.ports, seen.inventory, seen.links]) {
    assert.equal(reasonOf(reading), 'known')
  }
  assert.equal(reasonOf(seen.holder), 'absent: no conductor holds its lock')
  assert.deepEqual(seen.needed, ['keystone', 'neutron'])
  assert.deepEqual(Object.keys(seen.services).toSorted(), ['keystone', 'neutron', 'nova', 'placement'])
})

test('an observation is plain data without a word of driver_info beyond the BMC address', async () => {
  const node = wire({ driver_info: { ipmi_address: '10.0.0.1', ipmi_username: 'root-of-all', ipmi_password: 'hunter2' } })
  const seen = await cloud({ node }).look()
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), seen)
  assert.doesNotMatch(JSON.stringify(seen), /hunter2|root-of-all/)
})

test('the 30 s deadline turns late readings into unknown and keeps the others', async () => {
  const never = new Promise<never>(() => {})
  const { look, clock } = cloud({ nova: { serversOn: () => never }, ironic: { links: () => never } })
  const seen = await look()
  assert.equal(clock.now() - START, 30_000)
  assert.equal(reasonOf(seen.tenant), 'unknown: not answered within 30 s')
  assert.equal(reasonOf(seen.links), 'unknown: not answered within 30 s')
  assert.equal(seen.node.kind, 'known')
  assert.equal(seen.ports.kind, 'known')
})

test('a cloud that answers nothing at all still gives an observation within 30 s', async () => {
  const never = () => new Promise<never>(() => {})
  const { look, clock, world } = cloud()
  const { node, history, conductors, links, hasVolumeTargets } = {
    node: never,
    history: never,
    conductors: never,
    links: never,
    hasVolumeTargets: never,
  }
  world.ironic = { node, history, conductors, links, hasVolumeTargets }
  world.catalog = never
  world.probe = never
  const seen = await look()
  assert.ok(clock.now() - START <= 30_000)
  assert.equal(reasonOf(seen.node), 'unknown: not answered within 30 s')
  assert.notEqual(seen.tenant.kind, 'known')
})

test('the clock holds nothing more once an observation is over', async () => {
  const { look, clock } = cloud()
  await look()
  assert.equal(clock.next(), null)
})

test('a node that Ironic does not know is absent, one that cannot be read is unknown, and what hangs on it is said to', async () => {
  assert.equal((await cloud({ node: null }).look()).node.kind, 'absent')

  const down = await cloud({ ironic: { node: async () => Promise.reject(failure(503, 'Service Unavailable.')) } }).look()
  assert.equal(reasonOf(down.node), 'unknown: the compute service answered 503 (Service Unavailable)')
  for (const reading of [down.conductor, down.holder, down.bmc, down.tenant, down.ports])
    assert.equal(reasonOf(reading), 'unknown: node not read')
  assert.deepEqual(down.needed, [])
})

test('a bug in a client is not turned into a reading', async () => {
  await assert.rejects(cloud({ ironic: { links: async () => Promise.reject(new TypeError('broken')) } }).look(), TypeError)
})

test('a 404 from Nova without the positive control is unknown, never gone', async () => {
  const blind = { positiveControl: async () => ({ passed: false, sentence: "This token may not see other projects' servers." }) }
  const seen = await cloud({ node: wire({ instance_uuid: INSTANCE }), nova: blind }).look()
  assert.equal(reasonOf(seen.tenant), "unknown: This token may not see other projects' servers")
})

test('a 404 from Nova past the positive control is gone, and without instance_uuid nothing is asked by id', async () => {
  const gone = await cloud({ node: wire({ instance_uuid: INSTANCE }) }).look()
  assert.ok(gone.tenant.kind === 'known' && gone.tenant.value.nova !== 'standalone')
  assert.equal(gone.tenant.value.nova.byId, 'gone')

  const none = await cloud().look()
  assert.ok(none.tenant.kind === 'known' && none.tenant.value.nova !== 'standalone')
  assert.equal(none.tenant.value.nova.byId, null)
})

test('Nova is asked by node although Ironic has wiped instance_uuid', async () => {
  const seen = await cloud({ nova: { serversOn: async () => [server('s-1')] } }).look()
  assert.ok(seen.tenant.kind === 'known' && seen.tenant.value.nova !== 'standalone')
  assert.deepEqual(
    seen.tenant.value.nova.byNode.map(({ id }) => id),
    ['s-1'],
  )
})

test('a Nova that fails in any of its answers leaves the tenant unknown with what it said', async () => {
  const failing = async () => Promise.reject(failure(500, 'Cell is down.'))
  for (const nova of [{ serversOn: failing }, { positiveControl: failing }, { server: failing }]) {
    const seen = await cloud({ node: wire({ instance_uuid: INSTANCE }), nova }).look()
    assert.equal(reasonOf(seen.tenant), 'unknown: the compute service answered 500 (Cell is down)')
  }
})

test('a passed control counts for a minute and a failed one is asked again', async () => {
  let sees = true
  const positiveControl = async () => ({ passed: sees, sentence: sees ? 'It sees.' : 'It does not see.' })
  const { look, clock } = cloud({ nova: { positiveControl } })
  assert.equal((await look()).tenant.kind, 'known')
  sees = false
  await clock.advance(49_000)
  assert.equal((await look()).tenant.kind, 'known')
  await clock.advance(2_000)
  assert.equal((await look()).tenant.kind, 'unknown')
  sees = true
  assert.equal((await look()).tenant.kind, 'known')
})

test('a control about one instance does not speak for another', async () => {
  const { look, world } = cloud({ nova: { positiveControl: async (_, id) => ({ passed: id !== 'other', sentence: 'By lists.' }) } })
  world.ironic.node = async () => wire({ instance_uuid: INSTANCE })
  assert.equal((await look()).tenant.kind, 'known')
  world.ironic.node = async () => wire({ instance_uuid: 'other' })
  assert.equal((await look()).tenant.kind, 'unknown')
})

const STRAY = '5d0f5a3e-0000-4000-8000-00000000000a'
const OTHER = '5d0f5a3e-0000-4000-8000-00000000000b'
async function consumersOf(allocations: string[], given: Given = {}) {
  const seen = await cloud({ ...given, placement: { allocations: async () => known(allocations) } }).look()
  assert.ok(seen.tenant.kind === 'known' && seen.tenant.value.nova !== 'standalone')
  return seen.tenant.value.nova.consumers
}

test('Nova is asked about the consumer of an allocation that none of its other answers explains', async () => {
  assert.deepEqual(await consumersOf([STRAY]), [{ id: STRAY, server: known('gone') }])
  assert.deepEqual(await consumersOf([STRAY], { nova: { server: async (id) => server(id) } }), [
    { id: STRAY, server: known(server(STRAY)) },
  ])
  assert.equal(await consumersOf([STRAY], { nova: { serversOn: async () => [server(STRAY)] } }), undefined)
  assert.equal(await consumersOf([INSTANCE], { node: wire({ instance_uuid: INSTANCE }) }), undefined)
  assert.equal(await consumersOf([]), undefined)
})

test('a consumer that Nova does not answer for is unknown, beside another that it does answer for', async () => {
  const half = async (id: string): Promise<'gone'> => (id === STRAY ? Promise.reject(failure(500, 'Cell is down.')) : 'gone')
  assert.deepEqual(await consumersOf([STRAY, OTHER], { nova: { server: half } }), [
    { id: STRAY, server: unknown('the compute service answered 500 (Cell is down)') },
    { id: OTHER, server: known('gone') },
  ])
})

test('a 404 for a consumer says nothing where the control for that consumer fails', async () => {
  const positiveControl = async (_: string, id: string | null) => ({ passed: id !== STRAY, sentence: 'It does not see.' })
  const seen = await consumersOf([STRAY, OTHER], { nova: { positiveControl } })
  assert.deepEqual(seen, [
    { id: STRAY, server: unknown('It does not see') },
    { id: OTHER, server: known('gone') },
  ])
})

test('a consumer that is no uuid is not asked about, and of hundreds only five are', async () => {
  const asked: string[] = []
  const nova = {
    server: async (id: string) => {
      asked.push(id)
      return 'gone' as const
    },
  }
  assert.deepEqual(await consumersOf(['x; reboot'], { nova }), [{ id: 'x; reboot', server: unknown('it is no uuid') }])
  assert.deepEqual(asked, [])
  const many = Array.from({ length: 300 }, (_, n) => `5d0f5a3e-0000-4000-8000-${String(n).padStart(12, '0')}`)
  assert.equal((await consumersOf(many, { nova }))?.length, 5)
  assert.equal(asked.length, 5)
})

test('a cloud without Nova is standalone only where the configuration says so', async () => {
  const catalog: ServiceName[] = ['keystone', 'neutron']
  assert.equal(reasonOf((await cloud({ catalog }).look()).tenant), 'unknown: no Nova in the catalog and `standalone: true` is not set')
  const alone = await cloud({ catalog, standalone: true }).look()
  assert.deepEqual(alone.tenant, known({ nova: 'standalone', allocations: { kind: 'absent', reason: 'no Placement in the catalog' } }))
})

test('a catalog that could not be read is no proof that there is no Nova, even where standalone is allowed', async () => {
  const seen = await cloud({ catalog: failure(503, 'Keystone is down.'), standalone: true }).look()
  assert.equal(seen.tenant.kind, 'unknown')
  assert.equal(seen.ports.kind, 'unknown')
  assert.equal(seen.inventory.kind, 'unknown')
  assert.deepEqual(seen.needed, ['keystone', 'neutron'])
  assert.equal(seen.services.keystone?.kind, 'known')
  assert.equal(seen.services.neutron?.kind, 'unknown')
})

test("Placement's failure is a reading of its own beside what Nova said", async () => {
  const seen = await cloud({ placement: { allocations: async () => unknown('withheld') } }).look()
  assert.ok(seen.tenant.kind === 'known')
  assert.deepEqual(seen.tenant.value.allocations, unknown('withheld'))
})

test('without Neutron and Placement their readings are absent', async () => {
  const seen = await cloud({ neutron: null, placement: null }).look()
  assert.equal(reasonOf(seen.ports), 'absent: no Neutron in the catalog')
  assert.equal(reasonOf(seen.inventory), 'absent: no Placement in the catalog')
})

test('Neutron is asked for ports of the former instance too', async () => {
  const port = (device_id: string) => ({ id: `p-${device_id}`, device_id, device_owner: '', mac_address: '', host_id: '' })
  const neutron = { boundPorts: async (_: string, ids: readonly string[]) => ids.map(port) }
  assert.deepEqual((await cloud({ node: wire({ instance_uuid: INSTANCE }), neutron }).look()).ports, known([port(INSTANCE)]))
  assert.deepEqual((await cloud({ neutron }).look()).ports, known([]))
})

test('what Ironic withholds is named: fields, history and conductors', async () => {
  const seen = await cloud({
    node: wire({ last_error: '** Value Redacted - Requires baremetal:node:get:last_error permission. **' }),
    ironic: {
      history: async () => unknown('redacted: this credential may not read the node history'),
      conductors: async () => Promise.reject(failure(403, 'Forbidden.')),
    },
  }).look()
  assert.deepEqual(seen.redacted, ['conductors', 'history', 'last_error'])
  assert.equal(seen.conductor.kind, 'unknown')
})

test('a conductor is alive only where Ironic lists it so, and no conductor is a known fact', async () => {
  const dead = await cloud({ ironic: { conductors: async () => [{ hostname: 'cond-1', alive: false }] } }).look()
  assert.deepEqual(dead.conductor, known({ hostname: 'cond-1', alive: false }))
  const unlisted = await cloud({ ironic: { conductors: async () => [] } }).look()
  assert.deepEqual(unlisted.conductor, known({ hostname: 'cond-1', alive: false }))
  const unmapped = await cloud({ node: wire({ conductor: null, reservation: 'cond-1' }) }).look()
  assert.deepEqual(unmapped.conductor, known({ hostname: null, alive: false }))
  assert.deepEqual(unmapped.holder, known({ hostname: 'cond-1', alive: true }))
})

test('a node without a BMC address says so', async () => {
  const seen = await cloud({ node: wire({ driver: 'fake-hardware', power_interface: 'fake', driver_info: {} }) }).look()
  assert.equal(reasonOf(seen.bmc), 'unknown: no BMC address is known for driver fake-hardware')
})

test('the neighbours on what the node hangs on are counted: on record, with the open case of a BMC, failed within an hour of it', async () => {
  const FAILED = Date.parse('2026-11-02T11:00:00Z')
  const asked: unknown[] = []
  const neighboursOn: ObserveWorld['neighboursOn'] = async (of) => {
    asked.push(of)
    const others = [null, FAILED - HOUR, FAILED + HOUR, FAILED - HOUR - 1].map((failureAt, at) => ({ uuid: `other-${at}`, failureAt }))
    return of.kind === 'rack' ? [] : [...others, { uuid: UUID, failureAt: FAILED }]
  }
  const links = async () => [{ switch_id: null, switch_info: 'leaf-1', port_id: 'Eth1/1' }]
  const node = wire({ provision_updated_at: '2026-11-02T11:00:00+00:00', traits: ['CUSTOM_RACK_R7'] })
  const { look } = cloud({ node, ironic: { links }, neighboursOn })
  const { peers } = await look()
  const sums = { nodes: 4, failing: 3, together: 2 }
  assert.deepEqual(
    peers,
    known({
      bmcs: { network: '10.0.0.0/24', looked: 0, reached: 0 },
      shared: [
        { kind: 'bmc-network', value: '10.0.0.0/24', ...sums },
        { kind: 'switch', value: 'leaf-1', ...sums },
        { kind: 'rack', value: 'R7', nodes: 0, failing: 0, together: 0 },
      ],
    }),
  )
  // The next node that hangs there shares the answer.
  await look()
  assert.deepEqual(asked, [
    { cloud: 'lab', kind: 'bmc-network', value: '10.0.0.0/24' },
    { cloud: 'lab', kind: 'switch', value: 'leaf-1' },
    { cloud: 'lab', kind: 'rack', value: 'R7' },
  ])
})

test('the neighbours are asked for only where a failed node may have the trouble of a BMC', async () => {
  const answers: ObserveWorld['bmcs'] = {
    look: async () => known({ kind: 'answers', detail: 'd', at: START }),
    around: () => ({ network: '10.0.0.0/24', looked: 0, reached: 0 }),
  }
  const kindOf = async (node: Record<string, unknown>, bmcs = answers, history: HistoryEvent[] = []) => {
    const { world, clock } = cloud({ node: wire({ last_error: null, ...node }), ironic: { history: async () => known(history) } })
    return (await clock.run(observe({ ...world, bmcs }, { cloud: 'lab', uuid: UUID }))).peers.kind
  }
  const silent: ObserveWorld['bmcs'] = { ...answers, look: async () => known({ kind: 'silent', detail: 'd', at: START }) }
  assert.equal(await kindOf({}), 'absent')
  assert.equal(await kindOf({ last_error: 'Failed to tear down: HttpException: 503: http://neutron:9696' }), 'absent')
  assert.equal(await kindOf({ last_error: 'IPMI call failed: power status.' }), 'known')
  assert.equal(await kindOf({}, answers, [event('IPMI call failed: power status.')]), 'known')
  assert.equal(await kindOf({}, answers, [event('Something new.'), event('IPMI call failed: power status.')]), 'absent')
  assert.equal(await kindOf({}, silent), 'known')
  assert.equal(await kindOf({ provision_state: 'available' }, silent), 'absent')
  assert.equal(await kindOf({ provision_state: 'available', fault: 'power failure' }), 'known')
  assert.equal(await kindOf({ driver: 'fake-hardware', power_interface: 'fake', driver_info: {}, last_error: 'IPMI call failed' }), 'known')
})

test('tear-down needs what the interfaces of the node say, and Cinder where it has volume targets', async () => {
  const neededBy = async (node: Record<string, unknown>, targets: boolean | OpenStackError): Promise<ServiceName[]> => {
    const hasVolumeTargets = async () => (targets instanceof OpenStackError ? Promise.reject(targets) : targets)
    return (await cloud({ node: wire(node), ironic: { hasVolumeTargets } }).look()).needed
  }
  assert.deepEqual(await neededBy({ network_interface: 'noop' }, false), ['keystone'])
  assert.deepEqual(await neededBy({ storage_interface: 'cinder' }, false), ['keystone', 'neutron', 'cinder'])
  assert.deepEqual(await neededBy({}, true), ['keystone', 'neutron', 'cinder'])
  assert.deepEqual(await neededBy({}, failure(500, 'x')), ['keystone', 'neutron'])
  assert.deepEqual(await neededBy({ storage_interface: 'external' }, failure(500, 'x')), ['keystone', 'neutron', 'cinder'])
})

test('a cloud without Keystone needs none', async () => {
  assert.deepEqual((await cloud({ catalog: [], standalone: true }).look()).needed, [])
})

test('a service that a text names is looked at without being needed, and is absent where the catalog lacks it', async () => {
  const glance = await cloud({
    ironic: { history: async () => known([event('Connection to glance endpoint http://10.0.0.10:9292 failed')]) },
  }).look()
  assert.equal(glance.services.glance?.kind, 'known')
  assert.ok(!glance.needed.includes('glance'))
  const cinder = await cloud({ node: wire({ last_error: 'Failed to detach volume' }), catalog: ['keystone', 'nova'] }).look()
  assert.equal(cinder.services.cinder?.kind, 'absent')
})

test('a service is probed once in 15 s for all nodes of a cloud, and the look keeps its age', async () => {
  const { look, clock } = cloud()
  const atOf = (seen: Observation): number | null => (seen.services.neutron?.kind === 'known' ? seen.services.neutron.value.at : null)
  assert.equal(atOf(await look()), START)
  await clock.advance(14_000)
  assert.equal(atOf(await look()), START)
  await clock.advance(1_000)
  assert.equal(atOf(await look()), START + 15_000)
})
