/** What a client meets on the road: time, faults, its own patience, and the ledger that knows what really happened. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TransportError } from '../core/seams.ts'
import type { NodeSpec } from './build-world.ts'
import { simulatedCloud } from './cloud.ts'
import type { Fault } from './faults.ts'
import { loggedIn } from './logged-in.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

async function given(nodes: number | NodeSpec[] = [{ name: 'n' }], seed = 1) {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const cloud = simulatedCloud({ clock, random: seededRandom(seed), nodes })
  const { token } = await loggedIn(clock, cloud, { user: 'sys-member' })
  const request = {
    method: 'GET' as const,
    url: `${cloud.state.baseUrl}/baremetal/v1/nodes/n`,
    headers: { 'x-auth-token': token },
    connectTimeoutMs: 5000,
    answerTimeoutMs: 10_000,
  }
  return { clock, cloud, request }
}

const met: [Fault, 'before' | 'after', number][] = [
  [{ kind: 'down' }, 'before', 25],
  [{ kind: 'unreachable' }, 'before', 5000],
  [{ kind: 'hang' }, 'after', 10_000],
  [{ kind: 'latency', ms: 60_000 }, 'after', 10_000],
  [{ kind: 'lost-reply' }, 'after', 50],
]

for (const [fault, phase, atMost] of met) {
  test(`${fault.kind} is a TransportError of phase ${phase} after at most ${atMost} ms, and names no header`, async () => {
    const { clock, cloud, request } = await given()
    cloud.faults.set('ironic', fault)
    const began = clock.now()
    const error: unknown = await clock.run(
      cloud.transport(request).then(
        () => null,
        (caught: unknown) => caught,
      ),
    )
    assert.ok(error instanceof TransportError)
    assert.equal(error.phase, phase)
    assert.ok(clock.now() - began <= atMost, `${clock.now() - began} ms`)
    assert.ok(!error.message.includes(request.headers['x-auth-token']))
    assert.equal(cloud.faults.counts.get(`ironic ${fault.kind}`), 1)
  })
}

test('faulty answers have the status and the kind of body that such a fault has', async () => {
  const { clock, cloud, request } = await given()
  for (const [kind, type] of [
    ['503', 'application/json'],
    ['502', 'text/html; charset=UTF-8'],
    ['500', 'application/json'],
  ] as const) {
    cloud.faults.set('ironic', { kind, times: 1 })
    const answer = await clock.run(cloud.transport(request))
    assert.deepEqual([answer.status, answer.headers['content-type']], [Number(kind), type])
    assert.equal((await clock.run(cloud.transport(request))).status, 200)
  }
})

/** Ironic's answers are remembered, as for a history; each path asked for once before the fault. */
async function afterFault(fault: Fault, paths: readonly string[], between: (on: Awaited<ReturnType<typeof given>>) => void = () => {}) {
  const on = await given()
  const { clock, cloud, request } = on
  cloud.faults.remembered = new Map()
  const ask = (path: string) => clock.run(cloud.transport({ ...request, url: `${cloud.state.baseUrl}/baremetal/v1/${path}` }))
  for (const path of paths) await ask(path)
  between(on)
  cloud.faults.set('ironic', fault)
  for (const path of paths) await ask(path)
  return cloud.faults.counts.get(`ironic ${fault.kind}`) ?? 0
}

test('a list that leaves something out is counted, and the answer about one node that is whole all the same is not', async () => {
  for (const kind of ['empty-list', 'half-list'] as const) assert.equal(await afterFault({ kind }, ['nodes', 'nodes/n']), 1)
})

test('a stale answer is counted where it is not what would have been answered anyway', async () => {
  const renamed = ({ cloud }: Awaited<ReturnType<typeof given>>): void => cloud.people.setExtra('n', 'rack', 'A1')
  assert.equal(await afterFault({ kind: 'stale' }, ['nodes/n']), 0)
  assert.equal(await afterFault({ kind: 'stale' }, ['nodes/n'], renamed), 1)
  const { clock, cloud, request } = await given()
  cloud.faults.remembered = new Map()
  cloud.faults.set('ironic', { kind: 'stale' })
  await clock.run(cloud.transport(request))
  assert.equal(cloud.faults.counts.get('ironic stale'), undefined)
})

test('of the kinds of trouble, conductors feel an outage alone, and only that is counted', async () => {
  for (const [kind, count] of [
    ['latency', undefined],
    ['down', 1],
  ] as const) {
    const { clock, cloud } = await given([{ name: 'n', provision_state: 'active' }])
    cloud.faults.set('neutron', { kind, seenBy: 'conductors' })
    await clock.run(cloud.people.verb('n', 'deleted'))
    await clock.advance(10_000)
    assert.equal(cloud.faults.counts.get(`neutron ${kind}`), count)
  }
})

test('a request whose time to leave has passed does not leave', async () => {
  const { clock, cloud, request } = await given()
  const reached = cloud.ledger.entries.length
  await assert.rejects(cloud.transport({ ...request, sendBy: clock.monotonic() - 1 }), { phase: 'before' })
  assert.equal(cloud.ledger.entries.length, reached)
  assert.equal((await clock.run(cloud.transport({ ...request, sendBy: clock.monotonic() }))).status, 200)
})

test('after a lost reply the thing is done all the same, and the ledger says so', async () => {
  const { clock, cloud, request } = await given()
  cloud.people.fail('n', 'Failed to tear down: x')
  cloud.faults.set('ironic', { kind: 'lost-reply', methods: ['PUT'] })
  const deleted = { ...request, method: 'PUT' as const, url: `${request.url}/states/provision`, body: '{"target":"deleted"}' }
  await assert.rejects(clock.run(cloud.transport(deleted)), { phase: 'after' })
  assert.equal(cloud.node('n').row.provision_state, 'deleting')
  const [entry] = cloud.ledger.changes()
  assert.deepEqual(
    [entry?.status, entry?.fault, entry?.before?.provision_state, entry?.user],
    ['lost', 'lost-reply', 'error', 'sys-member'],
  )
  assert.match(entry?.effect ?? '', /error -> deleting \(deleted\)$/)
})

test('no password and no token ever reaches the ledger', async () => {
  const { cloud, request } = await given()
  const kept = JSON.stringify(cloud.ledger.entries)
  assert.ok(!kept.includes('simulated') && !kept.includes(request.headers['x-auth-token']))
})

test('a fault that only conductors see leaves the service green from outside', async () => {
  const { clock, cloud, request } = await given([{ name: 'n', provision_state: 'active' }])
  cloud.faults.set('neutron', { kind: 'down', seenBy: 'conductors' })
  const neutron = await clock.run(cloud.transport({ ...request, url: `${cloud.state.baseUrl}/network/` }))
  assert.equal(neutron.status, 200)
  await clock.run(cloud.people.verb('n', 'deleted'))
  await clock.advance(10_000)
  assert.match(cloud.node('n').row.last_error ?? '', /version discovery document/)
})

test('the same seed writes the same ledger, another seed another', async () => {
  const history = async (seed: number): Promise<string> => {
    const { clock, cloud, request } = await given(10, seed)
    cloud.faults.set('ironic', { kind: '503', share: 0.5 })
    cloud.people.bmc('node-2', 'silent')
    cloud.people.undeploy('node-1')
    cloud.people.undeploy('node-2')
    const asked = Array.from({ length: 20 }, () => clock.sleep(500).then(() => cloud.transport(request)))
    await clock.run(Promise.all(asked))
    await clock.advance(600_000)
    return JSON.stringify([cloud.ledger.entries, [...cloud.state.nodes.values()].map((node) => [node.row, node.history])])
  }
  const first = await history(11)
  assert.equal(await history(11), first)
  assert.notEqual(await history(12), first)
})
