/**
 * `npm run fuzz -- --runs N [--seed S] [FILE…]`: the fuzz tests of test/fuzz with more runs and, where none is given, a fresh seed. It says the
 * seed first; a failure is found again with the same seed and runs. What costs more is run more seldom (test/fuzz/runs.ts).
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '2000' }, seed: { type: 'string' } },
  allowPositionals: true,
})
const whole = (name: string, text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  process.stderr.write(`--${name} is ${text}: it must be a whole number.\n`)
  process.exit(64)
}
const runs = whole('runs', values.runs)
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : whole('seed', values.seed)
process.stdout.write(`seed ${seed}, ${runs} runs; the same again: npm run fuzz -- --runs ${runs} --seed ${seed}\n`)
const files = positionals.length > 0 ? positionals : ['test/fuzz/*.test.ts']
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=./test/reporter.mjs', '--test-concurrency=1', ...files], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, ANNEAL_FUZZ_RUNS: String(runs), ANNEAL_FUZZ_SEED: String(seed) },
})
process.exitCode = status ?? 1
