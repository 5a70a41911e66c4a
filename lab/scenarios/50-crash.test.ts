/**
 * SIGKILL between two requests. The proxy holds the request at which Anneal is to die; all crashes happen together on desks and nodes of
 * their own, since what a crash leaves unsettled is settled 200 s later at the earliest (20 s deadline, 180 s beyond it), which no
 * configuration shortens.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Desk, desk, type Running, startAnneal } from '../anneal.ts'
import { autoFor, failNodes } from '../fail-nodes.ts'
import { pause, readNode, waitNode } from '../ironic.ts'
import { bmc, calm } from '../lab.ts'
import { uuidOf } from '../nodes.ts'
import { addRule, journal, release, untilHeld } from '../proxy-control.ts'
import { changesOf, type Explanation, explained, marksOf, resetsOf } from '../reports.ts'

/** Where each node's Anneal dies, which command that is, and what the node goes through. */
const POLL = 'node-5'
const CRASHES = {
  'node-1': { command: 'sweep', method: 'PATCH', action: 'hold' },
  'node-2': { command: 'run', method: 'PATCH', action: 'hold-reply' },
  'node-3': { command: 'sweep', method: 'PUT', action: 'hold-reply' },
  'node-4': { command: 'run', method: 'PUT', action: 'hold-reply' },
} as const
type Name = keyof typeof CRASHES
const CRASHED = ['node-1', 'node-2', 'node-3', 'node-4'] as const satisfies Name[]
const SETTLED_MS = 200_000

const desks = new Map<string, Desk>()
const deskOf = (name: string): Desk => {
  const made = desks.get(name) ?? desk({ config: { ...autoFor(name), poll: '10s' } })
  desks.set(name, made)
  return made
}
const daemons: Running[] = []
let crashedAt = 0
const markAtCrash: Record<string, string[]> = {}
const told: Record<string, Explanation> = {}

const pathOf = (name: Name) => (CRASHES[name].method === 'PUT' ? `/${uuidOf(name)}/states/provision` : `/v1/nodes/${uuidOf(name)}`)

/** Starts Anneal, waits until its request is held, and kills it there. The request is let go by `release`. */
async function killAt(name: string, command: 'sweep' | 'run', held: { method: string; path: string }): Promise<void> {
  const running = startAnneal([command], deskOf(name))
  await Promise.race([untilHeld(held.method, held.path), running.ended.then((ran) => assert.fail(`${name}: ended early: ${ran.stderr}`))])
  const { code, stdout } = await running.kill('SIGKILL')
  assert.deepEqual([code, stdout], [null, ''])
}

before(async () => {
  await calm()
  await failNodes([...CRASHED, POLL])
  // What a BMC answers to a power command is not what it answers to a probe: node-4's next tear-down fails as well.
  await bmc('fail', 4)

  await addRule({ method: 'GET', path: 'provision_state=deleting', times: 1, action: 'hold' })
  // A sweep, whose passes begin after its lists; a daemon's workers would be at the node already.
  await killAt(POLL, 'sweep', { method: 'GET', path: 'provision_state=deleting' })
  await release()

  for (const name of CRASHED) {
    const { method, action } = CRASHES[name]
    await addRule({ method, path: `${pathOf(name)}$`, times: 1, action })
  }
  await Promise.all(CRASHED.map((name) => killAt(name, CRASHES[name].command, { method: CRASHES[name].method, path: pathOf(name) })))
  await release()
  crashedAt = Date.now()
  await waitNode('node-3', 'available')
  await waitNode('node-4', 'error')
  await bmc('unfail', 4)
  for (const name of CRASHED) markAtCrash[name] = await marksOf(name)
  daemons.push(...[...CRASHED, POLL].map((name) => startAnneal(['run'], deskOf(name))))
  told[POLL] = await explained(deskOf(POLL), POLL, 'healed')
})

after(async () => {
  await Promise.all(daemons.map((daemon) => daemon.kill('SIGTERM')))
  for (const made of desks.values()) made.clear()
  await calm()
})

/** Every attempt in order. One that a busy machine kept from leaving in its time is not the crash's, and changes nothing. */
const story = (name: string) =>
  (told[name]?.attempts ?? [])
    .filter(({ reason }) => !/too late to be sent|too old/.test(String(reason)))
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .map(({ number, act, outcome, result }) =>
      [act, ...(number > 0 ? [number] : []), outcome, ...(result === null ? [] : [result])].join(' '),
    )

describe('killed during a poll', () => {
  test('it has lost nothing: the next start finds the node and heals it with one reset', async () => {
    assert.deepEqual(story(POLL), ['reset 1 accepted proven'])
    assert.equal((await resetsOf(POLL)).length, 1)
    assert.equal((await marksOf(POLL)).length, 1)
  })
})

describe('while what the crash left is not settled', () => {
  test('the intent stands for a request whose outcome nobody recorded, and is waited with', async () => {
    for (const name of CRASHED) {
      const { decision, attempts, budget } = await explained(deskOf(name), name, 'outcome-unknown')
      assert.equal(decision?.kind, 'wait')
      assert.deepEqual(
        attempts.map(({ act, outcome }) => [act, outcome]),
        [['reset', null]],
      )
      // It counts until it is known not to have happened: a crash must not make room for a fourth reset.
      assert.equal(budget.spent, 1)
    }
  })

  test('Ironic shows the mark wherever its request arrived', () => {
    assert.deepEqual(
      CRASHED.map((name) => markAtCrash[name]?.length),
      [0, 1, 1, 1],
    )
  })
})

describe('once it is settled', { concurrency: true }, () => {
  before(async () => {
    // Asking all the while would be four more processes at work beside the daemons.
    await pause(SETTLED_MS - (Date.now() - crashedAt))
    const waited = CRASHED.map(async (name) => {
      told[name] = await explained(deskOf(name), name, 'healed', SETTLED_MS / 1000 + 60)
    })
    await Promise.all(waited)
  })

  test('killed between intent and mark: nothing had happened, and one reset heals the node', async () => {
    assert.deepEqual(story('node-1'), ['reset 1 not-sent', 'reset 1 accepted proven'])
    assert.equal((await resetsOf('node-1')).length, 1)
    assert.equal((await marksOf('node-1')).length, 1)
    assert.equal(told['node-1']?.budget.spent, 1)
  })

  test('killed between mark and verb: the mark of the reset that never was is taken back, and one reset heals the node', async () => {
    assert.deepEqual(story('node-2'), ['reset 1 not-sent', 'unmark accepted', 'reset 1 accepted proven'])
    assert.equal((await resetsOf('node-2')).length, 1)
    const marks = await marksOf('node-2')
    assert.equal(marks.length, 1)
    assert.notDeepEqual(marks, markAtCrash['node-2'])
    assert.equal(told['node-2']?.budget.spent, 1)
  })

  test('killed between verb and outcome: the reset is known to have happened, and no second one is sent', async () => {
    assert.deepEqual(story('node-3'), ['reset 1 accepted proven'])
    assert.equal((await resetsOf('node-3')).length, 1)
    assert.deepEqual(await marksOf('node-3'), markAtCrash['node-3'])
    assert.equal(told['node-3']?.budget.spent, 1)
  })

  test('killed between verb and outcome of a reset that failed: it counts, and the next one is the second', async () => {
    assert.deepEqual(story('node-4'), ['reset 1 accepted failed', 'reset 2 accepted proven'])
    assert.equal((await resetsOf('node-4')).length, 2)
    const marks = await marksOf('node-4')
    assert.equal(marks.length, 2)
    assert.deepEqual(marks.slice(0, 1), markAtCrash['node-4'])
    assert.equal(told['node-4']?.budget.spent, 2)
  })

  test('no changing request went to a node between the crash and its settling', async () => {
    for (const name of CRASHED) {
      const [crashed] = (await journal()).filter((entry) => entry.action?.startsWith('hold') && entry.path.includes(uuidOf(name)))
      const next = (await changesOf(name)).find((entry) => entry.time > (crashed?.time ?? ''))
      if (next === undefined) continue
      const gap = Date.parse(next.time) - Date.parse(crashed?.time ?? '')
      assert.ok(gap >= SETTLED_MS - 2_000, `${name}: ${next.method} came ${gap} ms after the crash`)
    }
  })

  test('every node is available and free', async () => {
    for (const name of [...CRASHED, POLL]) {
      const { provision_state, maintenance, instance_uuid } = await readNode(name)
      assert.deepEqual([provision_state, maintenance, instance_uuid], ['available', false, null])
    }
  })
})
