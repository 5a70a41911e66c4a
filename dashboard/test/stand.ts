/**
 * What a browser test stands on: the operator over a simulated cloud, on the demo's stage and by its policy, with the daemon's own server in
 * front; and a real Chromium that looks at it. What happens on the cloud is each test's own. Nothing is left behind.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { serveDemo } from '../../src/cli/demo-dashboard.ts'
import { CLOUD, DEMO_POLICY, type Stage, setStage } from '../../src/cli/demo-stage.ts'
import { run } from '../../src/controller/run.ts'
import { MINUTE, type Mode, SECOND } from '../../src/core/policy.ts'
import { realSeams } from '../../src/seams.ts'

export const BUILT = fileURLToPath(new URL('../../dist/dashboard', import.meta.url))

export type Stand = { stage: Stage; address: string; close(): Promise<void> }

/** @param speed virtual time, times as fast as real */
export async function raise({ nodes, speed, mode = 'auto' }: { nodes: number; speed: number; mode?: Mode }): Promise<Stand> {
  if (!existsSync(BUILT)) throw new Error('There is no dist/dashboard: run `npm run build:dashboard` first.')
  const seams = realSeams()
  const stage = await setStage({ nodes, port: 0, seed: 7, speed, policy: { ...DEMO_POLICY, mode } })
  const server = await serveDemo(stage, { seams, version: '0.1.0', dashboard: BUILT })
  const stop = new AbortController()
  stage.go()
  const operator = run(
    {
      worlds: [stage.world],
      canaries: [],
      claimant: CLOUD,
      workers: 1,
      pollMs: 15 * SECOND,
      censusMs: 10 * MINUTE,
      onPass: (_key, { observation }) => stage.metrics.looked(observation),
    },
    stop.signal,
  )
  return {
    stage,
    address: server.address,
    close: async () => {
      stop.abort()
      await operator
      await server.close()
      await stage.close()
      await seams.close()
    },
  }
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

function chromiumPath(): string {
  const named = process.env['CHROMIUM']
  if (named !== undefined && named !== '') return named
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Error('No Chromium was found: `apt-get install chromium` on Debian, or name one in CHROMIUM.')
}

export const openBrowser = (): Promise<Browser> =>
  // The sandbox needs rights that root in a container has not; only our own page is looked at.
  chromium.launch({ executablePath: chromiumPath(), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })

export type Looked = { page: Page; complaints: string[] }

/** A page of its own; `complaints` has what the browser itself objects to, such as a breach of the content policy. */
export async function look(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Looked> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    ...options,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(address).host) complaints.push(`asked elsewhere: ${request.url()}`)
  })
  return { page, complaints }
}

type Violation = { id: string; nodes: { html: string }[] }

/** What axe finds, each with the first element that it finds it on. The policy lets no script in, so the tester lets it in by hand. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found: Violation[] = await page.evaluate('axe.run().then(({ violations }) => violations)')
  return found.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map(({ html }) => html)
        .slice(0, 3)
        .join(' | ')}`,
  )
}
