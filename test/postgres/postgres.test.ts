/**
 * All that is tried on a real PostgreSQL, over one server of the tests' own. Where none is installed this half is not run, and says so;
 * `npm run test:postgres` fails there.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { postgresPrograms, startCluster } from './cluster.ts'
import { contractOnPostgres, templateOn } from './contract.ts'
import { moveTests } from './move.ts'
import { processTests } from './processes.ts'
import { replicaTests } from './replicas.ts'
import { serverTests } from './server.ts'
import { upgradeTests } from './upgrade.ts'

const programs = postgresPrograms()
if (programs === null) {
  const why = 'NOT RUN: the tests on PostgreSQL, of which no server is installed here (Debian: apt install postgresql)'
  const isWanted = process.env['ANNEAL_TEST_POSTGRES'] === 'must'
  test('the store on PostgreSQL', { skip: isWanted ? false : why }, () => assert.fail(why))
} else {
  const cluster = await startCluster(programs)
  after(() => cluster.remove())
  const template = await templateOn(cluster)
  contractOnPostgres(cluster, template)
  serverTests(cluster, template)
  moveTests(cluster, template)
  replicaTests(cluster, template)
  upgradeTests(cluster, template)
  processTests(cluster)
}
