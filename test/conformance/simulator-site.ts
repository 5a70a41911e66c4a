/**
 * The simulator as a place for the conformance suite: a cloud of a chapter's nodes on a virtual clock, which moves only while the
 * chapter waits for something.
 */
import type { HttpRequest } from '../../src/core/seams.ts'
import type { NodeSpec } from '../../src/simulator/build-world.ts'
import { type SimulatedCloud, simulatedCloud } from '../../src/simulator/cloud.ts'
import { seededRandom } from '../../src/simulator/seeded.ts'
import { type VirtualClock, virtualClock } from '../../src/simulator/virtual-clock.ts'
import type { Settings } from '../../src/simulator/world.ts'
import { plain } from './plain.ts'
import {
  type Answer,
  type Ask,
  type Chapter,
  type Findings,
  findingsOf,
  type Peer,
  type Setting,
  type Site,
  type User,
  type Wish,
} from './site.ts'

const DAY_MS = 86_400_000

/** The same values as lab/ironic.sh writes, changed as lab-site.ts changes them. */
const IRONIC: Record<Setting, Partial<Settings['ironic']> & { conductor: string }> = {
  plain: { conductor: 'lab', automatedClean: false, powerSyncMs: DAY_MS, recoveryMs: 20_000, maxConcurrentClean: 5 },
  keystone: { conductor: 'lab', automatedClean: false, powerSyncMs: DAY_MS, recoveryMs: 20_000 },
  services: { conductor: 'lab', automatedClean: false, powerSyncMs: DAY_MS, recoveryMs: 20_000 },
  busy: {
    conductor: 'localhost',
    automatedClean: true,
    powerSyncMs: 2000,
    recoveryMs: 3000,
    heartbeatTimeoutMs: 10_000,
    cleanCallbackTimeoutMs: 10_000,
  },
}

const LOGINS: Record<Exclude<User, 'appcred'>, { user: string; project: string | null }> = {
  'sys-member': { user: 'sys-member', project: null },
  'sys-reader': { user: 'sys-reader', project: null },
  'proj-admin': { user: 'admin', project: 'admin' },
  'proj-member': { user: 'proj-member', project: 'lab' },
  'bm-admin': { user: 'bm-admin', project: 'baremetal' },
  'bm-observer': { user: 'bm-observer', project: 'baremetal' },
}

const ENDPOINTS: Record<Peer, string> = { neutron: 'network', placement: 'placement', nova: 'compute/v2.1' }

const hasKeystone = ({ setting }: Chapter): boolean => setting === 'keystone' || setting === 'services'

/** Tells one chapter to a fresh cloud. */
export async function toldToSimulator(chapter: Chapter): Promise<Findings> {
  const clock = virtualClock({ start: Date.parse('2026-11-22T14:00:00Z') })
  const { conductor, ...ironic } = IRONIC[chapter.setting]
  const cloud = simulatedCloud({
    clock,
    random: seededRandom(7),
    nodes: Object.values(chapter.nodes).map((wish, at) => spec(wish, at)),
    features: { keystone: hasKeystone(chapter) },
    ironic: { version: '1.82', ...ironic, conductors: [conductor] },
  })
  for (const node of cloud.state.nodes.values()) node.cleaning = 'no-callback'
  return clock.run(findingsOf(chapter, simulatorSite({ clock, cloud, chapter, conductor })))
}

function spec(wish: Wish, at: number): NodeSpec {
  return {
    name: `node-${at + 1}`,
    fake: wish.fake ?? false,
    provision_state: wish.state ?? 'active',
    network_interface: wish.network_interface ?? 'noop',
    resource_class: wish.resource_class ?? 'baremetal',
    ...(wish.owned === true ? { owner: 'lab' } : {}),
  }
}

type Made = { clock: VirtualClock; cloud: SimulatedCloud; chapter: Chapter; conductor: string }

function simulatorSite({ clock, cloud, chapter, conductor }: Made): Site {
  const { state, people, faults } = cloud
  const nodes = Object.keys(chapter.nodes).map((key, at) => ({ key, name: `node-${at + 1}`, uuid: cloud.node(`node-${at + 1}`).row.uuid }))
  const node = (key: string) => {
    const found = nodes.find((one) => one.key === key)
    if (found === undefined) throw new Error(`${chapter.title} has no node ${key}`)
    return found
  }
  const send = sender(clock, cloud)
  const login: Site['login'] = ({ user, password, project }) =>
    send(`${state.baseUrl}/identity/v3`, loginAs(user, password ?? 'simulated', project))
  const tokens = new Map<string, Promise<string>>()
  const token = (as: User): Promise<string> => {
    const kept = tokens.get(as) ?? issued(as)
    tokens.set(as, kept)
    return kept
  }
  async function issued(as: User): Promise<string> {
    const { appcredId: id, appcredSecret: secret } = cloud.credentials('bm-admin')
    const application_credential = { id, secret }
    const byCredential = { auth: { identity: { methods: ['application_credential'], application_credential } } }
    const answer =
      as === 'appcred'
        ? await send(`${state.baseUrl}/identity/v3`, { method: 'POST', path: '/auth/tokens', body: byCredential })
        : await login(LOGINS[as])
    return answer.headers['x-subject-token'] ?? ''
  }
  async function authOf({ as = 'proj-admin' }: Ask): Promise<Record<string, string>> {
    return hasKeystone(chapter) && as !== null ? { 'x-auth-token': await token(as) } : {}
  }
  return {
    async ironic(ask) {
      const auth = await authOf(ask)
      const version = ask.version === undefined ? '1.82' : ask.version
      const versioned: Record<string, string> = version === null ? {} : { 'x-openstack-ironic-api-version': version }
      return send(`${state.baseUrl}/baremetal`, { ...ask, headers: { ...versioned, ...auth, ...ask.headers } })
    },
    async peer(peer, ask) {
      return send(`${state.baseUrl}/${ENDPOINTS[peer]}`, { ...ask, headers: { ...(await authOf(ask)), ...ask.headers } })
    },
    keystone: (ask) => send(`${state.baseUrl}/identity/v3`, ask),
    login,
    now: () => clock.monotonic(),
    pass: (ms) => clock.sleep(ms),
    node,
    bmc: async (key, mode) => people.bmc(node(key).name, mode),
    neutron: async (mode) => (mode === 'ok' ? faults.clear('neutron') : faults.set('neutron', { kind: mode })),
    isBound: async (key) => [...state.ports.values()].some((port) => port.host_id === node(key).uuid),
    async lock(key, holder) {
      cloud.node(node(key).name).row.reservation = holder
    },
    kill: async () => people.killConductor(conductor),
    start: async () => people.startConductor(conductor),
    keystoneProcess: async (act) => (act === 'stop' ? faults.set('keystone', { kind: 'down' }) : faults.clear('keystone')),
    plain: (value) =>
      plain(
        { ironic: `${state.baseUrl}/baremetal`, keystone: `${state.baseUrl}/identity`, neutron: `${state.baseUrl}/network`, nodes },
        value,
      ),
  }
}

function loginAs(user: string, password: string, project: string | null | undefined): Ask {
  const domain = { id: 'default' }
  const identity = { methods: ['password'], password: { user: { name: user, domain, password } } }
  const scope =
    project === undefined ? {} : { scope: project === null ? { system: { all: true } } : { project: { name: project, domain } } }
  return { method: 'POST', path: '/auth/tokens', body: { auth: { identity, ...scope } } }
}

const sender =
  (clock: VirtualClock, cloud: SimulatedCloud) =>
  async (base: string, ask: Ask): Promise<Answer> => {
    const text = ask.raw?.text ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body))
    const type: Record<string, string> = text === undefined ? {} : { 'content-type': ask.raw?.type ?? 'application/json' }
    const request: HttpRequest = {
      method: ask.method,
      url: base + ask.path,
      headers: { ...type, ...ask.headers },
      ...(text === undefined ? {} : { body: text }),
      connectTimeoutMs: 5000,
      answerTimeoutMs: 90_000,
    }
    const began = clock.monotonic()
    const answer = await cloud.transport(request)
    const isJson = answer.headers['content-type']?.startsWith('application/json') === true
    return { ...answer, json: isJson ? JSON.parse(answer.text) : undefined, seconds: (clock.monotonic() - began) / 1000 }
  }
