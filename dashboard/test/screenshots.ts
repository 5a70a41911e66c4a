/**
 * `npm run screenshots`: every page as it looks, light, dark and on a phone, into docs/screenshots. The cloud plays the demo's stories with a
 * fixed seed; how far they have come when a picture is taken depends on the machine.
 */
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { CLOUD } from '../../src/cli/demo-stage.ts'
import { castOf } from '../../src/simulator/cast.ts'
import { stories } from '../../src/simulator/stories.ts'
import { look, openBrowser, raise, type Stand } from './stand.ts'

const FOLDER = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))
/** The stories are under way by then, and not all over. */
const PLAYED_MS = 30.5 * 60_000

async function play({ stage }: Stand): Promise<{ dead: string }> {
  const cast = castOf(stage.cloud.state, stage.random)
  const from = stage.clock.now()
  for (const { steps } of stories(stage.cloud, cast, stage.outages)) for (const { at, happen } of steps) stage.clock.at(from + at, happen)
  while (stage.clock.now() < from + PLAYED_MS) await new Promise((resolve) => setTimeout(resolve, 200))
  return cast
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForSelector('h1')
  await page.waitForFunction(() => document.querySelector('.pending') === null)
  await page.waitForTimeout(400)
  await page.screenshot({ path: `${FOLDER}${name}.png` })
}

mkdirSync(FOLDER, { recursive: true })
const stand = await raise({ nodes: 120, speed: 60 })
const browser = await openBrowser()
const { dead } = await play(stand)
await stand.stage.store.hold(
  { cloud: CLOUD, uuid: stand.stage.cloud.node('node-040').row.uuid },
  { by: 'pat', why: 'vendor visits on Tuesday' },
)
const PAGES = {
  now: '/',
  fleet: '/fleet',
  node: `/nodes/${CLOUD}/${dead}`,
  audit: '/audit',
  approvals: '/approvals',
  policy: '/policy',
  health: '/health',
  runbook: '/runbook/bmc-silent',
}
const SOME: readonly string[] = ['now', 'fleet', 'node']
const ALL = Object.keys(PAGES)
for (const [suffix, names, options] of [
  ['', ALL, {}],
  ['-dark', SOME, { colorScheme: 'dark' as const }],
  ['-phone', SOME, { viewport: { width: 390, height: 844 } }],
] as const) {
  const { page, complaints } = await look(browser, stand.address, options)
  for (const [name, path] of Object.entries(PAGES)) {
    if (!names.includes(name)) continue
    await page.goto(stand.address + path)
    await shoot(page, name + suffix)
  }
  for (const complaint of complaints) process.stderr.write(`${suffix}: ${complaint}\n`)
}
await browser.close()
await stand.close()
