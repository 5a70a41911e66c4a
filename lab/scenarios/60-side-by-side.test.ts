/**
 * Several Anneals on one database at once: two sweeps, and sweeps beside a daemon. No node is reset twice, and what the budgets allow is
 * allowed once for all of them.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { anneal, type Desk, desk, type Running, startAnneal, untilWatching } from '../anneal.ts'
import { autoFor, failNodes, QUICK } from '../fail-nodes.ts'
import { must, pause, readNode } from '../ironic.ts'
import { calm } from '../lab.ts'
import { changes, journal } from '../proxy-control.ts'
import { changesOf, explain, explained, marksOf, resetsOf, sweep } from '../reports.ts'

const NAMES = ['node-1', 'node-2', 'node-3', 'node-4'] as const
const Listed = z.object({ nodes: z.array(z.object({ uuid: z.string() })) })

/** The most nodes that Ironic had in `deleting` at one time, asked past the proxy ten times a second until stopped. */
function watchDeleting(): { stop(): Promise<number> } {
  let most = 0
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const { nodes } = Listed.parse(await must('GET', '/v1/nodes?provision_state=deleting'))
      most = Math.max(most, nodes.length)
      await pause(100)
    }
    return most
  })()
  return {
    stop: () => {
      isOver = true
      return watching
    },
  }
}

/** Mark and verb once for each of these nodes, each accepted, and nothing else. */
async function assertResetOnce(names: readonly string[]): Promise<void> {
  for (const name of names) {
    assert.deepEqual(
      (await changesOf(name)).map(({ method, status }) => [method, status]),
      [
        ['PATCH', 200],
        ['PUT', 202],
      ],
      name,
    )
    assert.equal((await marksOf(name)).length, 1)
    assert.equal((await readNode(name)).provision_state, 'available')
  }
}

after(calm)

describe('two sweeps at once', () => {
  let at: Desk
  let both: Awaited<ReturnType<typeof sweep>>[]
  let most: number

  before(async () => {
    await calm()
    await failNodes(NAMES)
    at = desk({ config: autoFor(...NAMES) })
    const deleting = watchDeleting()
    both = await Promise.all([sweep(at, '--wait'), sweep(at, '--wait')])
    most = await deleting.stop()
  })
  after(() => at?.clear())

  test('heal every node with one reset', async () => {
    await assertResetOnce(NAMES)
    for (const name of NAMES) {
      const { attempts, budget } = await explain(at, name)
      assert.deepEqual([attempts.length, budget.spent], [1, 1])
    }
  })

  test('never have more than one node of a switch in flight', () => assert.equal(most, 1))

  test('both end well', () =>
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
    ))
})

describe('sweeps beside a daemon, with two starts an hour for all', () => {
  const config = { ...autoFor(...NAMES), budgets: { ...QUICK, starts: { min: 2, share: 0.01 } } }
  let at: Desk
  let daemon: Running

  /** Nodes whose verb reached Ironic, and the others. */
  const parted = async () => {
    const counts = await Promise.all(NAMES.map(async (name) => [name, (await resetsOf(name)).length] as const))
    return { reset: counts.flatMap(([name, n]) => (n > 0 ? [name] : [])), left: counts.flatMap(([name, n]) => (n === 0 ? [name] : [])) }
  }

  before(async () => {
    await failNodes(NAMES)
    await journal(true)
    at = desk({ config })
    daemon = startAnneal(['run'], at)
    await Promise.all([sweep(at), sweep(at), sweep(at)])
    await untilWatching(daemon)
    for (const name of (await parted()).left) await explained(at, name, (told) => told.decision?.reason !== 'spacing')
  })
  after(async () => {
    await daemon?.kill('SIGTERM')
    at?.clear()
  })

  test('two nodes are reset once each and the others wait for the budget', async () => {
    for (const end = Date.now() + 60_000; (await parted()).reset.length < 2 && Date.now() < end; ) await pause(200)
    const { reset, left } = await parted()
    assert.deepEqual([reset.length, left.length], [2, 2])
    for (const name of reset) await explained(at, name, 'healed')
    await assertResetOnce(reset)
    for (const name of left) {
      const { decision, attempts } = await explained(at, name, 'fleet-budget')
      assert.match(decision?.message ?? '', /2 resets were begun within the last hour/)
      assert.deepEqual(attempts, [])
    }
  })

  test('a sweep with another policy beside the daemon only observes', async () => {
    const sent = (await changes()).length
    const { mode } = await sweep({ ...at, env: at.env }, '--mode', 'approve')
    assert.equal(mode, 'observe')
    assert.equal((await changes()).length, sent)
  })

  test('a second daemon on the same database does not start', async () => {
    const second = await anneal(['run'], at, { seconds: 20 })
    assert.ok(second.code !== null && second.code !== 0)
    assert.equal(second.stderr.trim().split('\n').length, 1)
  })

  test('the budget outlives a daemon that is killed, and its successor starts at once', async () => {
    await daemon.kill('SIGKILL')
    daemon = startAnneal(['run'], at)
    await untilWatching(daemon)
    await Promise.all([sweep(at), sweep(at)])
    const { reset, left } = await parted()
    assert.deepEqual([reset.length, left.length], [2, 2])
  })

  test("a person's `retry` is one reset more, for that node alone", async () => {
    const [name = ''] = (await parted()).left
    assert.equal((await anneal(['retry', name, '--why', 'the lab wants it back'], at)).code, 0)
    await explained(at, name, 'healed')
    const { reset } = await parted()
    assert.equal(reset.length, 3)
    await assertResetOnce(reset)
  })
})
