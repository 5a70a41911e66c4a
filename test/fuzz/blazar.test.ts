/**
 * Answers that real Blazars gave, each changed in one way: the client gives what its types say, or the one error it throws, and what it
 * believed about which Blazar it is was proven by a column.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { HttpRequest, Transport } from '../../src/core/seams.ts'
import { type Blazar, blazarClient } from '../../src/openstack/blazar.ts'
import { cloudAccess } from '../../src/openstack/cloud-access.ts'
import { OpenStackError } from '../../src/openstack/openstack-error.ts'
import { openSession } from '../../src/openstack/session.ts'
import { BLAZAR_SERVERS, type BlazarServer, exchangesOf } from '../recorded-blazar.ts'
import { type Change, change, meddled } from './meddle.ts'
import { fuzz } from './runs.ts'

const RECORDED = Object.fromEntries(
  BLAZAR_SERVERS.map((server) => [server, exchangesOf(server).filter(({ method, status }) => method === 'GET' && status === 200)]),
)
const LEASE = /^\/v1\/leases\/[0-9a-f]{8}-/

/** The last good answer that this server gave to such a request, changed. */
function replay(server: BlazarServer, how: Change): Transport {
  const exchanges = RECORDED[server] ?? []
  const others = exchanges.map(({ body }) => JSON.stringify(body) ?? '')
  return async (request: HttpRequest) => {
    const { pathname } = new URL(request.url)
    const found = exchanges.findLast(({ path }) => path === pathname)
    if (found === undefined) return { status: 404, headers: {}, text: '{"error": 404, "error_message": "no such address"}' }
    const response = { status: found.status, headers: {}, text: found.body === undefined ? '' : JSON.stringify(found.body) }
    return meddled(response, how, { request, others })?.response ?? response
  }
}

const text = (value: unknown): boolean => typeof value === 'string'
const textOrNull = (value: unknown): boolean => value === null || text(value)
const flagOrNull = (value: unknown): boolean => value === null || typeof value === 'boolean'

async function hostsHold({ hosts }: Awaited<ReturnType<Blazar['hosts']>>): Promise<void> {
  for (const host of hosts) {
    assert.ok(text(host.id) && textOrNull(host.uid) && textOrNull(host.hypervisor_hostname), JSON.stringify(host))
    assert.ok(flagOrNull(host.reservable) && flagOrNull(host.disabled), JSON.stringify(host))
  }
}

async function allocationsHold(byHost: Awaited<ReturnType<Blazar['allocations']>>): Promise<void> {
  for (const { host_id, lease_id, start_date, end_date } of [...byHost.values()].flat())
    assert.ok(text(host_id) && text(lease_id) && textOrNull(start_date) && textOrNull(end_date))
}

async function leaseHolds(lease: Awaited<ReturnType<Blazar['lease']>>): Promise<void> {
  if (typeof lease === 'string') return
  const { id, status, project_id, user_id, name, start_date, end_date, reservations } = lease
  assert.ok([id, status, project_id, user_id].every(text) && [name, start_date, end_date].every(textOrNull), JSON.stringify(lease))
  for (const { min, max, ...texts } of reservations)
    assert.ok(Number.isInteger(min) && Number.isInteger(max) && Object.values(texts).every(text), JSON.stringify(lease))
}

/** What it answered is as its type says, or it threw the client's own short error; anything else is a bug. */
async function held<T>(asked: Promise<T>, holds: (answer: T) => Promise<void>): Promise<void> {
  await asked.then(holds, (error: unknown) => {
    if (!(error instanceof OpenStackError)) throw error
    assert.ok(error.sentence.length <= 300 && error.text.length <= 4_096, error.sentence)
  })
}

fuzz(
  'whatever becomes of an answer that a real Blazar gave, the client gives an answer of its type or its own short error',
  fc.record({ server: fc.constantFrom(...BLAZAR_SERVERS), how: change, lease: fc.nat(20) }),
  { runs: 300 },
  async ({ server, how, lease }) => {
    const auth = { auth_type: 'none', auth: { endpoint: 'http://ironic.test' }, reservation_endpoint_override: 'http://blazar.test/v1' }
    const access = cloudAccess({ name: 'recorded', naming: (key) => key, keys: auth }, { read: () => null, cwd: '.', home: null })
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} }
    const blazar = blazarClient(openSession(access, { clock, transport: replay(server, how) }))
    await held(blazar.hosts(), hostsHold)
    await held(blazar.allocations(), allocationsHold)
    const leases = (RECORDED[server] ?? []).filter(({ path }) => LEASE.test(path))
    await held(blazar.lease(leases[lease % leases.length]?.path.slice('/v1/leases/'.length) ?? ''), leaseHolds)
  },
)
