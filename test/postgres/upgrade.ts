/** Two versions of Anneal on one PostgreSQL, as while its replicas are replaced one by one: the older ones stop where they are, the newer one goes on. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { MINUTE, SECOND } from '../../src/core/policy.ts'
import { SCHEMA_VERSION } from '../../src/store/migrations.ts'
import { brokenBy } from '../promises.ts'
import { type Point, type SimOperator, simOperator } from '../sim-operator.ts'
import type { Cluster } from './cluster.ts'
import { type NextVersion, nextVersion } from './next-version.ts'
import { simHome } from './sim-home.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const OVERTAKEN = new RegExp(`written by a newer anneal \\(schema ${SCHEMA_VERSION + 1}, this one knows ${SCHEMA_VERSION}\\)`)

/** Two replicas of this version at work on a database, and how one of the next version joins them. */
async function inUpgrade(
  { cluster, template, next }: { cluster: Cluster; template: string; next: NextVersion },
  body: (two: { older: readonly [SimOperator, SimOperator]; newer(): Promise<SimOperator> }) => Promise<void>,
): Promise<void> {
  const { place } = await cluster.database(template)
  const home = simHome(place)
  const op = await simOperator({ nodes: 12, home })
  try {
    const other = await op.beside()
    await body({ older: [op, other], newer: () => op.beside({ home: home.as(next.postgresStoreOver) }) })
    assert.deepEqual(brokenBy(op.cloud), [], 'promises')
  } finally {
    await op.close()
  }
}

export function upgradeTests(cluster: Cluster, template: string): void {
  describe('replicas that are replaced one by one by the next version', () => {
    let next: NextVersion | null = null
    before(async () => {
      next = await nextVersion()
    })
    after(() => next?.remove())
    const upgrade = (name: string, body: Parameters<typeof inUpgrade>[1]): void =>
      void test(name, () => inUpgrade({ cluster, template, next: next ?? assert.fail('there is no next version') }, body))

    for (const point of ['observed', 'marked', 'verbed'] as const satisfies Point[])
      upgrade(`the newer one starts as an older one has ${point}: the node is healed with one reset`, async ({ older, newer }) => {
        const stops = older.map((one) => one.daemon())
        const [op] = older
        await op.clock.advance(20 * SECOND)
        const joined: SimOperator[] = []
        const join = async () => {
          if (joined.length > 0) return
          const one = await newer()
          joined.push(one)
          stops.push(one.daemon())
        }
        op.people.fail('node-1', BLIP)
        await op.clock.advance(MINUTE)
        for (const one of older) one.at(point, join)
        await op.clock.advance(4 * MINUTE)
        for (const stop of stops) await stop()
        assert.equal(joined.length, 1, 'nothing was begun')
        assert.deepEqual([op.resets(), op.node('node-1').row.provision_state], [1, 'available'])
        for (const one of older) assert.match(one.logged.join('\n'), OVERTAKEN)
        assert.doesNotMatch(joined[0]?.logged.join('\n') ?? '', OVERTAKEN)
      })

    upgrade('from then on the older ones send nothing that changes anything, however many nodes fail', async ({ older, newer }) => {
      const [op] = older
      const stops = older.map((one) => one.daemon())
      await op.clock.advance(20 * SECOND)
      await newer()
      for (const name of ['node-1', 'node-2', 'node-3']) op.people.fail(name, BLIP)
      await op.clock.advance(4 * MINUTE)
      for (const stop of stops) await stop()
      assert.deepEqual(op.sent(), [])
      for (const one of older) assert.match(one.logged.join('\n'), OVERTAKEN)
    })
  })
}
