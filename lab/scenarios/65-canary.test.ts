/**
 * The self-canary on a real Ironic: a fake-hardware node is deployed, its driver set to ipmi with an address where nothing answers, told to go, and
 * when its tear-down has failed its driver is set back; the daemon heals it like every other node and its metrics say so.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Desk, desk, type Running, startAnneal, untilWatching } from '../anneal.ts'
import { call } from '../call.ts'
import { autoFor, QUICK } from '../fail-nodes.ts'
import { pause, readHistory, readNode, setExtra, undeploy } from '../ironic.ts'
import { calm } from '../lab.ts'
import { freshNode } from '../nodes.ts'
import { changesOf, explained } from '../reports.ts'

const NODE = 'fake-1'
const LISTEN = '127.0.0.1:8797'
let at: Desk
let daemon: Running

const answer = async (path: string) => await call({ method: 'GET', url: `http://${LISTEN}${path}` })
async function metric(name: string): Promise<number | null> {
  const { text } = await answer('/metrics')
  const found = new RegExp(`^${name}\\{cloud="lab"\\} (\\S+)$`, 'm').exec(text)?.[1]
  return found === undefined ? null : Number(found)
}

before(async () => {
  await calm()
  await freshNode(NODE, { instance: false })
  await undeploy(NODE)
  await setExtra(NODE, 'anneal_canary', true)
  at = desk({
    config: {
      ...autoFor(NODE),
      budgets: { ...QUICK, lastResort: '5s', ironicEyes: '5s' },
      clouds: { lab: { scope: { name: [NODE] }, canary: { node: NODE, every: '1h', within: '1h' } } },
      server: { listen: LISTEN },
    },
  })
  daemon = startAnneal(['run'], at)
  await untilWatching(daemon)
})

after(async () => {
  await daemon.kill('SIGTERM')
  await freshNode(NODE, { instance: true })
  at.clear()
})

test('a real Ironic fails its tear-down as a broken BMC fails it, and Anneal heals it', { timeout: 300_000 }, async () => {
  const begun = Date.now()
  for (const end = begun + 240_000; (await metric('anneal_canary_healed_timestamp_seconds')) === null; await pause(1_000))
    assert.ok(Date.now() < end, `not healed: ${daemon.stderr()}`)
  const { driver, provision_state, driver_info } = await readNode(NODE)
  assert.deepEqual({ driver, provision_state, driver_info }, { driver: 'fake-hardware', provision_state: 'available', driver_info: {} })
  assert.ok((await readHistory(NODE)).some(({ event }) => event === 'Failed to tear down: IPMI call failed: power status.'))
  const methods = (await changesOf(NODE)).map(({ method, path }) => (path.endsWith('/states/provision') ? 'verb' : method))
  // Deployed, broken and told to go, mended; then a reset as every node gets it.
  assert.deepEqual(methods, ['PATCH', 'verb', 'PATCH', 'verb', 'PATCH', 'PATCH', 'verb'])
  const told = await explained(at, NODE, ({ decision }) => decision?.kind === 'resolve')
  assert.equal(told.diagnosis?.cause ?? 'bmc-unreachable', 'bmc-unreachable')
  assert.deepEqual([await metric('anneal_canary_trouble'), (await answer('/readyz')).status], [0, 200])
})
