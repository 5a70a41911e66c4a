/**
 * Neutron is down while tenants leave. Ironic forgets the VIFs without unbinding them, and a reset sent now would do without Neutron, so
 * Anneal waits for the service and then looks at the ports. The nodes fail together: one incident, one canary, then the rest.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Desk, desk, type Running, startAnneal } from '../anneal.ts'
import { pause, readNode, waitNode } from '../ironic.ts'
import { calm, deleteInstance, restartIronic } from '../lab.ts'
import { freshNode, vifOf } from '../nodes.ts'
import { changes } from '../proxy-control.ts'
import { changesOf, type Explanation, explained, marksOf, resetsOf, sweep } from '../reports.ts'
import { putPort, setStubs } from '../stubs-control.ts'

/** Their ports went with their instances; node-5's was left behind, as where Nova never got to it. */
const CLEAN = ['node-1', 'node-2', 'node-3', 'node-4'] as const
const DIRTY = 'node-5'
const ALL = [...CLEAN, DIRTY]

/** The lab is one class of seven nodes: the whole of it is the limit, so that what paces here is the incident's own ramp. */
const config = {
  mode: 'auto',
  poll: '1s',
  budgets: {
    look: '1s',
    spacing: ['1s'],
    jitter: 0,
    soak: '30s',
    waitForNova: '10s',
    serviceSecondAnswer: '20s',
    inFlight: { classShare: 1, cloudShare: 1 },
  },
}

let at: Desk
let daemon: Running
let down: Record<string, Explanation>
let sentWhileDown: unknown[]

const explainAll = async (names: readonly string[], until: Parameters<typeof explained>[2], seconds: number) =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, await explained(at, name, until, seconds)] as const)))

before(async () => {
  await calm()
  await restartIronic({ SYNC: 10, RECOVER: 20 })
  await Promise.all([1, 2, 3, 4, 5, 6].map((n) => freshNode(`node-${n}`, { instance: true, network_interface: 'flat' })))
  at = desk({ config })
  assert.deepEqual((await sweep(at)).nodes, [])
  daemon = startAnneal(['run'], at)
  await setStubs({ neutron: '503' })
  await Promise.all(ALL.map((name) => deleteInstance(name, { port: name === DIRTY ? 'left' : 'released' })))
  down = await explainAll(ALL, 'service-red', 60)
  await pause(5000)
  sentWhileDown = await changes()
  await setStubs({ neutron: 'ok' })
})

after(async () => {
  await daemon?.kill('SIGTERM')
  at?.clear()
  await calm()
  await restartIronic({ SYNC: 10 })
})

test('while Neutron is down every node waits for it by name, in one incident, and nothing is spent', async () => {
  assert.deepEqual(sentWhileDown, [])
  const incidents = new Set<string | undefined>()
  for (const name of ALL) {
    const told = down[name]
    assert.equal(told?.diagnosis?.cause, 'api-unreachable')
    assert.equal(told?.decision?.kind, 'wait')
    assert.match(told?.decision?.message ?? '', /^neutron, which tear-down needs, does not answer: 503: [^.]/)
    assert.doesNotMatch(told?.decision?.message ?? '', /\.\./)
    assert.deepEqual(told?.attempts, [])
    incidents.add((await explained(at, name, ({ incident }) => incident !== null, 20)).incident?.id)
  }
  assert.equal(incidents.size, 1)
})

test('when Neutron is back one canary goes first, and the others only after it is available', async () => {
  await Promise.all(CLEAN.map((name) => waitNode(name, 'available', 120)))
  const told = await explainAll(CLEAN, ({ decision }) => decision?.reason === 'soak' || decision?.reason === 'healed', 30)
  const verbs = (await changes()).filter(({ method }) => method === 'PUT')
  assert.equal(verbs.length, CLEAN.length)
  for (const name of CLEAN) {
    assert.equal((await readNode(name)).provision_state, 'available')
    assert.equal((await marksOf(name)).length, 1)
    assert.equal((await resetsOf(name)).length, 1)
  }
  const canary = CLEAN.find((name) => told[name]?.attempts[0]?.at === CLEAN.map((other) => told[other]?.attempts[0]?.at).sort()[0])
  const healedAt = Date.parse((await readNode(canary ?? '')).provision_updated_at ?? '')
  assert.ok(Date.parse(verbs[1]?.time ?? '') >= healedAt, 'the second node was reset before the canary was available')
  const incident = told['node-1']?.incident
  assert.deepEqual([incident?.key, incident?.value], ['service', 'neutron'])
})

test('a node to which a port is still bound is not reset: a person gets the command that cleans it, and then it is healed', async () => {
  const told = await explained(at, DIRTY, (now) => now.decision?.kind === 'escalate', 60)
  assert.equal(told.decision?.reason, 'dirty-port')
  const node = await readNode(DIRTY)
  assert.ok(told.decision?.message.includes(`openstack port unset --host ${vifOf(node)}`), told.decision?.message)
  assert.equal((await sweep(at)).code, 2)
  assert.deepEqual(await changesOf(DIRTY), [])
  assert.deepEqual(await marksOf(DIRTY), [])
  // What the command does; the sweep looks at once, unless the daemon was faster.
  await putPort(vifOf(node), { 'binding:host_id': '' })
  await sweep(at)
  await waitNode(DIRTY, 'available')
  const healed = await explained(at, DIRTY, ({ decision }) => decision?.reason === 'soak' || decision?.reason === 'healed', 60)
  assert.equal(healed.provision_state, 'available')
  assert.equal((await marksOf(DIRTY)).length, 1)
})
