/**
 * The command line with arguments, standard input and a cloud of any kind: it ends with one of its exit codes, says what is wrong in a line,
 * and never calls anything unexpected, which is its word for a bug. What runs until it is stopped (run, demo, simulate) is left out.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after } from 'node:test'
import fc from 'fast-check'
import { runProgram } from '../../src/cli/program.ts'
import type { Transport } from '../../src/core/seams.ts'
import { seededIds, seededRandom } from '../../src/simulator/seeded.ts'
import { type SimOperator, simOperator } from '../sim-operator.ts'
import { change } from './meddle.ts'
import { fuzz } from './runs.ts'
import { type Meddling, QUESTIONS, roadWith } from './services.ts'
import { spelt, strangeBody, strangeText } from './strange.ts'

const folder = mkdtempSync(join(tmpdir(), 'anneal-fuzz-'))
after(() => rmSync(folder, { recursive: true }))

type Typed = { args: string[]; input?: string; env?: Record<string, string>; transport?: Transport }

async function typed(
  op: SimOperator,
  { args, input = '', env = {}, transport = op.cloud.transport }: Typed,
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const to = (name: 'out' | 'err') => ({ write: (text: string) => (said[name] += text), isTTY: false, columns: () => null })
  const seams = { clock: op.clock, random: () => 0.5, newId, transport, datagram: op.cloud.datagram }
  const login = op.cloud.credentials('admin')
  const around = {
    ...{ HOME: folder, ANNEAL_DATABASE: join(folder, 'anneal.db'), OS_AUTH_URL: login.authUrl },
    ...{ OS_USERNAME: login.user, OS_PASSWORD: login.password, OS_PROJECT_NAME: 'admin', ...env },
  }
  const stdin = { isTTY: false, lines: () => Readable.from(input.split('\n')), keys: () => () => {} }
  const io = {
    out: to('out'),
    err: to('err'),
    input: stdin,
    env: around,
    cwd: folder,
    user: 'pat',
    version: '0',
    dashboard: '',
    seams,
    newSecret: () => 'secret',
    readFile: () => null,
  }
  const code = await op.clock.run(runProgram(args, { ...io, onStop: () => () => {} }))
  return { code, ...said }
}

function isFine({ code, out, err }: { code: number; out: string; err: string }, args: string[]): void {
  const what = `${args.join(' ')}: ${code} ${err}`.slice(0, 500)
  assert.ok([0, 1, 2, 64, 78].includes(code), what)
  assert.doesNotMatch(err, /unexpected|bug of Anneal|\n\s+at /, what)
  if (code === 64 || code === 78) assert.ok(err.trimEnd().split('\n').length === 1 || out !== '', what)
}

const COMMANDS = [
  ...[
    'check',
    'sweep',
    'nodes',
    'cases',
    'incidents',
    'explain',
    'show',
    'retry',
    'approve',
    'hold',
    'unhold',
    'release',
    'pause',
    'resume',
  ],
  ...['diagnose', 'completion', 'help'],
]
const OPTIONS = [
  ...[
    '--os-cloud',
    '--config',
    '-o',
    '--mode',
    '--no-color',
    '--limit',
    '--reason',
    '--state',
    '--all',
    '--closed',
    '--jsonl',
    '--driver',
    '--help',
  ],
  ...['-V', '--believe-census', '--', '-', '--seed', '-ojson', '--output=json', '--mode=auto'],
]
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...OPTIONS) },
  {
    weight: 3,
    arbitrary: fc.constantFrom('node-1', 'json', 'table', 'auto', 'observe', '0', '1', '-1', '1e3', 'c-00000000', 'bash', 'why'),
  },
  { weight: 2, arbitrary: strangeText },
)

const newId = seededIds(seededRandom(7))
const op = await simOperator({ nodes: 6, fresh: true })
after(() => op.close())

fuzz(
  'any arguments end with an exit code and at most a line of complaint',
  fc.tuple(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...COMMANDS) }, strangeText), fc.array(word, { maxLength: 6 })),
  { runs: 80, weight: 4 },
  async ([command, words]) => {
    const args = [command, ...words].map(spelt)
    isFine(await typed(op, { args }), args)
  },
)

fuzz(
  'any environment and any standard input end so too',
  fc.record({
    env: fc.dictionary(
      fc.constantFrom(
        'OS_CLOUD',
        'OS_AUTH_URL',
        'OS_AUTH_TYPE',
        'OS_PASSWORD',
        'OS_REGION_NAME',
        'NO_COLOR',
        'TERM',
        'XDG_CONFIG_HOME',
        'OS_ENDPOINT',
      ),
      strangeText,
    ),
    input: fc.array(fc.oneof(strangeBody, strangeText), { maxLength: 4 }),
    args: fc.constantFrom<string[][]>(['diagnose'], ['diagnose', '--jsonl'], ['diagnose', '-o', 'json'], ['nodes'], ['check'], ['sweep']),
  }),
  { runs: 30, weight: 4 },
  async ({ env, input, args }) => {
    const given = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, spelt(value).replaceAll('\0', '')]))
    isFine(await typed(op, { args, env: given, input: input.map(spelt).join('\n') }), args)
  },
)

const meddling: fc.Arbitrary<Meddling> = fc.record({
  questions: fc.uniqueArray(fc.constantFrom(...QUESTIONS), { minLength: 1, maxLength: 3 }),
  from: fc.nat(2),
  every: fc.integer({ min: 1, max: 2 }),
  how: change,
})

fuzz(
  'check and sweep of a cloud that answers anything end so too',
  fc.tuple(
    fc.constantFrom<string[][]>(
      ['check'],
      ['sweep', '--mode', 'auto'],
      ['check', '-o', 'json'],
      ['sweep', '-o', 'json'],
      ['check', '--mode', 'auto'],
    ),
    fc.array(meddling, { minLength: 1, maxLength: 3 }),
  ),
  { runs: 30, weight: 4 },
  async ([args, meddlings]) => {
    const road = roadWith(meddlings)
    road.meddle(true)
    op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
    const ended = await typed(op, { args, transport: road.over(op.cloud.transport) })
    isFine(ended, args)
    if (args.includes('json') && ended.out !== '') JSON.parse(ended.out)
  },
)
