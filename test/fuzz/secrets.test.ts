/**
 * What no answer may bring to light: what we send as proof of ourselves, said back in whatever form, and what stands in driver_info,
 * instance_info and keys of `extra` that are not ours. Looked for in the database, the log, whatever the command line prints of both, and in bundles.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { runProgram } from '../../src/cli/program.ts'
import { SECOND } from '../../src/core/policy.ts'
import { bundle } from '../evidence.ts'
import { change } from './meddle.ts'
import { fuzz } from './runs.ts'
import { type Meddling, QUESTIONS, roadWith } from './services.ts'
import { FAILED, failAll, type Stage, stage, sweepOrSay } from './stage.ts'

const echo = fc.record({
  kind: fc.constant('echo' as const),
  form: fc.constantFrom('ironic', 'page', 'plain', 'json', 'cut'),
  status: fc.constantFrom(200, 201, 202, 400, 401, 403, 404, 406, 409, 500, 502, 503),
})

const meddling: fc.Arbitrary<Meddling> = fc.record({
  questions: fc.uniqueArray(fc.constantFrom(...QUESTIONS), { minLength: 1, maxLength: 4 }),
  from: fc.nat(3),
  every: fc.integer({ min: 1, max: 3 }),
  how: fc.oneof({ weight: 2, arbitrary: echo }, { weight: 1, arbitrary: change }),
})

/** Everything that a person could come to see, by where. */
async function shown(op: Stage): Promise<[string, string][]> {
  const folder = dirname(op.path)
  const stored = readdirSync(folder).map((file): [string, string] => [file, readFileSync(join(folder, file), 'latin1')])
  const commands = [
    ['nodes', '--all'],
    ['cases'],
    ['incidents'],
    // By uuid: a list may have given another name.
    ...FAILED.map((name) => op.key(name).uuid).flatMap((uuid) => [
      ['explain', uuid],
      ['show', uuid],
    ]),
  ]
  const printed: [string, string][] = []
  for (const command of commands) {
    for (const format of ['table', 'json']) printed.push([`${command.join(' ')} ${format}`, await typed(op, [...command, '-o', format])])
  }
  const bundles: [string, string][] = []
  for (const key of FAILED.map((name) => op.key(name))) {
    if ((await op.store.caseOf(key)) === null) continue
    const { files } = await bundle(op, key.uuid)
    for (const [file, text] of Object.entries(files)) bundles.push([`bundle's ${file}`, text])
  }
  return [...stored, ['log', op.logged.join('\n')], ...printed, ...bundles]
}

async function typed(op: Stage, args: string[]): Promise<string> {
  let said = ''
  const out = { write: (text: string) => (said += text), isTTY: true, columns: () => 80 }
  const seams = { clock: op.clock, random: () => 0.5, newId: () => 'id', transport: op.cloud.transport, datagram: op.cloud.datagram }
  const input = { isTTY: true, lines: () => Readable.from([]), keys: () => () => {} }
  const around = {
    env: { ANNEAL_DATABASE: op.path, NO_COLOR: '1' },
    cwd: '/',
    user: 'pat',
    version: '0',
    dashboard: '',
    seams,
    newSecret: () => 'secret',
    readFile: () => null,
  }
  const code = await op.clock.run(runProgram(args, { out, err: out, input, ...around, onStop: () => () => {} }))
  assert.equal(code, 0, `${args.join(' ')}: ${said}`)
  return said
}

fuzz(
  'nothing that is secret reaches the database, the log or a page, and no control character a terminal',
  fc.array(meddling, { minLength: 1, maxLength: 3 }),
  { runs: 4, weight: 10 },
  async (meddlings) => {
    const road = roadWith(meddlings)
    const op = await stage(road, { file: true })
    try {
      for (const name of FAILED) {
        const { row } = op.node(name)
        Object.assign(row.driver_info, { vendor_key: 'SECRET-in-driver-info', ipmi_username: 'SECRET-user' })
        Object.assign(op.node(name).port, { switch_info: 'leaf-1\u001b[2J', switch_id: 'aa:bb' })
        row.instance_info = { configdrive: 'SECRET-in-instance-info' }
        op.people.setExtra(name, 'vault', { key: 'SECRET-in-extra', deeper: ['SECRET-deeper'] })
      }
      const tokens = new Set(op.cloud.state.tokens.keys())
      await failAll(op)
      for (let sweeps = 0; sweeps < 2; sweeps += 1) {
        await sweepOrSay(op)
        for (const token of op.cloud.state.tokens.keys()) tokens.add(token)
        await op.clock.advance(35 * SECOND)
      }
      assert.ok(tokens.size > 0)
      const { password } = op.cloud.credentials('admin')
      for (const [where, text] of await shown(op)) {
        assert.doesNotMatch(text, /SECRET-/, where)
        for (const secret of [password, ...tokens]) assert.ok(!text.includes(secret), `${secret} in ${where}`)
        // JSON escapes those that are below the space; a table is for a terminal.
        const control = where.endsWith('json') ? /[^\P{Cc}\n\u0080-\u009f]/u : /[^\P{Cc}\n]/u
        if (!where.includes('anneal.db')) assert.doesNotMatch(text, control, where)
      }
    } finally {
      await op.close()
    }
  },
)
