/**
 * Recorded exchanges with a real Blazar, asked again of the simulated one, and both answers held side by side. Ids differ, so each recorded
 * one stands for the simulator's from where it first meets it; so do times of rows. Everything else must be the same: status, fields,
 * values, texts. It decides nothing about what may differ; blazar.test.ts lists that.
 */
import assert from 'node:assert/strict'
import type { BlazarOptions } from '../../src/simulator/blazar-state.ts'
import { type SimulatedCloud, simulatedCloud } from '../../src/simulator/cloud.ts'
import { loggedIn } from '../../src/simulator/logged-in.ts'
import { seededRandom } from '../../src/simulator/seeded.ts'
import { type VirtualClock, virtualClock } from '../../src/simulator/virtual-clock.ts'
import type { Exchange } from '../recorded-blazar.ts'

/** The recorded nodes, `11111111-1111-4111-8111-111111111111` and so on. */
export const nodeUuid = (n: number): string =>
  [8, 4, 4, 4, 12]
    .map((digits, at) => (at === 2 ? '4' : at === 3 ? '8' : '') + String(n).repeat(at === 2 || at === 3 ? digits - 1 : digits))
    .join('-')

/** The recorded servers' users; each has one project or several, and `reader` only looks. */
const USERS: [user: string, project: string, role: string][] = [
  ['alice', 'alice-project', 'member'],
  ['bob', 'bob-project', 'member'],
  ['viewer', 'alice-project', 'reader'],
  ['admin', 'maintenance', 'admin'],
  ['anneal', 'maintenance', 'admin'],
  ['anneal', 'admin', 'admin'],
]

/** As they stand in the recorded texts too. */
const PROJECTS: [name: string, id: string][] = [
  ['admin', 'a'.repeat(32)],
  ['maintenance', '3'.repeat(32)],
  ['alice-project', 'e'.repeat(32)],
  ['bob-project', 'b'.repeat(32)],
]

export type BlazarSite = {
  clock: VirtualClock
  cloud: SimulatedCloud
  /** Asks again what was recorded, and holds the answers together. */
  again(exchange: Exchange): Promise<void>
  /** A request of ours as one of the recorded users. */
  ask(who: string, method: Exchange['method'], path: string, body?: unknown): Promise<{ status: number; json: unknown }>
  /** From now on the recorded id stands for this one. */
  stands(recorded: string, ours: string): void
}

export function blazarSite(blazar: BlazarOptions, start: string): BlazarSite {
  const clock = virtualClock({ start: Date.parse(start) })
  const nodes = [1, 2, 3, 4].map((n) => ({ uuid: nodeUuid(n), name: `node-${n}` }))
  // Four nodes on three nova-computes, as it was recorded.
  const computes = [1, 2, 3, 3].map((n) => `compute-ironic-${n}`)
  const cloud = simulatedCloud({ nodes, random: seededRandom(1), clock, blazar: { computes, ...blazar } })
  enrolUsers(cloud)
  const ids = new Map(PROJECTS.map(([name, recorded]) => [recorded, cloud.state.projects.get(name)?.id ?? '']))
  const sender = senderOf(clock, cloud)
  const ours = (text: string): string => [...ids].reduce((rest, [recorded, own]) => rest.replaceAll(recorded, own), text)
  return {
    clock,
    cloud,
    ask: async (who, method, path, body) => {
      const { status, text } = await sender(who, { method, path, text: body === undefined ? null : JSON.stringify(body) })
      return { status, json: text === '' ? undefined : JSON.parse(text) }
    },
    stands: (recorded, own) => void ids.set(recorded, own),
    again: async ({ name, who, method, path, version, sent, status, body }) => {
      // What was sent as no JSON at all was recorded as its text.
      const text = sent === undefined ? null : typeof sent === 'string' ? sent : ours(JSON.stringify(sent))
      const answer = await sender(who, { method, path: ours(path), text, ...(version === undefined ? {} : { version }) })
      assert.equal(answer.status, status, `${name}: ${answer.text}`)
      held({ ids, ours, name }, body ?? null, answer.text === '' ? null : JSON.parse(answer.text), '')
      // A lease that was changed is UPDATING for a moment.
      await clock.advance(1_000)
    },
  }
}

function enrolUsers({ state }: SimulatedCloud): void {
  for (const [name, scope, role] of USERS) {
    if (!state.projects.has(scope)) state.projects.set(scope, { id: state.newId().replaceAll('-', ''), name: scope })
    const assignment = { scope, roles: [role] }
    const found = state.users.find((user) => user.name === name)
    if (found === undefined) {
      const password = state.users[0]?.password ?? ''
      state.users.push({ name, id: state.newId().replaceAll('-', ''), password, assignments: [assignment], redacts: [] })
    } else found.assignments.push(assignment)
  }
}

type Sent = { method: Exchange['method']; path: string; text: string | null; version?: string }

function senderOf(clock: VirtualClock, cloud: SimulatedCloud) {
  return async (who: string, { method, path, text, version }: Sent) => {
    const [, user = '', scope = ''] = /^(\S+) in project (\S+)$/.exec(who) ?? []
    const proof = who === 'no token' ? {} : { 'x-auth-token': user === '' ? 'bad' : (await loggedIn(clock, cloud, { user, scope })).token }
    const headers = { ...proof, accept: 'application/json', ...(version === undefined ? {} : { 'openstack-api-version': version }) }
    const url = `${cloud.state.baseUrl}/reservation${path}`
    const body = text === null ? {} : { body: text }
    return await clock.run(cloud.transport({ method, url, headers, ...body, connectTimeoutMs: 5_000, answerTimeoutMs: 65_000 }))
  }
}

type Holding = { ids: Map<string, string>; ours: (text: string) => string; name: string }

const IDS = ['id', 'lease_id', 'resource_id', 'trust_id', 'user_id', 'project_id']
const TIMES = ['created_at', 'updated_at']
/** Addresses name the host that answered. */
const SKIPPED = ['links']

function held(by: Holding, recorded: unknown, got: unknown, at: string): void {
  const where = `${by.name}${at}`
  if (Array.isArray(recorded)) {
    assert.ok(
      Array.isArray(got) && got.length === recorded.length,
      `${where}: ${JSON.stringify(got)?.slice(0, 300)} for ${recorded.length} entries`,
    )
    // The order of capabilities is that of a set.
    const [mine, theirs] = at.endsWith('.resource_properties') ? [byName(recorded), byName(got)] : [recorded, got]
    for (const [n, one] of mine.entries()) held(by, one, theirs[n], `${at}.${n}`)
    return
  }
  if (typeof recorded === 'object' && recorded !== null) {
    assert.ok(typeof got === 'object' && got !== null, `${where}: ${JSON.stringify(got)}`)
    assert.deepEqual(Object.keys(got).toSorted(), Object.keys(recorded).toSorted(), where)
    const [mine, theirs] = [new Map(Object.entries(recorded)), new Map(Object.entries(got))]
    for (const [key, value] of mine)
      if (!SKIPPED.includes(key)) heldField(by, key, { recorded: value, got: theirs.get(key), at: `${at}.${key}` })
    return
  }
  assert.deepEqual(got, typeof recorded === 'string' ? by.ours(recorded) : recorded, where)
}

const byName = (list: unknown[]): unknown[] => list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

function heldField(by: Holding, key: string, { recorded, got, at }: { recorded: unknown; got: unknown; at: string }): void {
  const where = `${by.name}${at}`
  if (TIMES.includes(key) && typeof recorded === 'string') {
    assert.match(String(got), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/, where)
  } else if (IDS.includes(key) && typeof recorded === 'string' && recorded.length > 20) {
    if (!by.ids.has(recorded)) by.ids.set(recorded, String(got))
    assert.equal(got, by.ids.get(recorded), where)
  } else held(by, recorded, got, at)
}
