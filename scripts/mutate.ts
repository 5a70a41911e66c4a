/**
 * Mutation testing of the judgement (src/core): Stryker changes one thing at a time and runs the core's tests on it; a change that no
 * test notices is a rule that nobody holds. Prints the score by file and every survivor, and fails below SCORE_MIN or on a survivor that
 * test/mutation/argued.json does not argue. The signatures of error texts are data with an example each and are left out.
 *
 *     npm run mutate                        all of it
 *     npm run mutate -- src/core/gates.ts   these files alone
 */
import { readdirSync, readFileSync } from 'node:fs'
import { Stryker } from '@stryker-mutator/core'
import { compilerRefuses } from '../test/mutation/compiler.ts'
import { judge, type Mutant, report } from '../test/mutation/verdict.ts'

/** What the suite reached when this was last raised, rounded down; it only goes up. */
const SCORE_MIN = 99

const root = new URL('..', import.meta.url)
process.chdir(root.pathname)
// One in so many of the exhaustive test's combinations: it runs once for each of some thousands of mutants.
process.env['EXHAUSTIVE_ONE_IN'] = '17'

// The first that fails is the last that runs: what notices most comes first, what takes longest last; axes-* hold no tests of their own.
const FIRST = 'in-words.test.ts'
const LAST = 'decide.exhaustive.test.ts'
const others = readdirSync('src/core').filter(
  (name) => name.endsWith('.test.ts') && !name.startsWith('axes-') && name !== FIRST && name !== LAST,
)
const named = process.argv.slice(2)
// Where some files are named, their own tests notice most of what is changed in them.
const own = others.filter((name) => named.includes(`src/core/${name.replace('.test.ts', '.ts')}`))
const testFiles = [...new Set([...own, FIRST, ...others.sort(), LAST])].map((name) => `src/core/${name}`)

const results = await new Stryker({
  testRunner: 'tap',
  plugins: [import.meta.resolve('@stryker-mutator/tap-runner')],
  tap: { testFiles, nodeArgs: ['--test-reporter=tap', '-r', '{{hookFile}}', '{{testFile}}'], forceBail: true },
  mutate: named.length > 0 ? named : ['src/core/*.ts', '!src/core/*.test.ts', '!src/core/signatures.ts'],
  ignorePatterns: ['bench', 'bin', 'dashboard', 'dist', 'docs', 'lab', 'man', 'scripts', 'test/samples'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // Endless loops end by Stryker's count of hits; the clock is only for what hangs otherwise, on a busy machine too.
  timeoutMS: 60_000,
  reporters: ['progress-append-only'],
  tempDirName: 'coverage/mutation',
  allowConsoleColors: false,
}).runMutationTest()

const mutants: Mutant[] = results.map(({ fileName, location, mutatorName, replacement, status }) => {
  const source = readFileSync(fileName, 'utf8')
  return { file: fileName.slice(process.cwd().length + 1), source, location, mutator: mutatorName, replacement: replacement ?? '', status }
})
const argued = JSON.parse(readFileSync('test/mutation/argued.json', 'utf8'))
const verdict = judge(mutants, argued, compilerRefuses)
process.stdout.write(report(verdict, SCORE_MIN))
process.exitCode = verdict.score >= SCORE_MIN && verdict.unargued.length === 0 && verdict.stale.length === 0 ? 0 : 1
