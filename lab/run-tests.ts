/**
 * `npm run lab:test`: the scenarios on the lab that is up; with `--services` those of lab/services on the variant with real Neutron, Placement and
 * Nova, with `--notifications` those of lab/notifications on the variant with a real RabbitMQ, which is brought up first. Every other argument
 * is handed to `node --test` as it is.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const VARIANTS: Record<string, { folder: string; env: Record<string, string> }> = {
  '--services': { folder: 'services', env: { AUTH: 'keystone', SERVICES: '1' } },
  '--notifications': { folder: 'notifications', env: { NOTIFY: '1' } },
}

const given = process.argv.slice(2)
const variant = VARIANTS[given.find((argument) => argument in VARIANTS) ?? '']

function run(command: string, args: string[], env: Record<string, string> = {}): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

if (variant !== undefined) run('bash', [join(import.meta.dirname, 'up.sh')], variant.env)
run(process.execPath, [
  ...['--test', '--test-reporter=./test/reporter.mjs', '--test-concurrency=1'],
  ...given.filter((argument) => !(argument in VARIANTS)),
  `lab/${variant?.folder ?? 'scenarios'}/*.test.ts`,
])
