/**
 * `npm run lab:test`: the scenarios on the lab that is up, or with `--services` those of lab/services on the variant with real Neutron,
 * Placement and Nova, which is brought up first. Every other argument is handed to `node --test` as it is.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const given = process.argv.slice(2)
const withServices = given.includes('--services')

function run(command: string, args: string[], env: Record<string, string> = {}): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

if (withServices) run('bash', [join(import.meta.dirname, 'up.sh')], { AUTH: 'keystone', SERVICES: '1' })
run(process.execPath, [
  ...['--test', '--test-reporter=./test/reporter.mjs', '--test-concurrency=1'],
  ...given.filter((argument) => argument !== '--services'),
  `lab/${withServices ? 'services' : 'scenarios'}/*.test.ts`,
])
