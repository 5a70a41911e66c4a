/**
 * A whole simulated run, recorded and decided again through the command line: every decision exactly as it was, out of the file of lines, out
 * of the database and out of a copy of it; by another policy the differences that it must make; and what a damaged file comes to.
 */
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import type { Io } from '../src/cli/io.ts'
import { runProgram } from '../src/cli/program.ts'
import { PUBLISHED } from '../src/commands/published-schemas.ts'
import { HOUR, MINUTE } from '../src/core/policy.ts'
import { realSeams } from '../src/seams.ts'
import { type SimOperator, simOperator } from './sim-operator.ts'

const BLIP = 'Failed to tear down: IPMI call failed: power status.'
const NODES = Array.from({ length: 40 }, (_, at) => ({ name: `n${at + 1}`, provision_state: 'active', rack: at + 1 }))
const SLOWER = 'budgets:\n  { spacing: [20m, 60m, 120m], jitter: 0 }\n'

/** Blips that heal, an outage of Neutron, a node that fails again and again until it is in quarantine, and people in between. */
async function storm(op: SimOperator): Promise<void> {
  const SAID = { by: 'kim', why: 'vendor visit' }
  for (const name of ['n1', 'n2', 'n3', 'n10']) op.people.fail(name, BLIP)
  await op.sweepFor(20 * MINUTE, MINUTE)
  op.people.setMaintenance('n4', 'new mainboard')
  await op.store.hold(op.key('n5'), SAID)
  for (const name of ['n4', 'n5', 'n6', 'n7', 'n8', 'n9']) op.people.fail(name, BLIP)
  op.cloud.faults.set('neutron', { kind: '503' })
  await op.sweepFor(10 * MINUTE, MINUTE)
  op.cloud.faults.clearAll()
  await op.store.unhold(op.key('n5'), SAID)
  for (let again = 0; again < 3; again++) {
    op.people.fail('n10', BLIP)
    if (again === 1) await op.store.pause(null, SAID)
    await op.sweepFor(20 * MINUTE, 4 * MINUTE)
    await op.store.resume(null, SAID)
    await op.sweepFor(HOUR, 4 * MINUTE)
  }
}

type Ended = { code: number; out: string; err: string }

/** The command line in this process, at the virtual time of the run. */
async function typed(op: SimOperator, args: string[], input = ''): Promise<Ended> {
  const texts = { out: '', err: '' }
  const to = (name: 'out' | 'err') => ({ write: (text: string) => (texts[name] += text), isTTY: false, columns: () => null })
  const seams = realSeams()
  const io: Omit<Io, 'exit'> = {
    out: to('out'),
    err: to('err'),
    input: { isTTY: false, lines: () => Readable.from(input.split('\n')), keys: () => () => {} },
    env: { ANNEAL_DATABASE: op.path },
    cwd: dirname(op.path),
    user: 'pat',
    version: '0',
    dashboard: '',
    seams: { ...seams, clock: op.clock },
    newSecret: () => 'secret',
    readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null),
    onStop: () => () => {},
  }
  const code = await runProgram(args, io)
  await seams.close()
  return { code, ...texts }
}

describe('a recorded run', () => {
  let op: SimOperator
  let folder: string
  before(async () => {
    op = await simOperator({ nodes: NODES, file: true })
    folder = dirname(op.path)
    await storm(op)
  })
  after(() => op.close())
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return name
  }
  const report = async (...args: string[]) => {
    const { code, out, err } = await typed(op, ['replay', ...args, '-o', 'json'])
    return { code, err, ...PUBLISHED.replay.schema.strict().parse(JSON.parse(out)) }
  }

  test('is written as lines, readable for its user alone, and nothing of it is left out', async () => {
    const { code, out, err } = await typed(op, ['observations', '--out', 'run.jsonl'])
    const lines = readFileSync(join(folder, 'run.jsonl'), 'utf8').trimEnd().split('\n')
    assert.deepEqual([code, err, out], [0, '', `${lines.length} recorded decisions are in run.jsonl.\n`])
    assert.ok(lines.length >= 60, `${lines.length} lines`)
    assert.equal(statSync(join(folder, 'run.jsonl')).mode & 0o777, 0o600)
    for (const line of lines) assert.deepEqual(PUBLISHED.recorded.schema.parse(JSON.parse(line)), JSON.parse(line))
    const piped = await typed(op, ['observations', '--out', '-'])
    assert.deepEqual(piped.out.trimEnd().split('\n'), lines)
    const kinds = new Set(lines.map((line) => JSON.parse(line).decision.kind))
    assert.deepEqual([...kinds].toSorted(), ['act', 'escalate', 'leave', 'resolve', 'wait'])
    assert.doesNotMatch(lines.join(), /driver_info|password|instance_info/)
  })

  test('comes out exactly the same from the lines, from standard input, from the database at work and from a copy of it', async () => {
    const { code, err, decisions, same, differences, nodes, acts } = await report('run.jsonl')
    assert.deepEqual([code, err, differences, same], [0, '', [], decisions])
    assert.ok(decisions >= 60 && nodes === 10 && acts.was >= 10, JSON.stringify({ decisions, nodes, acts }))
    assert.equal(acts.now, acts.was)
    mkdirSync(join(folder, 'backup'))
    for (const path of [op.path, join(folder, 'backup', 'anneal.db')]) {
      if (path !== op.path) copyFileSync(op.path, path)
      const { file: _file, ...again } = await report(path)
      if (path === op.path) assert.deepEqual([again.code, again.decisions, again.same], [0, decisions, decisions])
      else assert.deepEqual([again.code, again.differences], [0, []])
    }
    assert.deepEqual(readdirSync(join(folder, 'backup')), ['anneal.db'])
    const piped = await typed(op, ['replay', '-'], readFileSync(join(folder, 'run.jsonl'), 'utf8'))
    assert.match(
      piped.out,
      new RegExp(
        `^${decisions} decisions on 10 nodes, .*by the recorded policy\\.\\n\\nEvery one comes out exactly as it was recorded\\.\\n$`,
      ),
    )
  })

  test('by a policy that waits longer, resets become waits for it, and no other act comes of it', async () => {
    file('slower.yaml', SLOWER)
    const { code, transitions, acts, differences, limits, policy } = await report('run.jsonl', '--policy', 'slower.yaml')
    assert.deepEqual([code, policy, limits.length], [0, 'slower.yaml', 2])
    const resets = differences.filter(({ was }) => was.kind === 'act' && was.act === 'reset')
    assert.ok(resets.length >= 5, JSON.stringify(transitions))
    for (const { now, at } of resets) {
      assert.deepEqual([now.kind, now.reason, now.act], ['wait', 'spacing', 'reset'])
      assert.ok(Date.parse(now.until ?? '') > Date.parse(at))
    }
    assert.equal(acts.now, acts.was - resets.length)
    const { out } = await typed(op, ['replay', 'run.jsonl', '--policy', 'slower.yaml'])
    assert.match(
      out,
      new RegExp(`\\n${resets.length} acts would not have been done then:\\n +\\d+ {2}act reset: bmc-answers -> wait: spacing \\(reset\\)`),
    )
    assert.match(out, /NODE +AT +WAS +NOW +MESSAGE\n/)
    assert.match(out, /The cloud does not answer the other policy/)
  })

  test('in another mode alone, the rest of the recorded policy stays', async () => {
    const { code, mode, transitions } = await report('run.jsonl', '--mode', 'observe')
    assert.deepEqual([code, mode], [0, 'observe'])
    assert.ok(transitions.every(({ was, now }) => was.kind === 'act' && now.kind === 'wait' && now.reason === 'observe-only'))
  })

  test('by a file that names a mode or lists the cloud, that mode and what it says of the cloud hold', async () => {
    file('mode.yaml', 'mode: observe\n')
    assert.deepEqual((await report('run.jsonl', '--policy', 'mode.yaml')).acts.now, 0)
    assert.ok((await report('run.jsonl', '--policy', 'mode.yaml', '--mode', 'auto')).acts.now > 0)
    file('scope.yaml', 'clouds: { sim: { scope: { name: n10 } } }\n')
    const { transitions, acts } = await report('run.jsonl', '--policy', 'scope.yaml')
    assert.ok(acts.now > 0 && acts.now < acts.was)
    assert.ok(transitions.every(({ now }) => now.reason === 'out-of-scope'))
  })

  test('is cut down to a node, a case, a time, a cloud; to nothing is an error, with the nearest name', async () => {
    const one = await report('run.jsonl', '--node', 'n10')
    assert.deepEqual([one.code, one.nodes], [0, 1])
    const [{ case: id } = { case: '' }] = (await op.store.recorded(op.key('n10'))).map(({ caseId }) => ({ case: caseId ?? '' }))
    assert.ok((await report('run.jsonl', '--case', id)).decisions <= one.decisions)
    const late = await report('run.jsonl', '--since', '2h')
    assert.ok(late.decisions < one.decisions + 20 && Date.parse(late.from ?? '') >= op.clock.now() - 2 * HOUR)
    const refused = await typed(op, ['replay', 'run.jsonl', '--node', 'n100'])
    assert.deepEqual([refused.code, refused.out], [64, ''])
    assert.match(
      refused.err,
      /^anneal: run\.jsonl: None of its \d+ recorded decisions is what was asked for\. Did you mean --node n1.*\?\n$/,
    )
    assert.equal((await typed(op, ['replay', 'run.jsonl', '--os-cloud', 'elsewhere'])).code, 64)
    assert.equal((await typed(op, ['replay', 'run.jsonl', '--since', 'lately'])).code, 64)
  })

  test('decided otherwise than it is recorded ends with 1 and says what differs', async () => {
    const [first = '', ...rest] = readFileSync(join(folder, 'run.jsonl'), 'utf8').trimEnd().split('\n')
    const value = JSON.parse(first)
    value.decision.message = 'Another sentence.'
    file('other.jsonl', [JSON.stringify(value), ...rest].join('\n'))
    const { code, differences, same } = await report('other.jsonl')
    assert.deepEqual([code, same, differences.map(({ differs }) => differs)], [1, rest.length, [['message']]])
    const { out } = await typed(op, ['replay', 'other.jsonl'])
    assert.match(out, /1 of \d+ come out otherwise: this version decides differently/)
    assert.match(out, /message was "Another sentence\.", is "/)
  })

  test('with lines that cannot be read: each is told with file and number, the others are decided again, and it ends with 64', async () => {
    const lines = readFileSync(join(folder, 'run.jsonl'), 'utf8').trimEnd().split('\n')
    const [first = '', second = ''] = lines
    file(
      'torn.jsonl',
      [first, second.slice(0, 500), second.replace('"version":1', '"version":2'), second.replace('"cause"', '"mood":1,"cause"')].join('\n'),
    )
    const { code, decisions, unread, err } = await report('torn.jsonl')
    assert.deepEqual([code, decisions, unread.map(({ where }) => where)], [64, 1, ['line 2', 'line 3', 'line 4']])
    assert.deepEqual(
      err.trimEnd().split('\n'),
      [
        'line 2: it is not a JSON object with a version.',
        'line 3: its format has version 2, and this anneal reads version 1.',
        'line 4: it has a field that this anneal does not know: mood.',
      ].map((told) => `anneal: torn.jsonl, ${told} The others were decided again.`),
    )
  })

  const REFUSED: [what: string, args: string[], code: number, words: RegExp][] = [
    [
      'a file that is not there',
      ['nowhere.jsonl'],
      64,
      /^anneal: nowhere\.jsonl: It cannot be read \(ENOENT\)\. Name what `anneal observations/,
    ],
    ['a folder', ['.'], 64, /^anneal: \.: It cannot be read \(EISDIR\)/],
    [
      'a file of something else',
      ['slower.yaml'],
      64,
      /^anneal: slower\.yaml, line 1: It is not a JSON object.*None of its 2 lines can be read/,
    ],
    ['an empty file', ['empty.jsonl'], 64, /^anneal: empty\.jsonl: It holds no decision that can be decided again\./],
    ['a policy that is not there', ['run.jsonl', '--policy', 'nowhere.yaml'], 78, /nowhere\.yaml: It is not there.* Correct --policy\./],
    [
      'a policy with a wrong key',
      ['run.jsonl', '--policy', 'wrong.yaml'],
      78,
      /wrong\.yaml, line 1: budgets\.spacin: There is no such key/,
    ],
  ]
  for (const [what, args, code, words] of REFUSED)
    test(`is not decided again where there is ${what}: one line, and ${code}`, async () => {
      file('empty.jsonl', '\n')
      file('slower.yaml', SLOWER)
      file('wrong.yaml', 'budgets: { spacin: [1m] }\n')
      const ended = await typed(op, ['replay', ...args])
      assert.match(ended.err, words)
      assert.deepEqual([ended.code, ended.out, ended.err.trimEnd().split('\n').length], [code, '', 1], ended.err)
    })

  test('is listed with what was decided, and an unknown node or case is an error', async () => {
    const listed = JSON.parse((await typed(op, ['observations', '--node', 'n10', '-o', 'json'])).out).observations
    assert.deepEqual([listed[0].name, listed[0].decision.kind, listed[0].replayable], ['n10', 'wait', true])
    const { out } = await typed(op, ['observations', '--node', 'n10', '--since', '1d'])
    assert.match(out, /^AT +NODE +CASE +DECISION +MESSAGE\n\S+Z +n10 +c-\w{8} +wait: /)
    assert.equal(out.trimEnd().split('\n').length, listed.length + 1)
    assert.equal((await typed(op, ['observations', '--node', 'n99'])).code, 64)
    assert.equal((await typed(op, ['observations', '--case', 'c-zzzzzzzz'])).code, 64)
    assert.match(
      (await typed(op, ['observations', '--out', 'none/run.jsonl'])).err,
      /^anneal: none\/run\.jsonl: It cannot be written \(ENOENT\)/,
    )
  })
})
