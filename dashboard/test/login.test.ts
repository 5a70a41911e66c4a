/**
 * Logging in, in a real Chromium, at the simulated cloud's Keystone: the form instead of every page, a no, a word that goes along with the
 * CSRF header, a viewer who may only look, and the way out.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDashboard } from '../../src/http/dashboard-files.ts'
import { listen } from '../../src/http/listen.ts'
import { type LoginSite, PASSWORD, withLogin } from '../../test/login-site.ts'
import { CLOUD, keyOf, seenNode } from '../../test/store/given.ts'
import { BUILT, type Looked, look, openBrowser, violations } from './stand.ts'

const HOUR = 3_600_000
const HERE = `/nodes/${CLOUD}/${keyOf(1).uuid}`

/** A browser at the page of a node, where nobody is logged in yet. */
async function atTheForm(body: (looked: Looked, site: LoginSite) => Promise<void>): Promise<void> {
  await withLogin(
    async (site) => {
      await site.store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
      const address = await listen(site.app, { host: '127.0.0.1', port: 0 })
      const browser = await openBrowser()
      try {
        const looked = await look(browser, address)
        await looked.page.goto(address + HERE)
        await looked.page.getByRole('heading', { name: 'Log in to Anneal' }).waitFor()
        await body(looked, site)
      } finally {
        await browser.close()
      }
    },
    { world: { dashboard: readDashboard(BUILT) } },
  )
}

async function logIn({ page }: Looked, user: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('User').fill(user)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
}

/** The browser itself tells of each no. */
const besidesNoes = ({ complaints }: Looked): string[] => complaints.filter((text) => !text.includes('401'))

test('asks for a login before anything else, says a no, and says words in the name of who is logged in', { timeout: 120_000 }, () =>
  atTheForm(async (looked) => {
    const { page, complaints } = looked
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(complaints, [], 'nothing else was asked')
    await logIn(looked, 'proj-member', 'a-wrong-one')
    await page.getByText('It does not let you in').waitFor()
    await logIn(looked, 'proj-member')
    await page.getByText('logged in as proj-member@Default, operator').waitFor()
    await page.locator('.live.is-live').waitFor()
    assert.deepEqual(await violations(page), [])
    await page.getByRole('button', { name: 'Hold' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Why').fill('vendor visits on Tuesday')
    assert.equal(await dialog.getByLabel('Your name').count(), 0)
    await dialog.getByRole('button', { name: 'Hold' }).click()
    await page.getByText('held by proj-member@Default via keystone').waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Log in to Anneal' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Log in to Anneal' }).waitFor()
    assert.deepEqual(besidesNoes(looked), [])
  }),
)

test('shows a viewer no words, lets in by a token too, and asks anew when the session is over', { timeout: 120_000 }, () =>
  atTheForm(async (looked, site) => {
    const { page } = looked
    await logIn(looked, 'proj-reader')
    await page.getByText('logged in as proj-reader@Default, viewer').waitFor()
    await page.getByText('Nothing is the matter').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Hold' }).count(), 0)
    await page.locator('.live.is-live').waitFor()
    site.clock.move(13 * HOUR)
    await page.getByRole('heading', { name: 'Log in to Anneal' }).waitFor()
    const { name, secret } = await site.token('operator')
    await page.getByLabel('Token').first().check()
    await page.getByRole('textbox').fill(secret)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText(`logged in as ${name}, operator`).waitFor()
    await page.getByRole('button', { name: 'Hold' }).waitFor()
    assert.equal(page.url().endsWith(HERE), true, 'the address is still the one that was asked')
    assert.deepEqual(besidesNoes(looked), [])
  }),
)
