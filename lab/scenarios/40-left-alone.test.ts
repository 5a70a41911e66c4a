/**
 * Nodes in `error` that Anneal must leave alone, or must let go of at the last moment, in mode auto and with every budget open. Each node
 * would be reset at once but for the one thing that a test names.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { anneal, type Desk, desk, type Running, startAnneal, untilWatching } from '../anneal.ts'
import { autoFor, failNodes } from '../fail-nodes.ts'
import { type LabNode, patchNode, readNode, setExtra, setMaintenance, undeploy, waitNode } from '../ironic.ts'
import { bmc, calm, forceProtected, restartIronic, setLock } from '../lab.ts'
import { enrolNode, uuidOf } from '../nodes.ts'
import { addRule, changes, journal, release, untilHeld } from '../proxy-control.ts'
import { changesOf, explain, explained, marksOf, resetsOf, sweep } from '../reports.ts'
import { setStubs, stubJournal } from '../stubs-control.ts'

const ALL = ['node-1', 'node-2', 'node-3', 'node-4', 'node-5', 'node-6'] as const

const desks: Desk[] = []
const deskFor = (...names: string[]): Desk => {
  const made = desk({ config: autoFor(...names) })
  desks.push(made)
  return made
}

const provisionOf = (name: string) => `/${uuidOf(name)}/states/provision$`

before(async () => {
  await calm()
  await failNodes(['node-1', 'node-2', 'node-3', 'node-6'])
  await failNodes(['node-4', 'node-5'], { behind: 'nova' })
})
after(async () => {
  for (const made of desks) made.clear()
  await calm()
  await restartIronic({ SYNC: 10, RECOVER: 20 })
})

describe('a sweep over nodes that are not to be touched', () => {
  const reasons: Record<string, string> = {
    'node-1': 'leave maintenance-by-person',
    'node-2': 'escalate protected',
    'node-3': 'wait locked',
    'node-4': 'leave instance-may-live',
    'node-5': 'leave instance-may-live',
    'node-6': 'wait held',
  }
  let stood: LabNode[]
  let swept: Awaited<ReturnType<typeof sweep>>
  let at: Desk

  before(async () => {
    await setMaintenance('node-1', 'cable check')
    await forceProtected('node-2', true)
    await setLock('node-3', 'lab')
    await patchNode('node-5', [{ op: 'add', path: '/instance_uuid', value: uuidOf('instance-of-node-5') }])
    // Any value holds: only the key counts.
    await setExtra('node-6', 'anneal_hold', false)
    stood = await Promise.all(ALL.map(readNode))
    at = deskFor(...ALL)
    await sweep(at)
    swept = await sweep(at)
  })

  for (const [name, reason] of Object.entries(reasons)) {
    test(`${name} is told as ${reason}`, () => {
      const decision = swept.of(name)?.decision
      assert.equal(`${decision?.kind} ${decision?.reason}`, reason)
      assert.equal(swept.of(name)?.outcome, null)
    })
  }

  test('nothing that could change anything was sent, and each node is exactly as it was', async () => {
    assert.deepEqual(await changes(), [])
    assert.deepEqual(await Promise.all(ALL.map(readNode)), stood)
  })

  test('a person is asked for by the exit code, and told which server lives on the node', () => {
    assert.equal(swept.code, 2)
    assert.match(swept.of('node-1')?.decision?.message ?? '', /cable check/)
    const servers = ['node-4', 'node-5'].map((name) => [swept.of(name)?.decision?.message ?? '', uuidOf(`instance-of-${name}`)] as const)
    for (const [message, id] of servers) assert.ok(message.includes(id), message)
  })

  test('a maintenance that the person ends is not held against the node', async () => {
    await setMaintenance('node-1', null)
    const { decision, outcome } = (await sweep(at)).of('node-1') ?? {}
    assert.deepEqual([decision?.kind, decision?.act, outcome?.kind], ['act', 'reset', 'accepted'])
    await waitNode('node-1', 'available')
    assert.equal((await marksOf('node-1')).length, 1)
  })
})

describe('a node that could be reset', () => {
  before(async () => {
    await patchNode('node-6', [{ op: 'remove', path: '/extra/anneal_hold' }])
    await journal(true)
    await stubJournal(true)
  })

  test('mode observe, which is the default, says what it would do and sends only reads', async () => {
    const { mode: _, ...config } = autoFor('node-6')
    const at = desk({ config })
    desks.push(at)
    const told = (await sweep(at)).of('node-6')
    assert.deepEqual([told?.decision?.kind, told?.decision?.reason, told?.decision?.act], ['wait', 'observe-only', 'reset'])
    assert.deepEqual(
      (await journal()).filter(({ method }) => method !== 'GET'),
      [],
    )
    assert.deepEqual(
      (await stubJournal()).filter(({ method }) => method !== 'GET'),
      [],
    )
  })

  for (const mode of ['503', 'refused'] as const) {
    test(`is waited with while Nova cannot be asked (${mode})`, async () => {
      await setStubs({ nova: mode })
      const told = (await sweep(deskFor('node-6'))).of('node-6')
      assert.deepEqual([told?.decision?.kind, told?.decision?.reason], ['wait', 'nova-unreadable'])
    })
  }

  test('a Nova whose token is no administrator refuses mode auto with 78, and blocks in observe', async () => {
    await setStubs({ nova: 'nonadmin' })
    const at = deskFor('node-6')
    const refused = await anneal(['sweep', '-o', 'json'], at)
    assert.equal(refused.code, 78)
    const { error } = z.object({ error: z.object({ what: z.string(), message: z.string(), fix: z.string() }) }).parse(refused.json)
    assert.match(`${error.what} ${error.message} ${error.fix}`, /nova/i)
    assert.equal((await sweep(at, '--mode', 'observe')).of('node-6')?.decision?.reason, 'nova-unreadable')
  })

  test('a daemon whose token stops being an administrator resets nothing until it is one again', async () => {
    await setStubs({ nova: 'ok' })
    await setExtra('node-6', 'anneal_hold', 'until Nova has changed')
    const at = deskFor('node-6')
    await sweep(at)
    const daemon = startAnneal(['run'], at)
    try {
      // Its own check of the start is over then: from now on only its passes can notice.
      await untilWatching(daemon)
      await setStubs({ nova: 'nonadmin' })
      await patchNode('node-6', [{ op: 'remove', path: '/extra/anneal_hold' }])
      await anneal(['retry', 'node-6', '--why', 'the hold is gone'], at)
      const told = await explained(at, 'node-6', 'nova-unreadable')
      assert.equal(told.decision?.kind, 'wait')
    } finally {
      await daemon.kill('SIGTERM')
      await setStubs({ nova: 'ok' })
    }
    assert.deepEqual(await changesOf('node-6'), [])
  })
})

describe('at the last moment', () => {
  test('a node that somebody locks between mark and verb is not reset, and its mark is taken back before the next try', async () => {
    const at = deskFor('node-6')
    await addRule({ method: 'PUT', path: provisionOf('node-6'), times: 1, action: 'hold' })
    const sweeping = sweep(at)
    await Promise.race([untilHeld('PUT', uuidOf('node-6')), sweeping])
    await setLock('node-6', 'lab')
    await release()
    const told = (await sweeping).of('node-6')
    assert.deepEqual([told?.decision?.act, told?.outcome?.kind], ['reset', 'refused'])
    assert.equal((await marksOf('node-6')).length, 1)

    // While the lock stands the mark is owed, and nothing is sent for it.
    const sent = (await changesOf('node-6')).length
    assert.equal((await sweep(at)).of('node-6')?.decision?.reason, 'locked')
    assert.equal((await changesOf('node-6')).length, sent)
    await setLock('node-6', null)
    assert.equal((await sweep(at)).of('node-6')?.decision?.act, 'unmark')
    assert.deepEqual(await marksOf('node-6'), [])

    assert.equal((await sweep(at)).of('node-6')?.outcome?.kind, 'accepted')
    await waitNode('node-6', 'available')
    assert.equal((await marksOf('node-6')).length, 1)
    assert.deepEqual(
      (await resetsOf('node-6')).map(({ status }) => status),
      [409, 202],
    )
    const { attempts, budget } = await explain(at, 'node-6')
    attempts.sort((a, b) => a.at.localeCompare(b.at))
    assert.deepEqual(
      attempts.map(({ act, outcome }) => `${act} ${outcome}`),
      ['reset refused', 'unmark accepted', 'reset accepted'],
    )
    assert.equal(budget.spent, 1)
  })

  test('a node that became active between observation and mark keeps its new instance', async () => {
    await setLock('node-3', null)
    const at = deskFor('node-3')
    await addRule({ method: 'PATCH', path: `/${uuidOf('node-3')}$`, times: 1, action: 'hold' })
    const sweeping = sweep(at)
    await Promise.race([untilHeld('PATCH', uuidOf('node-3')), sweeping])
    await undeploy('node-3')
    await enrolNode('node-3', { instance: true })
    await release()
    const told = (await sweeping).of('node-3')
    assert.deepEqual([told?.decision?.act, told?.outcome?.kind], ['reset', 'not-sent'])
    assert.match(told?.outcome?.reason ?? '', /provision_state/)

    await sweep(at)
    await sweep(at)
    const node = await readNode('node-3')
    assert.deepEqual([node.provision_state, node.instance_uuid], ['active', uuidOf('instance-of-node-3')])
    assert.deepEqual(await resetsOf('node-3'), [])
    const { result, budget } = await explain(at, 'node-3')
    assert.deepEqual([result, budget.spent], ['launched', 0])
  })
})

describe("Ironic's own fault over a failed node", () => {
  const NAMES = ['node-1', 'node-2'] as const
  let at: Desk
  let daemon: Running

  before(async () => {
    await setLock('node-3', null)
    await forceProtected('node-2', false)
    await failNodes(NAMES)
    await bmc('stop', 1, 2)
    await restartIronic({ SYNC: 2, RECOVER: 3 })
    await Promise.all(NAMES.map((name) => waitNode(name, (node) => node.fault === 'power failure')))
    await setMaintenance('node-2', 'cable check')
    await journal(true)
    at = deskFor(...NAMES)
    await sweep(at)
    daemon = startAnneal(['run'], at)
  })
  after(() => daemon?.kill('SIGTERM'))

  test('is waited for, and a person who puts a maintenance over it is the one who is named', async () => {
    assert.equal((await explained(at, 'node-1', 'power-failure')).decision?.kind, 'wait')
    const told = await explained(at, 'node-2', 'maintenance-by-person')
    assert.equal(told.decision?.kind, 'leave')
    assert.match(told.decision?.message ?? '', /cable check/)
    assert.deepEqual(await changes(), [])
  })

  test("when Ironic lifts its fault and with it the person's maintenance, the one node is healed and the other stays held", async () => {
    await bmc('start', 1, 2)
    for (const name of NAMES) await waitNode(name, (node) => !node.maintenance && node.fault === null)
    const held = await explained(at, 'node-2', 'held')
    assert.match(held.decision?.message ?? '', /cable check/)
    await explained(at, 'node-1', 'healed')
    assert.equal((await explain(at, 'node-2')).decision?.reason, 'held')
    assert.deepEqual(await changesOf('node-2'), [])
  })

  test('`unhold` gives that node back and it is healed', async () => {
    assert.equal((await anneal(['unhold', 'node-2', '--why', 'the cable is fine'], at)).code, 0)
    assert.equal((await explained(at, 'node-2', 'healed')).result, 'healed')
    assert.equal((await resetsOf('node-2')).length, 1)
    assert.equal((await marksOf('node-2')).length, 1)
  })
})
