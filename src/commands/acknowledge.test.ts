/** "I have seen it": what it comes to for a person, and what it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onFile } from '../../test/on-file.ts'
import { CLOUD, keyOf, pass, seenNode, wait } from '../../test/store/given.ts'
import { acknowledgeById } from './acknowledge.ts'
import { CommandError } from './command-error.ts'
import { listNodes } from './list-nodes.ts'
import { needsPerson } from './node-report.ts'

const escalated = { kind: 'escalate', reason: 'bmc-silent', message: 'Silent.', until: null, act: null } as const
const word = (id: string) => ({ id, by: 'pat', why: 'vendor comes' })

test('a node whose case somebody has seen needs nobody, until its decision is another', () =>
  onFile(async ({ store, clock }) => {
    await store.seen(CLOUD, [seenNode(1, { provision_state: 'error' })], { complete: true })
    await pass(store, 1, escalated)
    const id = (await store.caseOf(keyOf(1)))?.id ?? ''
    const asked = async () => (await listNodes(store, { cloud: CLOUD, state: null, all: false })).map(needsPerson)
    assert.deepEqual(await asked(), [true])
    const { changed, message } = await acknowledgeById(store, word(id))
    assert.ok(changed && message.includes('until it changes'))
    assert.deepEqual(await asked(), [false])
    assert.deepEqual((await acknowledgeById(store, word(id))).changed, false)
    assert.deepEqual((await acknowledgeById(store, { ...word(id), why: 'vendor is late' })).changed, true)
    clock.move(60_000)
    await pass(store, 1, escalated)
    assert.deepEqual(await asked(), [false])
    await pass(store, 1, wait(clock.now() + 60_000))
    await pass(store, 1, { ...escalated, reason: 'bmc-refusing' })
    assert.deepEqual(await asked(), [true])
  }))

test('an id of nothing is refused with where to look', () =>
  onFile(async ({ store }) => {
    for (const [id, fix] of [
      ['c-xxxxxxxx', /anneal cases/],
      ['i-xxxxxxxx', /anneal incidents/],
      ['node-1', /anneal cases/],
    ] as const)
      await assert.rejects(acknowledgeById(store, word(id)), (error) => error instanceof CommandError && fix.test(error.fix))
  }))
