/** What is published beside the program says what the program says: the manual page, the JSON Schemas, the completion scripts. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { describedApi } from '../scripts/described-api.ts'
import { describedProgram } from '../scripts/described-program.ts'
import { completionScript } from '../src/cli/completion.ts'
import { manPage } from '../src/cli/man-page.ts'
import { diagnoseLine } from '../src/commands/diagnose-text.ts'
import { explainNode } from '../src/commands/explain-node.ts'
import { listCases } from '../src/commands/list-cases.ts'
import { listIncidents } from '../src/commands/list-incidents.ts'
import { listNodes, reportOfView } from '../src/commands/list-nodes.ts'
import { nodeReport } from '../src/commands/node-report.ts'
import { PUBLISHED, PUBLISHED_NAMES, publishedJsonSchema } from '../src/commands/published-schemas.ts'
import { HOUR, MINUTE } from '../src/core/policy.ts'
import { scenario } from './sim-operator.ts'

const text = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

test('the manual page is what the program says of itself (node scripts/man.ts writes it)', () => {
  const page = manPage(describedProgram())
  assert.equal(text('man/anneal.1'), page)
  for (const { name } of describedProgram().commands.map((command) => ({ name: command.name() })))
    assert.ok(page.includes(`.SS anneal ${name}`), name)
})

test('the JSON Schemas are the ones that this code makes (node scripts/schema.ts writes them)', () => {
  for (const name of PUBLISHED_NAMES) assert.deepEqual(JSON.parse(text(`docs/schemas/${name}.schema.json`)), publishedJsonSchema(name))
  assert.equal(readdirSync(new URL('../docs/schemas', import.meta.url)).length, PUBLISHED_NAMES.length)
})

test('the OpenAPI document is the one that the routes make (node scripts/schema.ts writes it)', async () => {
  const made = await describedApi()
  assert.deepEqual(JSON.parse(text('docs/openapi.json')), made)
  assert.match(JSON.stringify(made), /^\{"openapi":"3\.1\.0"/)
  const references = JSON.stringify(made).match(/#\/components\/schemas\/\w+/g) ?? []
  const known = /"schemas":(\{.*\})\},"paths"/.exec(JSON.stringify(made))?.[1] ?? '{}'
  for (const reference of references) assert.ok(Object.keys(JSON.parse(known)).includes(reference.split('/').at(-1) ?? ''), reference)
})

test('a diagnosed line has the published shape, and nothing beside it', () => {
  const line = diagnoseLine('{"id":1,"text":"IPMI call failed: power status."}', { provision_state: 'error', driver: 'ipmi' })
  assert.deepEqual(PUBLISHED.diagnosis.schema.strict().parse(line), line)
})

const lent = { blazar: { kind: 'chameleon' as const } }
scenario('a sweep and an explanation have the published shapes, and no key that is not in them', lent, async (op) => {
  op.people.lend('node-1', { from: op.clock.now() + HOUR, until: op.clock.now() + 2 * HOUR })
  op.people.fail('node-1', 'Failed to tear down: IPMI call failed: power status.')
  op.people.setMaintenance('node-2', 'new mainboard')
  await op.sweep()
  await op.clock.advance(3 * MINUTE)
  const swept = await op.sweep()
  const reports = [...swept.passes.values()].map(({ observation, case: ofNode, diagnosis, decision, outcome }) =>
    nodeReport({
      uuid: observation.uuid,
      name: ofNode?.name ?? null,
      provision_state: observation.node.kind === 'known' ? observation.node.value.provision_state : null,
      case: ofNode,
      diagnosis,
      decision,
      outcome,
      acknowledged: null,
    }),
  )
  const views = await op.store.nodes({ cloud: 'sim' })
  for (const view of views) {
    const stored = await op.store.caseOf({ cloud: 'sim', uuid: view.uuid })
    reports.push(reportOfView({ view, case: stored, attempts: await op.store.attempts({ cloud: 'sim', uuid: view.uuid }) }))
  }
  assert.ok(reports.some(({ outcome }) => outcome !== null))
  const document = { cloud: 'sim', mode: 'auto', listed: swept.listed, doubtful: swept.doubtful, nodes: reports }
  assert.deepEqual(JSON.parse(JSON.stringify(PUBLISHED.sweep.schema.parse(document))), JSON.parse(JSON.stringify(document)))
  const explained = await explainNode(op.store, { cloud: 'sim', node: 'node-1', policyOf: () => op.world.policy })
  assert.ok(explained.attempts.length > 0 && explained.timeline.length > 0 && explained.blazar?.leases.length === 1)
  assert.deepEqual(JSON.parse(JSON.stringify(PUBLISHED.explain.schema.parse(explained))), JSON.parse(JSON.stringify(explained)))
})

scenario(
  'nodes, cases and incidents have the published shapes, open and closed, and no key that is not in them',
  { nodes: 40 },
  async (op) => {
    const asPublished = (name: keyof typeof PUBLISHED, document: unknown) =>
      assert.deepEqual(JSON.parse(JSON.stringify(PUBLISHED[name].schema.parse(document))), JSON.parse(JSON.stringify(document)), name)
    const look = async (closed: boolean) => {
      const cases = await listCases(op.store, { cloud: null, closed })
      const incidents = await listIncidents(op.store, { cloud: null, closed })
      asPublished('nodes', { nodes: await listNodes(op.store, { cloud: null, state: null, all: true }) })
      asPublished('cases', { cases })
      asPublished('incidents', { incidents })
      return { cases, incidents }
    }
    for (const name of ['node-1', 'node-2', 'node-3']) op.people.fail(name, 'Failed to tear down: IPMI call failed: power status.')
    await op.sweepFor(10 * MINUTE)
    const { cases, incidents } = await look(false)
    assert.deepEqual([cases.length, incidents.length, incidents[0]?.canary !== null], [3, 1, true])
    await op.sweepFor(90 * MINUTE, 5 * MINUTE)
    const over = await look(true)
    assert.deepEqual([over.cases.length, over.incidents.length], [3, 1])
  },
)

test('every command says in its help what it does and shows an example', () => {
  const program = describedProgram()
  for (const command of program.commands) {
    const help: string[] = []
    command.configureOutput({ writeOut: (text) => void help.push(text) })
    command.outputHelp()
    const name = command.name()
    assert.match(help.join(''), new RegExp(`\\nExample:\\n {2}anneal ${name}\\b`), name)
    assert.ok(command.description().length > 20 && command.summary() !== '', name)
  }
})

test('every command and option is completed, by scripts that the shells take', () => {
  const program = describedProgram()
  const scripts = {
    bash: completionScript(program, 'bash'),
    zsh: completionScript(program, 'zsh'),
    fish: completionScript(program, 'fish'),
  }
  for (const command of program.commands) {
    for (const script of Object.values(scripts)) assert.ok(script.includes(command.name()), command.name())
    for (const { long } of command.options) assert.ok(scripts.bash.includes(long ?? ''), long ?? '')
  }
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    if (!['/bin', '/usr/bin', '/usr/local/bin'].some((folder) => existsSync(`${folder}/${shell}`))) continue
    const { status, stderr } = spawnSync(shell, ['-n'], { input: scripts[shell] })
    assert.equal(status, 0, `${shell}: ${stderr}`)
  }
})

test('bash completes commands, their options, and the choices of an option', () => {
  const script = completionScript(describedProgram(), 'bash')
  const completed = (...words: string[]): string[] => {
    const line = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _anneal; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', `${script}\n${line}`], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter((word) => word !== '')
  }
  assert.deepEqual(completed('anneal', 'sim'), ['simulate'])
  assert.deepEqual(completed('anneal', 'sweep', '--w'), ['--wait'])
  assert.deepEqual(completed('anneal', 'sweep', '-o', ''), ['table', 'json'])
  assert.deepEqual(completed('anneal', 'completion', 'z'), ['zsh'])
  const path = import.meta.filename
  assert.deepEqual(completed('anneal', 'replay', path.slice(0, -1)), [path])
  assert.deepEqual(completed('anneal', 'nodes', path.slice(0, -1)), [])
})
