/** A census that shrank, and the word of a person who took the nodes away. */
import assert from 'node:assert/strict'
import { scenario } from '../../test/sim-operator.ts'
import { MINUTE } from '../core/policy.ts'
import { believeCensus } from './believe-census.ts'
import { CommandError } from './command-error.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const word = { cloud: null, by: 'pat', why: 'rack 7 was sold' }

scenario(
  "with a doubtful census nothing is started; a person's word makes its size believed, and is audited",
  { nodes: 20 },
  async (op) => {
    op.people.fail('node-1', BLIP)
    for (let number = 10; number <= 20; number += 1) op.people.remove(`node-${number}`)
    await op.sweepFor(8 * MINUTE, 4 * MINUTE)
    assert.deepEqual([op.said('node-1'), op.sent()], ['wait census-doubtful', []])
    const said = await believeCensus(op.store, word)
    assert.deepEqual([said.changed, said.message], [true, 'The census of sim is believed: 9 nodes instead of 20. Work there goes on.'])
    await op.sweepUntil(() => op.resets() === 1, 10 * MINUTE)
    const [first] = (await op.store.audit({ by: 'pat' })).map(({ kind, message }) => `${kind}: ${message}`)
    assert.equal(first, 'census: The census of sim is believed: 9 nodes instead of 20. rack 7 was sold')
  },
)

scenario('what is not in doubt needs no word, and an empty census is never believed', { nodes: 5 }, async (op) => {
  assert.equal((await believeCensus(op.store, word)).changed, false)
  for (let number = 1; number <= 5; number += 1) op.people.remove(`node-${number}`)
  await op.sweep()
  const isRefused = (error: unknown) => error instanceof CommandError && error.kind === 'conflict'
  await assert.rejects(believeCensus(op.store, word), isRefused)
  const isUnknown = (error: unknown) => error instanceof CommandError && error.kind === 'not-found'
  await assert.rejects(believeCensus(op.store, { ...word, cloud: 'elsewhere' }), isUnknown)
})
