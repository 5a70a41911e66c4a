/**
 * The simulated Blazar held against what real ones answered, upstream's and Chameleon's fork, each with its monitor on and off: every
 * exchange that was recorded is asked again, in the order of its run. What was recorded elsewhere in time is put there by hand (`before`).
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { placeServer } from '../../src/simulator/nova.ts'
import { BLAZAR_SERVERS, type BlazarServer, blazarAnswer, type Exchange, exchangesOf } from '../recorded-blazar.ts'
import { type BlazarSite, blazarSite, nodeUuid } from './blazar-replay.ts'

const DAY = '2026-11-22T'

/** What was so before an exchange that no recorded one had made so. */
type Before = Record<string, (site: BlazarSite) => Promise<void>>

/** Every exchange that was asked again, by server. */
const replayed = new Map<BlazarServer, Set<string>>()

async function replay(server: BlazarServer, site: BlazarSite, exchanges: readonly Exchange[], before: Before): Promise<void> {
  for (const exchange of exchanges) {
    replayed.set(server, (replayed.get(server) ?? new Set()).add(exchange.name))
    await before[exchange.name]?.(site)
    await site.again(exchange)
  }
  const names = exchanges.map(({ name }) => name)
  assert.deepEqual(
    Object.keys(before).filter((name) => !names.includes(name)),
    [],
    'each preparation is for an exchange',
  )
}

const until = (time: string) => (site: BlazarSite) => site.clock.advanceTo(Date.parse(`${DAY}${time}Z`))

/** Samples are named by what they show; within one number these ran in this order. */
function inOrderOfTheirRun(server: BlazarServer, first: readonly string[]): Exchange[] {
  const place = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length)
  return exchangesOf(server).toSorted((a, b) => (a.name.slice(0, 2) === b.name.slice(0, 2) ? place(a.name) - place(b.name) : 0))
}

test('upstream Blazar, monitor off: every recorded exchange has the same answer', async () => {
  const site = blazarSite({ kind: 'upstream', enrolled: false }, `${DAY}14:03:00Z`)
  const order = ['10-create-lease-starts-now', '10-create-lease-upcoming', '10-create-lease-later', '30-put-reservable-false']
  const exchanges = inOrderOfTheirRun('upstream', [
    ...['34-put-reservable-null', '35-put-shadows-hypervisor-hostname', '36-put-extra-capability', '36-put-extra-capability-empty'],
    ...order,
    ...['63-extend-maintenance-lease', '63-extend-into-user-lease-refused', '68-create-lease-by-reader-role-201'],
  ])
  await replay('upstream', site, exchanges, {
    '10-create-lease-starts-now': until('14:03:40'),
    '11-list-leases-admin': until('14:03:58'),
    // What shadows the column was put right by another shadow.
    '36-put-extra-capability': async ({ ask }) => {
      await ask('admin in project admin', 'PUT', '/v1/os-hosts/3', { hypervisor_hostname: nodeUuid(3) })
    },
    '60-create-maintenance-lease': until('14:09:50'),
    '61-get-maintenance-lease': until('14:10:05'),
    // Somebody else's, made outside of the record.
    '67-delete-other-project-403': async ({ ask, stands }) => {
      const pinned = { hypervisor_properties: '', resource_properties: '', min: 1, max: 1, resource_type: 'physical:host' }
      const dates = { start_date: '2026-11-25 10:00', end_date: '2026-11-25 11:00' }
      const made = await ask('bob in project bob-project', 'POST', '/v1/leases', { name: 'other', ...dates, reservations: [pinned] })
      stands('1c6aff38-7e86-4966-8b5c-2e5d8a73c272', leaseOf(made.json).id)
    },
  })
})

const Lease = z.object({ lease: z.looseObject({ id: z.string(), name: z.string() }) })
const leaseOf = (body: unknown) => Lease.parse(body).lease

/** Leases of the record's middle, made again as their bodies say. */
async function leaseAgain({ ask }: BlazarSite, body: unknown): Promise<void> {
  const made = z
    .object({
      lease: z.object({
        name: z.string(),
        start_date: z.string(),
        end_date: z.string(),
        reservations: z.array(z.record(z.string(), z.unknown())),
      }),
    })
    .parse(body).lease
  const short = (date: string) => date.slice(0, 16).replace('T', ' ')
  const isNow = blazarNow(made.start_date)
  const { status } = await ask(
    made.name === 'any-soon' ? 'bob in project bob-project' : 'alice in project alice-project',
    'POST',
    '/v1/leases',
    {
      name: made.name,
      start_date: isNow ? 'now' : short(made.start_date),
      end_date: short(made.end_date),
      reservations: made.reservations,
    },
  )
  assert.equal(status, 201, made.name)
}
const blazarNow = (date: string): boolean => /T14:(09|11):00/.test(date)

test("Chameleon's fork, monitor off: every recorded exchange has the same answer", async () => {
  const site = blazarSite({ kind: 'chameleon', enrolled: false }, `${DAY}14:04:30Z`)
  await replay(
    'chameleon',
    site,
    inOrderOfTheirRun('chameleon', ['32-lease-refused-on-disabled-host', '32-lease-by-admin-on-disabled-host', '39-put-reservable']),
    {
      '10-create-lease-starts-now': until('14:04:45'),
      '12-get-lease-active': until('14:05:05'),
      '43-reallocate-active-with-server-409': async ({ cloud }) => {
        placeServer(cloud.state, cloud.node('node-1'), { project: 'alice-project', status: 'ACTIVE' }).name = 'alice-vm'
      },
      // Another run: nobody had node 1.
      '60-create-maintenance-lease': async (of) => {
        of.cloud.state.blazar?.leases.clear()
        await until('14:21:50')(of)
      },
    },
  )
})

const inIronic = (site: BlazarSite, names: readonly string[], provision_state: string): void => {
  for (const name of names) site.cloud.node(name).row.provision_state = provision_state
}
const POLL_MS = 61_000

test("Chameleon's fork, monitor on: what an error takes from leases, and what one request gives back, is as recorded", async () => {
  const site = blazarSite({ kind: 'chameleon', monitor: true }, `${DAY}14:08:00Z`)
  const broken = ['node-1', 'node-2', 'node-3']
  const exchanges = inOrderOfTheirRun('chameleon-monitor', []).filter(({ name }) => !name.startsWith('50-'))
  const moment = (name: string) => exchangesOf('chameleon-monitor').filter((one) => one.name.startsWith(`50-${name}-`))
  await replay('chameleon-monitor', site, [...moment('before'), ...moment('after-error'), ...moment('after-recovery'), ...exchanges], {
    '50-before-active-now': async (of) => {
      await until('14:09:20')(of)
      for (const name of ['pinned-soon', 'pinned-far', 'any-soon', 'active-now'])
        await leaseAgain(of, blazarAnswer('chameleon-monitor', `50-before-${name}`).body)
      for (const lease of of.cloud.state.blazar?.leases.values() ?? []) {
        const { body } = blazarAnswer('chameleon-monitor', `50-before-${lease.name}`)
        of.stands(leaseOf(body).id, lease.id)
      }
      await until('14:09:35')(of)
    },
    '50-after-error-active-now': async (of) => {
      inIronic(of, broken, 'error')
      await of.clock.advance(POLL_MS)
    },
    '50-after-recovery-active-now': async (of) => {
      inIronic(of, broken, 'available')
      await of.clock.advance(POLL_MS)
    },
    // A run of its own, on a node that nobody else had.
    '80-lease-pinned-by-uid': async (of) => {
      of.cloud.state.blazar?.leases.clear()
      await until('14:16:40')(of)
    },
    '81-give-node-back-by-admin': async (of) => {
      inIronic(of, ['node-4'], 'error')
      await of.clock.advance(POLL_MS)
      inIronic(of, ['node-4'], 'available')
      await of.clock.advance(POLL_MS)
    },
    '83-maintenance-lease-refused-on-error-node': async (of) => {
      const [reservation] = [...(of.cloud.state.blazar?.leases.values() ?? [])].flatMap(({ reservations }) => reservations)
      assert.equal(reservation?.hosts.length, 1, 'the node was given back')
      inIronic(of, ['node-4'], 'error')
      await of.clock.advance(POLL_MS)
    },
  })
})

test('upstream Blazar, monitor on: a running lease is moved off a host whose nova-compute is down, as recorded', async () => {
  const site = blazarSite({ kind: 'upstream', monitor: true, enrolled: false }, `${DAY}14:11:00Z`)
  for (const n of [1, 2, 3]) await site.again(exchangesOf('upstream').find(({ name }) => name === `01-create-host-${n}`) ?? assert.fail())
  const order = ['70-allocations-after-heal', '71-active-lease-after-heal', '63-put-lease-rematch-full-body-by-admin']
  const exchanges = order.map((wanted) => exchangesOf('upstream-monitor').find(({ name }) => name === wanted) ?? assert.fail())
  await replay('upstream-monitor', site, exchanges, {
    '70-allocations-after-heal': async (of) => {
      await until('14:11:40')(of)
      await leaseAgain(of, blazarAnswer('upstream-monitor', '71-active-lease-after-heal').body)
      await leaseAgain(of, blazarAnswer('upstream-monitor', '63-put-lease-rematch-full-body-by-admin').body)
      await of.clock.advance(15_000)
      // Node 2 is another lease's only later, so the running one goes there unless its service is down too.
      for (const compute of ['compute-ironic-1', 'compute-ironic-2']) of.cloud.state.blazar?.computesDown.add(compute)
      await of.clock.advance(POLL_MS)
      of.cloud.state.blazar?.computesDown.clear()
      await of.clock.advance(POLL_MS)
    },
  })
})

const STEPS = z.array(z.tuple([z.string(), z.tuple([z.boolean(), z.boolean()])]))

test("the fork's monitor makes of each state in Ironic what it was recorded to make of it", async () => {
  const steps = STEPS.parse(JSON.parse(readFileSync(new URL('../samples/blazar/reservable-by-ironic-state.json', import.meta.url), 'utf8')))
  const site = blazarSite({ kind: 'chameleon', monitor: true }, `${DAY}14:00:00Z`)
  const { row } = site.cloud.node('node-1')
  const [host] = [...(site.cloud.state.blazar?.hosts.values() ?? [])]
  assert.equal(host?.hypervisor_hostname, nodeUuid(1))
  const put = (disabled: unknown) => site.ask('admin in project admin', 'PUT', `/v1/os-hosts/${host?.id}`, { disabled })
  for (const [step, expected] of steps) {
    const [, state] = /provision_state=(.*)$/.exec(step) ?? []
    row.provision_state = state ?? (/error$/.test(step) ? 'error' : step.startsWith('cleaning') ? 'cleaning' : 'available')
    row.maintenance = step.endsWith('maintenance=true')
    row.power_state = step.startsWith('power_state=error') ? 'error' : step.startsWith('power_state=null') ? null : 'power off'
    if (/disabled null|disabled cleared/.test(step)) await put(null)
    else if (/disabled/.test(step)) await put('anneal')
    await site.clock.advance(POLL_MS)
    assert.deepEqual([host?.reservable, host?.disabled], expected, step)
  }
})

test('no recorded exchange was left out', () => {
  for (const server of BLAZAR_SERVERS) {
    const names = exchangesOf(server).map(({ name }) => name)
    assert.deepEqual(
      names.filter((name) => !replayed.get(server)?.has(name)),
      [],
      server,
    )
  }
})
