/**
 * BMCs go silent while tenants leave: one tear-down fails in Ironic's own way, two more are cut off by the conductor's death, which
 * leaves `instance_uuid` behind. Power sync is at its real interval here, so Ironic itself does not notice within the test.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Desk, desk, type Running, startAnneal } from '../anneal.ts'
import { provision, readNode, waitNode } from '../ironic.ts'
import { bmc, calm, deleteInstance, killConductor, restartIronic } from '../lab.ts'
import { freshNode } from '../nodes.ts'
import { changes } from '../proxy-control.ts'
import { changesOf, type Explanation, explain, explained, marksOf, resetsOf, sweep } from '../reports.ts'
import { putAllocations, putServer } from '../stubs-control.ts'

const NAMES = ['node-1', 'node-2', 'node-3'] as const

/** Seconds in place of minutes. The three nodes share everything, so without the incident's raised number they would be one incident. */
const config = {
  mode: 'auto',
  poll: '1s',
  budgets: {
    look: '2s',
    spacing: ['1s'],
    jitter: 0,
    soak: '3s',
    waitForNova: '10s',
    undeadGap: '1m',
    incident: { cases: 100 },
  },
}

let at: Desk
let daemon: Running
let instances: Record<string, string>
const silent: Record<string, Explanation> = {}
let sentWhileSilent: unknown[]
const healed: Record<string, Explanation> = {}

/** What a tenant's delete leaves behind where the conductor dies in the middle: the server in ERROR, its delete on record. */
async function novaGaveUp(id: string): Promise<void> {
  const start_time = new Date().toISOString().slice(0, 19)
  await putServer(id, { status: 'ERROR', vm_state: 'error', task_state: null, actions: [{ action: 'delete', start_time }] })
}

before(async () => {
  await calm()
  await restartIronic({ SYNC: 60, RECOVER: 20 })
  const nodes = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => freshNode(`node-${n}`, { instance: true })))
  instances = Object.fromEntries(nodes.map((node) => [node.name, node.instance_uuid ?? '']))
  at = desk({ config })
  assert.deepEqual((await sweep(at)).nodes, [])

  await bmc('freeze', 1, 2, 3)
  for (const name of ['node-2', 'node-3']) assert.equal(await provision(name, 'deleted'), 202)
  for (const name of ['node-2', 'node-3']) await waitNode(name, (node) => node.provision_state === 'deleting' && node.reservation !== null)
  await killConductor()
  await restartIronic()
  for (const name of ['node-2', 'node-3']) await waitNode(name, 'error')
  // node-2's server is archived: Nova knows nothing of it any more. node-3's stands in ERROR until its owner deletes it again.
  await putServer(instances['node-2'] ?? '', { deleted: true, status: 'DELETED', vm_state: 'deleted' })
  await putAllocations((await readNode('node-2')).uuid, [])
  await novaGaveUp(instances['node-3'] ?? '')
  await deleteInstance('node-1')

  daemon = startAnneal(['run'], at)
  await Promise.all(
    ['node-1', 'node-3'].map(async (name) => {
      silent[name] = await explained(at, name, (told) => told.decision?.reason === 'bmc-silent', 60)
    }),
  )
  silent['node-2'] = await explained(at, 'node-2', 'waiting-for-nova', 30)
  // Nova is believed after its second answer; from then on the silent BMC is what is waited for.
  silent['node-2'] = await explained(at, 'node-2', 'bmc-silent', 90)
  sentWhileSilent = await changes()
  await bmc('thaw', 1, 2, 3)
  // Nova's record still holds the node after the reset; only its owner's second delete frees it.
  await explained(at, 'node-3', 'proof-pending', 60)
  await putServer(instances['node-3'] ?? '', { deleted: true, status: 'DELETED', vm_state: 'deleted' })
  await putAllocations((await readNode('node-3')).uuid, [])
  await Promise.all(
    NAMES.map(async (name) => {
      healed[name] = await explained(at, name, 'healed', 60)
    }),
  )
})

after(async () => {
  await daemon?.kill('SIGTERM')
  at?.clear()
  await calm()
  await restartIronic({ SYNC: 10 })
})

describe('while the BMCs are silent', () => {
  test('nothing is sent and no attempt is spent', async () => {
    assert.deepEqual(sentWhileSilent, [])
    for (const name of NAMES) {
      assert.deepEqual(silent[name]?.attempts, [])
      assert.equal(silent[name]?.budget.spent, 0)
      assert.equal(silent[name]?.decision?.kind, 'wait')
      assert.equal(silent[name]?.decision?.act, 'reset')
      assert.match(silent[name]?.decision?.message ?? '', /does not answer: .* while this host reaches the BMC at .*No attempt is spent/)
    }
  })
})

describe('when the BMCs answer again', () => {
  test('each node is reset once, is available, and carries exactly one timestamp', async () => {
    for (const name of NAMES) {
      const node = await readNode(name)
      assert.equal(node.provision_state, 'available')
      assert.equal(node.maintenance, false)
      assert.equal(node.instance_uuid, null)
      const marks = await marksOf(name)
      assert.equal(marks.length, 1)
      assert.ok(!Number.isNaN(Date.parse(marks[0] ?? '')))
      assert.deepEqual(
        (await changesOf(name)).map(({ method, body, status }) => [method, method === 'PUT' ? body : null, status]),
        [
          ['PATCH', null, 200],
          ['PUT', { target: 'deleted' }, 202],
        ],
      )
      // The mark counts even where the verb is lost, so it stands before the verb.
      const [mark] = healed[name]?.attempts ?? []
      assert.equal(mark?.['mark'], marks[0])
    }
  })

  test('explain tells the story of a node whose instance was long gone', () => {
    const told = healed['node-1']
    assert.equal(told?.result, 'healed')
    assert.equal(told?.diagnosis?.cause, 'bmc-unreachable')
    assert.ok(told?.diagnosis?.evidence.some((line) => line.includes('Failed to tear down: IPMI call failed: power status.')))
    assert.deepEqual(
      told?.timeline.map(({ kind }) => kind).filter((kind, index, all) => kind !== all[index - 1]),
      ['opened', 'wait', 'act', 'outcome', 'wait', 'settled', 'wait', 'resolve'],
    )
    assert.deepEqual(
      told?.attempts.map(({ number, act, outcome, result }) => ({ number, act, outcome, result })),
      [{ number: 1, act: 'reset', outcome: 'accepted', result: 'proven' }],
    )
  })

  test('an instance that Nova does not know twice, a minute apart, does not stop the reset of a node that a dead conductor left it on', () => {
    const told = healed['node-2']
    const reasons = told?.timeline.map(({ message }) => message).join('\n') ?? ''
    assert.match(reasons, new RegExp(`Nova does not know instance ${instances['node-2']}; it is asked a second time`))
    assert.match(reasons, new RegExp(`Nova does not know instance ${instances['node-2']}, asked twice`))
    assert.ok(told?.diagnosis?.evidence.some((line) => line.includes("can't be resumed by conductor")))
  })

  test("an instance in Nova's ERROR whose delete is on record waits for Nova's own try, is reset, and is healed once its owner deleted it again", () => {
    const told = healed['node-3']
    const story = told?.timeline.map(({ message }) => message) ?? []
    const at = (pattern: RegExp) => story.findIndex((line) => pattern.test(line))
    assert.ok(at(/Reset 1 of 3/) > 0)
    assert.ok(at(/Nova is still deleting server .* once more/) > at(/Reset 1 of 3/))
  })

  test('no reset is sent twice and nothing more is sent afterwards', async () => {
    for (const name of NAMES) assert.equal((await resetsOf(name)).length, 1)
    const before = (await changes()).length
    assert.deepEqual((await sweep(at)).nodes, [])
    assert.equal((await changes()).length, before)
    assert.equal((await explain(at, 'node-1')).budget.spent, 1)
  })
})
