/**
 * The dashboard in a real Chromium, over the operator and a simulated cloud: every page opens and is clean, a node breaks and heals before
 * one's eyes, a person's word is said with a reason.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { CLOUD } from '../../src/cli/demo-stage.ts'
import { MINUTE } from '../../src/core/policy.ts'
import { castOf } from '../../src/simulator/cast.ts'
import { stories } from '../../src/simulator/stories.ts'
import { type Looked, look, openBrowser, raise, type Stand, violations } from './stand.ts'

async function settled(page: Page): Promise<void> {
  await page.waitForSelector('h1')
  await page.waitForFunction(() => document.querySelector('.pending') === null)
}

describe('the dashboard', { timeout: 240_000 }, () => {
  let stand: Stand
  let browser: Browser
  let cast: ReturnType<typeof castOf>
  before(async () => {
    stand = await raise({ nodes: 60, speed: 60 })
    browser = await openBrowser()
    cast = castOf(stand.stage.cloud.state, stand.stage.random)
  })
  after(async () => {
    await browser?.close()
    await stand?.close()
  })
  const visit = async (path: string, options = {}): Promise<Looked> => {
    const looked = await look(browser, stand.address, options)
    await looked.page.goto(stand.address + path)
    await settled(looked.page)
    return looked
  }
  const addressOf = (node: string): string => `/nodes/${CLOUD}/${node}`

  test('says that all is well where nothing is failed', async () => {
    const { page, complaints } = await visit('/')
    await page.getByText('All is well.').waitFor()
    await page.getByText('of 60 nodes serve users').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('shows a node that breaks and is healed, without a reload', async () => {
    const { page, complaints } = await visit('/')
    const { stage } = stand
    const { blip } = cast
    const story = stories(stage.cloud, cast, stage.outages).find(({ title }) => title.includes('blip'))
    const from = stage.clock.now()
    for (const { at, happen } of story?.steps ?? []) stage.clock.at(from + at, happen)
    await page.getByRole('link', { name: blip }).first().waitFor({ timeout: 30_000 })
    await page.getByRole('link', { name: blip }).first().click()
    await page.waitForURL(`**${addressOf(blip)}`)
    await page.getByText('healed').first().waitFor({ timeout: 60_000 })
    await page.getByText('1 of 3 resets spent').waitFor()
    await page.getByRole('heading', { name: 'Proof' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('holds a node with a reason, says who, and lists it', async () => {
    const { page, complaints } = await visit(addressOf('node-30'))
    await page.getByRole('button', { name: 'Hold' }).click()
    const dialog = page.getByRole('dialog')
    const say = dialog.getByRole('button', { name: 'Hold' })
    assert.equal(await say.isDisabled(), true, 'without a reason nothing is said')
    await dialog.getByLabel('Your name').fill('pat')
    await dialog.getByLabel('Why').fill('vendor visits on Tuesday')
    assert.deepEqual(await violations(page), [])
    await say.click()
    await page.getByText('node-30 is held: Anneal leaves it alone').waitFor()
    await page.getByText('held by pat via http').waitFor()
    await page.getByRole('link', { name: 'Approvals and holds' }).click()
    await page.getByText('vendor visits on Tuesday').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('comes back with what it missed when the connection was lost', async () => {
    const { page } = await visit('/approvals')
    await page.locator('.live.is-live').waitFor()
    await page.context().setOffline(true)
    await stand.stage.store.hold({ cloud: CLOUD, uuid: stand.stage.cloud.node('node-31').row.uuid }, { by: 'kim', why: 'said meanwhile' })
    await page.context().setOffline(false)
    await page.getByText('said meanwhile').waitFor({ timeout: 20_000 })
    await page.context().close()
  })

  test('names the self-canaries and what is listened to, well or not, where there are any', async () => {
    const figures = [
      'anneal_canary_trouble{cloud="east"} 0',
      `anneal_canary_healed_timestamp_seconds{cloud="east"} ${stand.stage.clock.now() / 1_000 - 7_200}`,
      'anneal_canary_trouble{cloud="west"} 1',
      'anneal_ironic_notifications_up{cloud="east"} 1',
      'anneal_poll_interval_seconds{cloud="east"} 60',
      'anneal_ironic_notifications_up{cloud="west"} 0',
    ]
    const { page } = await look(browser, stand.address)
    await page.route('**/metrics', (route) => route.fulfill({ contentType: 'text/plain', body: `${figures.join('\n')}\n` }))
    await page.goto(`${stand.address}/health`)
    await page
      .getByRole('listitem')
      .filter({ hasText: /^east healed 2 h ago as it should be$/ })
      .waitFor()
    await page
      .getByRole('listitem')
      .filter({ hasText: /^west not healed yet was not healed in time, or could not be tried$/ })
      .waitFor()
    await page
      .getByRole('listitem')
      .filter({ hasText: /^east nothing heard yet is listened to, polled every 1 min$/ })
      .waitFor()
    await page
      .getByRole('listitem')
      .filter({ hasText: /^west nothing heard yet cannot be listened to$/ })
      .waitFor()
    assert.deepEqual(await violations(page), [])
    await page.context().close()
  })

  const PAGES = ['/', '/fleet', '/fleet?show=failed', '/approvals', '/audit', '/policy', '/health', '/runbook/bmc-silent', '/no/such/page']
  for (const [name, options] of [
    ['in light', { colorScheme: 'light' }],
    ['in dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 360, height: 740 } }],
  ] as const)
    test(`every page is clean to axe ${name}, and fits`, async () => {
      const { page, complaints } = await visit('/', options)
      const { id = '' } = (await stand.stage.store.cases({ cloud: CLOUD }))[0] ?? {}
      const found: string[] = []
      for (const path of [...PAGES, addressOf(cast.blip), addressOf('no-such-node'), `/cases/${id}`]) {
        await page.goto(stand.address + path)
        await settled(page)
        found.push(...(await violations(page)).map((one) => `${path} ${one}`))
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
        if (overflow > 0) found.push(`${path} is ${overflow} px wider than the window`)
      }
      assert.deepEqual(found, [])
      // What is not there is answered so, and the browser says it.
      assert.deepEqual(
        complaints.filter((text) => !text.includes('404')),
        [],
      )
      await page.context().close()
    })

  test('is used by keyboard alone: skip, navigate, open a dialog, leave it', async () => {
    const { page } = await visit(addressOf(cast.blip))
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the page')
    await page.getByRole('button', { name: 'Hold' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('maxlength')), '500', 'the reason has the focus')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.context().close()
  })

  test('keeps the theme that was chosen', async () => {
    const { page } = await visit('/', { colorScheme: 'light' })
    await page.getByRole('button', { name: /Colours: system/ }).click()
    await page.reload()
    await settled(page)
    assert.equal(await page.evaluate(() => document.documentElement.className), 'pf-v6-theme-dark')
    await page.context().close()
  })

  test('says what to do where the daemon does not answer', async () => {
    const { page } = await visit('/')
    await page.route('**/api/**', (route) => route.abort())
    await page.getByRole('link', { name: 'Policy' }).click()
    await page.getByText('Anneal does not answer.').waitFor({ timeout: 3 * MINUTE })
    await page.context().close()
  })
})

test('in mode approve an act waits for a yes, is said no and then yes to in the browser, and the node is healed', {
  timeout: 120_000,
}, async () => {
  const { stage, address, close } = await raise({ nodes: 20, speed: 60, mode: 'approve' })
  const browser = await openBrowser()
  try {
    const cast = castOf(stage.cloud.state, stage.random)
    const story = stories(stage.cloud, cast, stage.outages).find(({ title }) => title.includes('blip'))
    const from = stage.clock.now()
    for (const { at, happen } of story?.steps ?? []) stage.clock.at(from + at, happen)
    const { page, complaints } = await look(browser, `${address}/approvals`)
    await page.goto(`${address}/approvals`)
    const dialog = page.getByRole('dialog')
    const say = async (word: string, why: string): Promise<void> => {
      await page.getByRole('button', { name: word }).click({ timeout: 60_000 })
      await dialog.getByLabel('Why').fill(why)
      await dialog.getByRole('button', { name: word }).click()
      await dialog.waitFor({ state: 'detached' })
    }
    await say('Reject', 'the vendor is at it')
    await page.getByText('Nothing waits for a yes.').waitFor({ timeout: 60_000 })
    await page.goto(`${address}/nodes/${CLOUD}/${cast.blip}`)
    await page.getByText('said no: the vendor is at it.').first().waitFor({ timeout: 60_000 })
    await say('Acknowledge', 'I know')
    await page.getByText(/seen by .*: I know/).waitFor({ timeout: 60_000 })
    assert.equal(await page.getByRole('button', { name: 'Acknowledge' }).count(), 0)
    await say('Approve', 'the BMC answers again')
    await page.getByText('1 of 3 resets spent').waitFor({ timeout: 60_000 })
    await page.getByText('healed').first().waitFor({ timeout: 60_000 })
    assert.deepEqual(complaints, [])
  } finally {
    await browser.close()
    await close()
  }
})
