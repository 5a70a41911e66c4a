/**
 * The lab's real Ironic as a place for the conformance suite. Chapters of one setting are told side by side, each on nodes of its own,
 * as many as the lab has nodes for; those that disturb others are told alone. Changes the lab's settings; `restored` puts them back.
 */
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { z } from 'zod'
import { must, patchNode } from '../../lab/ironic.ts'
import { token as adminToken, applicationCredential, USERS } from '../../lab/keystone.ts'
import { type BmcAct, bmc, calm, keystone, killConductor, restartIronic, setLock } from '../../lab/lab.ts'
import { freshNode, numberOf, uuidOf } from '../../lab/nodes.ts'
import { offer } from '../../lab/services/real-placement.ts'
import { cleared, deployed, service } from '../../lab/services/tenant.ts'
import { readSettings } from '../../lab/settings.ts'
import { neutronPorts, setStubs } from '../../lab/stubs-control.ts'
import { plain } from './plain.ts'
import type { Told } from './recorded.ts'
import { type Answer, type Ask, type BmcMode, type Chapter, findingsOf, type Setting, type Site, type User, type Wish } from './site.ts'

/** What lab/ironic.sh has no setting for. Five in deletion: the chapter on BMCs has five nodes in it and asks for a sixth. */
const CONF = '[conductor]\nmax_concurrent_clean = 5\nheartbeat_timeout = 60\n'
const BUSY_CONF =
  '[conductor]\nmax_concurrent_clean = 50\nheartbeat_timeout = 10\nclean_callback_timeout = 10\ncheck_provision_state_interval = 5\n'

const QUIET = { RPC: 'none', CLEAN: 'false', SYNC: 0, RECOVER: 20 }

/** The lab as `lab/up.sh` makes it. */
export const restored = () => restartIronic({ RPC: 'none', CLEAN: 'false', SYNC: 10, RECOVER: 20, CONF: '' })

function conf(name: string, text: string): string {
  const path = join(readSettings().state, `${name}.conf`)
  writeFileSync(path, text)
  return path
}

/** Tells chapters of one setting; where one does not come to its end, the error stands in place of what it would have found. */
export async function toldToLab(setting: Setting, chapters: Chapter[]): Promise<Told> {
  const all: Told = {}
  await restartIronic({ ...QUIET, CONF: conf('conformance', CONF) })
  const tell = async ({ chapter, site }: Placed) => {
    try {
      all[chapter.title] = await findingsOf(chapter, site)
    } catch (error) {
      // The other chapters are still worth hearing; this one lacks its cases and says why.
      all[chapter.title] = { [`${chapter.title}: told to its end`]: String(error) }
    }
  }
  for (const wave of waves(chapters, readSettings().nodes)) {
    await calm()
    const placed = await allotted(wave)
    // Nodes are made before cleaning is on: `provide` would end in it.
    if (setting === 'busy') await restartIronic({ RPC: 'json-rpc', CLEAN: 'true', SYNC: 2, RECOVER: 3, CONF: conf('busy', BUSY_CONF) })
    await Promise.all(placed.filter(({ chapter }) => chapter.alone !== true).map(tell))
    for (const one of placed.filter(({ chapter }) => chapter.alone === true)) await tell(one)
    await calm()
    if (setting === 'busy') await restartIronic({ ...QUIET, CONF: conf('conformance', CONF) })
  }
  return all
}

/** As many chapters at a time as there are nodes for, in their order. */
function waves(chapters: Chapter[], nodesMax: number): Chapter[][] {
  const all: Chapter[][] = []
  let room = 0
  for (const chapter of chapters) {
    const needs = Object.keys(chapter.nodes).length
    const open = all.at(-1)
    if (open === undefined || needs > room) {
      all.push([chapter])
      room = nodesMax - needs
      continue
    }
    open.push(chapter)
    room -= needs
  }
  return all
}

type Placed = { chapter: Chapter; site: Site }

/** Each chapter of a wave gets the next free nodes, made anew as it wishes. */
async function allotted(wave: Chapter[]): Promise<Placed[]> {
  let last = 0
  let lastFake = 0
  const plan = wave.map((chapter) => ({
    chapter,
    nodes: Object.entries(chapter.nodes).map(([key, wish]) => ({
      key,
      wish,
      name: wish.fake === true ? `fake-${++lastFake}` : `node-${++last}`,
    })),
  }))
  await Promise.all(
    plan
      .flatMap(({ nodes }) => nodes)
      .map(async ({ name, wish: { owned, fake: _, ...wish } }) => {
        if (readSettings().services) return surrounded(name, wish)
        await freshNode(name, { instance: wish.state !== 'available', network_interface: 'noop', ...wish })
        if (owned === true) await patchNode(name, [{ op: 'add', path: '/owner', value: await projectLab() }])
      }),
  )
  return plan.map(({ chapter, nodes }) => ({ chapter, site: labSite(nodes.map(({ key, name }) => ({ key, name, uuid: uuidOf(name) }))) }))
}

/** On real services: what a deployment leaves with them, or a free node as nova-compute offers it. */
async function surrounded(name: string, { state, network_interface = 'noop' }: Wish): Promise<void> {
  if (state !== 'available') return void (await deployed(name, network_interface))
  await cleared(name)
  await freshNode(name, { instance: false, network_interface, state })
  await offer(uuidOf(name), 0)
}

const Projects = z.object({ projects: z.array(z.object({ id: z.string() })) })

async function projectLab(): Promise<string> {
  const headers = { 'x-auth-token': await adminToken() }
  const { json } = await send(readSettings().keystone, { method: 'GET', path: '/projects?name=lab', headers })
  return Projects.parse(json).projects[0]?.id ?? ''
}

/** How each kind of trouble is begun and ended. */
const ACTS: Record<Exclude<BmcMode, 'ok'>, [BmcAct, BmcAct]> = {
  refusing: ['stop', 'start'],
  silent: ['freeze', 'thaw'],
  badpass: ['badpass', 'goodpass'],
  rejecting: ['fail', 'unfail'],
  stuck: ['stuck', 'unstuck'],
}

function labSite(nodes: { key: string; name: string; uuid: string }[]): Site {
  const settings = readSettings()
  const trouble = new Map<string, BmcMode>()
  const node = (key: string) => {
    const found = nodes.find((one) => one.key === key)
    if (found === undefined) throw new Error(`no node ${key}`)
    return found
  }
  async function setBmc(key: string, mode: BmcMode): Promise<void> {
    const number = numberOf(node(key).name)
    const was = trouble.get(key) ?? 'ok'
    if (was !== 'ok') await bmc(ACTS[was][1], number)
    if (mode !== 'ok') await bmc(ACTS[mode][0], number)
    trouble.set(key, mode)
  }
  return {
    async ironic(ask) {
      const auth: Record<string, string> = settings.auth === 'keystone' && ask.as !== null ? { 'x-auth-token': await tokenOf(ask.as) } : {}
      const version = ask.version === undefined ? '1.82' : ask.version
      const versioned: Record<string, string> = version === null ? {} : { 'x-openstack-ironic-api-version': version }
      return send(settings.ironic, { ...ask, headers: { ...versioned, ...auth, ...ask.headers } })
    },
    async peer(peer, ask) {
      const auth: Record<string, string> = ask.as === null ? {} : { 'x-auth-token': await tokenOf(ask.as) }
      return send(settings[peer], { ...ask, headers: { ...auth, ...ask.headers } })
    },
    keystone: (ask) => send(settings.keystone, ask),
    login: ({ user, password, project }) => login(user, password ?? user, project),
    now: () => performance.now(),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    node,
    bmc: setBmc,
    neutron: (mode) => (settings.services ? service(mode === 'ok' ? 'start' : 'stop', 'neutron') : setStubs({ neutron: mode })),
    async isBound(key) {
      const row = await must('GET', `/v1/nodes/${node(key).uuid}`)
      const { uuid, name } = z.looseObject({ uuid: z.string(), name: z.string() }).parse(row)
      return (await neutronPorts()).some((port) => port.id === vifIdOf(name) && port['binding:host_id'] === uuid)
    },
    lock: (key, holder) => setLock(node(key).name, holder),
    kill: killConductor,
    start: () => restartIronic(),
    keystoneProcess: keystone,
    plain: (value) =>
      plain({ ironic: settings.ironic, keystone: settings.keystone.replace(/\/v3$/, ''), neutron: settings.neutron, nodes }, value),
  }
}

const vifIdOf = (name: string) => uuidOf(`vif-of-${name}`)

const tokens = new Map<User, string>()

async function tokenOf(as: User | undefined): Promise<string> {
  if (as === undefined) return adminToken()
  const kept = tokens.get(as)
  if (kept !== undefined) return kept
  const issued = await (as === 'appcred' ? byCredential() : login(as, as, USERS[as]?.[0]?.project ?? null))
  const value = issued.headers['x-subject-token'] ?? ''
  tokens.set(as, value)
  return value
}

const byCredential = () => {
  const body = { auth: { identity: { methods: ['application_credential'], application_credential: applicationCredential() } } }
  return send(readSettings().keystone, { method: 'POST', path: '/auth/tokens', body })
}

function login(name: string, password: string, project: string | null | undefined): Promise<Answer> {
  const domain = { id: 'default' }
  const identity = { methods: ['password'], password: { user: { name, domain, password } } }
  const scope =
    project === undefined ? {} : { scope: project === null ? { system: { all: true } } : { project: { name: project, domain } } }
  return send(readSettings().keystone, { method: 'POST', path: '/auth/tokens', body: { auth: { identity, ...scope } } })
}

/** One request on a connection of its own; rejects where no answer came. */
function send(base: string, ask: Ask): Promise<Answer> {
  const text = ask.raw?.text ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body))
  const typed = text === undefined ? {} : { 'content-type': ask.raw?.type ?? 'application/json', 'content-length': Buffer.byteLength(text) }
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const out = request(base + ask.path, { method: ask.method, agent: false, timeout: 90_000, headers: { ...typed, ...ask.headers } })
    out.on('timeout', () => out.destroy(new Error(`${ask.method} ${ask.path}: no answer within 90 s`)))
    out.on('error', reject)
    out.on('response', async (response) => {
      const parts: Buffer[] = []
      for await (const part of response) parts.push(z.instanceof(Buffer).parse(part))
      const body = Buffer.concat(parts).toString()
      const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
      const isJson = headers['content-type']?.startsWith('application/json') === true && body !== ''
      resolve({
        status: response.statusCode ?? 0,
        headers,
        text: body,
        json: isJson ? JSON.parse(body) : undefined,
        seconds: (performance.now() - began) / 1000,
      })
    })
    out.end(text)
  })
}
