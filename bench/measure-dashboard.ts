/**
 * The daemon with its dashboard over a pretend cloud of a size, one node in a hundred failed, from outside: the first view in a real Chromium, how
 * soon a change is shown, and how long routes take. What a thousand readers get and cost is measure-readers.ts.
 */
import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { BUILT, look, openBrowser } from '../dashboard/test/stand.ts'
import { realSeams } from '../src/seams.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { CLOUD, type Daemon, startDaemon } from './daemon.ts'
import { median } from './measure.ts'
import { type Heard, measureReaders } from './measure-readers.ts'
import { startCloud } from './pretend-cloud.ts'

export type View = { coldMs: number; warmMs: number; coldBytes: number; coldRequests: number }

export type Seen = {
  size: number
  now: View
  fleet: View
  /** From a change to its sight, ms: written in the database; in the cloud, told by a hook; in the cloud, found by the poll. */
  shownMs: { word: number; hook: number; poll: number }
  /** By route: the median of many, ms, and how large the answer is. */
  routes: Record<Route, { ms: number; bytes: number }>
  /** Bytes: before some ask for every node at the same moment, and the most meanwhile. */
  crowd: { before: number; most: number }
  heard: Heard
}

const ROUTES = {
  fleet: '/api/v1/fleet',
  fleetNodes: '/api/v1/fleet/nodes',
  nodes: '/api/v1/nodes?limit=100',
  allNodes: '/api/v1/nodes?all=true&limit=500',
  cases: '/api/v1/cases?limit=100',
  decisions: '/api/v1/decisions?limit=500',
  clouds: '/api/v1/clouds',
} as const
export type Route = keyof typeof ROUTES
const ASKED = 20

/** Of the nodes that fail, those that are kept to fail one by one: two in each run, and of 1,000 nodes ten fail. */
const KEPT = 6
const PATIENCE_MS = 120_000
/** On top for each node: a pretend cloud on a busy machine gives a census some hundred nodes a second. */
const PATIENCE_A_NODE_MS = 10
/** By default. */
const POLL_S = 15

type Place = { bundle: string; folder: string }

/** The dashboard as it is built from this checkout, beside the bundle. */
export function addDashboard({ folder }: Place): void {
  execFileSync(process.execPath, ['scripts/dashboard.ts', '--if-stale'], { cwd: new URL('..', import.meta.url), stdio: 'inherit' })
  cpSync(BUILT, join(folder, 'dist', 'dashboard'), { recursive: true })
}

type Wish = { runs: number; readers: number; slow: number; say: (doing: string) => void }

export async function measureDashboard(size: number, place: Place, wish: Wish): Promise<Seen> {
  const cloud = await startCloud(size)
  const port = await freePort()
  const settings = { server: { listen: `127.0.0.1:${port}` }, poll: `${POLL_S}s` }
  const daemon = startDaemon({ ...place, cloud, mode: 'observe', name: `dashboard-${size}`, settings })
  const store = await openStore({ path: daemon.database, ...realSeams() })
  const address = `http://127.0.0.1:${port}`
  const browser = await openBrowser()
  try {
    await until('every node is known', async () => (await store.countNodes({ cloud: CLOUD })) === size, size)
    const failed = await cloud.fail(KEPT)
    await until(
      'every failed node is decided on',
      async () => (await store.inForceTally()).reduce((sum, { count }) => sum + count, 0) >= failed,
      size,
    )
    await pause(1_000)
    wish.say('  first view')
    const now = await views(browser, address, { runs: wish.runs, isThere: (page) => page.locator('.entry').first().waitFor() })
    const isThere = (page: Page) => page.locator('[role=row] a').first().waitFor()
    const fleet = await views(browser, `${address}/fleet`, { runs: wish.runs, isThere })
    wish.say('  routes')
    const routes = await askedRoutes(address)
    const crowd = await crowded(address, daemon)
    wish.say('  a change is shown')
    const shownMs = await shown({ browser, address, store, failNext: cloud.failNext, runs: wish.runs })
    wish.say('  readers')
    const heard = await measureReaders({ address, store, daemon, ...wish })
    return { size, now, fleet, routes, crowd, shownMs, heard }
  } finally {
    await browser.close()
    await daemon.stop()
    await store.close()
    await cloud.stop()
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (bound === null || typeof bound === 'string') throw new Error('no port is free')
  return bound.port
}

async function until(what: string, isSo: () => Promise<boolean>, size: number): Promise<void> {
  const ms = PATIENCE_MS + size * PATIENCE_A_NODE_MS
  for (const began = Date.now(); Date.now() - began < ms; await pause(100)) if (await isSo()) return
  throw new Error(`${what}: not within ${ms / 1_000} s`)
}

type Looking = { runs: number; isThere: (page: Page) => Promise<void> }

/** Each run in a profile of its own, which has nothing; then again in the same. A view is there when the sum of all nodes and the first of them are. */
async function views(browser: Browser, address: string, { runs, isThere }: Looking): Promise<View> {
  const found: View[] = []
  for (let run = 0; run < runs; run++) {
    const { page } = await look(browser, address)
    const network = await page.context().newCDPSession(page)
    let [coldBytes, coldRequests] = [0, 0]
    network.on('Network.loadingFinished', ({ encodedDataLength }) => {
      coldBytes += encodedDataLength
      coldRequests += 1
    })
    await network.send('Network.enable')
    const once = async (): Promise<number> => {
      const begun = performance.now()
      await page.goto(address)
      await Promise.all([page.getByText('nodes serve users').waitFor(), isThere(page)])
      return performance.now() - begun
    }
    const coldMs = await once()
    const cold = { coldMs, coldBytes, coldRequests }
    await page.goto('about:blank')
    found.push({ ...cold, warmMs: await once() })
    await page.context().close()
  }
  const of = (field: keyof View) => median(found.map((view) => view[field]))
  return { coldMs: of('coldMs'), warmMs: of('warmMs'), coldBytes: of('coldBytes'), coldRequests: of('coldRequests') }
}

async function askedRoutes(address: string): Promise<Seen['routes']> {
  const asked = async (path: string): Promise<{ ms: number; bytes: number }> => {
    const took: number[] = []
    let bytes = 0
    for (let time = 0; time < ASKED; time++) {
      const begun = performance.now()
      const answer = await fetch(`${address}${path}`)
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      bytes = (await answer.arrayBuffer()).byteLength
      took.push(performance.now() - begun)
    }
    return { ms: median(took), bytes }
  }
  const { fleet, fleetNodes, nodes, allNodes, cases, decisions, clouds } = ROUTES
  return {
    fleet: await asked(fleet),
    fleetNodes: await asked(fleetNodes),
    nodes: await asked(nodes),
    allNodes: await asked(allNodes),
    cases: await asked(cases),
    decisions: await asked(decisions),
    clouds: await asked(clouds),
  }
}

/** Browsers of this many people open the picture of the fleet at the same moment. */
const CROWD = 10

async function crowded(address: string, daemon: Daemon): Promise<Seen['crowd']> {
  const before = daemon.memory().rss
  let most = before
  const look = setInterval(() => {
    most = Math.max(most, daemon.memory().rss)
  }, 20)
  const answers = await Promise.all(Array.from({ length: CROWD }, () => fetch(`${address}${ROUTES.fleetNodes}`)))
  // Read by pieces and dropped: what is measured is the daemon.
  for (const answer of answers) for await (const piece of answer.body ?? []) void piece
  clearInterval(look)
  return { before, most }
}

type Showing = {
  browser: Browser
  address: string
  store: Store
  failNext: () => Promise<{ uuid: string; name: string }>
  runs: number
}

async function shown({ browser, address, store, failNext, runs }: Showing): Promise<Seen['shownMs']> {
  const { page } = await look(browser, `${address}/approvals`)
  await page.goto(`${address}/approvals`)
  await page.locator('.live.is-live').waitFor()
  const [node] = await store.nodes({ cloud: CLOUD, limit: 1 })
  if (node === undefined) throw new Error('there is no node')
  const word: number[] = []
  for (let run = 0; run < runs; run++) {
    const begun = performance.now()
    await store.hold(node, { by: 'bench', why: `held to be seen, time ${run}` })
    await page.getByText(`held to be seen, time ${run}`).waitFor()
    word.push(performance.now() - begun)
    await pause(500)
  }
  await page.goto(address)
  await page.locator('.live.is-live').waitFor()
  const [hook, poll]: [number[], number[]] = [[], []]
  for (let run = 0; run < runs; run++) {
    hook.push(await untilSeen(page, failNext, (uuid) => rung(address, uuid)))
    await pause(500)
    poll.push(await untilSeen(page, failNext, async () => undefined))
    await pause(500)
  }
  await page.context().close()
  return { word: median(word), hook: median(hook), poll: median(poll) }
}

/** From the moment at which the node has failed in the cloud until its name stands in the page. */
async function untilSeen(page: Page, failNext: Showing['failNext'], tell: (uuid: string) => Promise<void>): Promise<number> {
  const begun = performance.now()
  const { uuid, name } = await failNext()
  await tell(uuid)
  await page.getByRole('link', { name, exact: true }).first().waitFor({ timeout: PATIENCE_MS })
  return performance.now() - begun
}

async function rung(address: string, uuid: string): Promise<void> {
  const body = JSON.stringify({ version: '4', alerts: [{ labels: { node_uuid: uuid } }] })
  const answer = await fetch(`${address}/hooks/alertmanager`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  if (!answer.ok) throw new Error(`the hook answered ${answer.status}`)
}
