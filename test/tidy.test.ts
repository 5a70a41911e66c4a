/**
 * The house rules as a test: who may import whom, the five seams, sizes, names, catches. Each rule is a function from one
 * parsed file to complaints, so that the second half of this file can break every rule on purpose and see it complain.
 * It checks form only; whether a name is a good one, or a comment says why, is for the reader.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const FILE_LINES_MAX = 400
const FUNCTION_LINES_MAX = 70

type Source = { path: string; text: string; tree: ts.SourceFile }
type Rule = (source: Source) => string[]

const source = (path: string, text: string): Source => ({ path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true) })
const isTest = (path: string) => path.endsWith('.test.ts') || /^(dashboard\/)?test\//.test(path)
const roomOf = (path: string) => (path.split('/').length > 2 ? (path.split('/')[1] ?? '') : 'main')

function everyNode(tree: ts.SourceFile): ts.Node[] {
  const found: ts.Node[] = []
  const walk = (node: ts.Node): void => {
    found.push(node)
    ts.forEachChild(node, walk)
  }
  walk(tree)
  return found
}

const complain = ({ tree, path }: Source, node: ts.Node, what: string) =>
  `${path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1} ${what}`

/** Room → the rooms it may import besides itself (style.md section 2). cli and the files beside main may import everything but main. */
const MAY_IMPORT: Record<string, string[]> = {
  core: [],
  openstack: ['core'],
  bmc: ['core'],
  store: ['core'],
  observe: ['core', 'openstack', 'bmc'],
  actions: ['core', 'openstack', 'bmc'],
  commands: ['core', 'store'],
  notify: ['core', 'store'],
  controller: ['core', 'observe', 'actions', 'openstack', 'store'],
  http: ['core', 'store', 'commands'],
  simulator: ['core'],
}

function imports({ tree }: Source): { node: ts.Node; from: string; names: string[] }[] {
  return everyNode(tree).flatMap((node) => {
    const isImport = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
    const from = isImport
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0]
    if (!from || !ts.isStringLiteral(from)) return []
    const named = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined
    const names = named && ts.isNamedImports(named) ? named.elements.map(({ name, propertyName }) => (propertyName ?? name).text) : ['*']
    return [{ node, from: from.text, names }]
  })
}

const importsPointDown: Rule = (file) => {
  if (isTest(file.path) || !file.path.startsWith('src/')) return []
  const room = roomOf(file.path)
  const allowed = MAY_IMPORT[room]
  return imports(file).flatMap(({ node, from }) => {
    if (!from.startsWith('.')) return room === 'core' ? [complain(file, node, `core imports ${from}`)] : []
    const target = join(dirname(file.path), from)
    if (target === 'src/main.ts') return [complain(file, node, `${room} imports main`)]
    const to = roomOf(target)
    const isFine = target.startsWith('src/') && (to === room || room === 'main' || room === 'cli' || allowed?.includes(to))
    return isFine ? [] : [complain(file, node, `${room} imports ${target.startsWith('src/') ? to : target}`)]
  })
}

/** The page is no part of the daemon: of that it knows the shapes of answers, as types, and nothing of it at runtime. */
const dashboardKnowsShapesOnly: Rule = (file) => {
  if (isTest(file.path) || !file.path.startsWith('dashboard/')) return []
  return imports(file).flatMap(({ node, from }) => {
    const target = join(dirname(file.path), from)
    if (!from.startsWith('.') || target.startsWith('dashboard/')) return []
    if (/^docs\/[\w-]+\.md\?raw$/.test(target)) return []
    const isType = ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
    if (target !== 'src/http/shapes.ts') return [complain(file, node, `dashboard imports ${target}`)]
    return isType ? [] : [complain(file, node, `dashboard imports more than types of ${target}`)]
  })
}

/** Where the clock, randomness, ids, HTTP and UDP are real; and where the simulator makes its own. */
const SEAM_FILES = [
  'src/seams.ts',
  'src/main.ts',
  // Mail needs sockets of its own.
  'src/smtp.ts',
  // So does a broker's connection.
  'src/amqp.ts',
  'src/simulator/virtual-clock.ts',
  // The demo's: virtual time at a pace of real time, and the simulated cloud on real sockets.
  'src/simulator/paced.ts',
  'src/simulator/serve.ts',
]
const SEAM_MODULES =
  /^(undici|nodemailer|rabbitmq-client|(node:)?(dgram|https|http2|dns|dns\/promises|tls|timers|timers\/promises|worker_threads))$/
const SEAM_GLOBALS = ['fetch', 'setTimeout', 'setInterval', 'WebSocket', 'XMLHttpRequest', 'EventSource']
const SEAM_CALLS =
  /^(globalThis\.)?(Date\.now|Math\.random|performance\.now|process\.hrtime|process\.uptime|AbortSignal\.timeout|Temporal\.Now)\b/
const SEAM_RANDOM = /^(randomUUID|randomUUIDv7|randomBytes|randomInt|randomFill|randomFillSync|getRandomValues|webcrypto)$/

const isReference = (node: ts.Identifier) => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node || parent.expression.getText() === 'globalThis'
  const isNamed = 'name' in parent && parent.name === node
  return !isNamed || ts.isShorthandPropertyAssignment(parent)
}

const onlyThroughTheSeams: Rule = (file) => {
  if (isTest(file.path) || !file.path.startsWith('src/') || SEAM_FILES.includes(file.path)) return []
  const imported = imports(file).flatMap(({ node, from, names }) => {
    if (SEAM_MODULES.test(from)) return [complain(file, node, `imports ${from}: only the seams may`)]
    if (/^(node:)?net$/.test(from) && names.some((name) => !/^(isIP|isIPv4|isIPv6|BlockList|SocketAddress)$/.test(name))) {
      return [complain(file, node, `imports ${from}: only the seams may`)]
    }
    if (/^(node:)?process$/.test(from)) return [complain(file, node, `imports ${from}: only main may`)]
    return names.filter((name) => SEAM_RANDOM.test(name)).map((name) => complain(file, node, `imports ${name}: only the seams may`))
  })
  const used = everyNode(file.tree).flatMap((node) => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
      return [complain(file, node, 'new Date()')]
    if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return [complain(file, node, 'Date()')]
    if (ts.isPropertyAccessExpression(node)) {
      const text = node.getText()
      if (SEAM_CALLS.test(text) && !ts.isPropertyAccessExpression(node.parent)) return [complain(file, node, text)]
      if (SEAM_RANDOM.test(node.name.text)) return [complain(file, node, text)]
    }
    if (ts.isIdentifier(node) && SEAM_GLOBALS.includes(node.text) && isReference(node)) return [complain(file, node, node.text)]
    return []
  })
  return [...imported, ...used]
}

const isAccess = (node: ts.Node) => ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)

const environmentOnlyInMain: Rule = (file) => {
  if (isTest(file.path) || !file.path.startsWith('src/') || file.path === 'src/main.ts') return []
  return everyNode(file.tree).flatMap((node) => {
    const isRead = /^(globalThis\.)?process(\?\.|\.|\[['"])env\b/.test(node.getText()) && isAccess(node) && !isAccess(node.parent)
    const isTaken = ts.isVariableDeclaration(node) && node.initializer?.getText() === 'process'
    return isRead || isTaken ? [complain(file, node, 'process.env outside main')] : []
  })
}

const sizes: Rule = (file) => {
  if (isTest(file.path)) return []
  const lines = file.text.trimEnd().split('\n').length
  const long = everyNode(file.tree).flatMap((node) => {
    if (!(ts.isFunctionLike(node) && 'body' in node && node.body)) return []
    const length = file.text.slice(node.getStart(), node.end).split('\n').length
    return length > FUNCTION_LINES_MAX ? [complain(file, node, `a function of ${length} lines, more than ${FUNCTION_LINES_MAX}`)] : []
  })
  return [...(lines > FILE_LINES_MAX ? [`${file.path} has ${lines} lines, more than ${FILE_LINES_MAX}`] : []), ...long]
}

const names: Rule = ({ path }) => {
  const name = basename(path).replace(/(\.test|\.exhaustive|\.property|\.d|\.config)*\.tsx?$/, '')
  if (/^(index|utils?|helpers?|types?|constants?|common|misc|shared)$/.test(name)) return [`${path}: a file is named for what it holds`]
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ? [] : [`${path}: file names are kebab-case`]
}

const opening: Rule = ({ path, text }) =>
  isTest(path) || /^(#!.*\n)?(\/\*\*|\/\/)/.test(text) ? [] : [`${path}: does not open with what it is for`]

/**
 * The three places that may: observe, act, the outer loop. Elsewhere a comment in or above the catch says what it knows. One
 * that ends by throwing swallows nothing: it puts the client's own error in place of another, or leaves its place tidy.
 */
const CATCHING_ROOMS = ['observe', 'actions', 'controller']
const catchesOf = ({ tree }: Source) =>
  everyNode(tree).filter((node) => {
    if (ts.isCatchClause(node)) return true
    return ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'catch'
  })

function endsByThrowing(node: ts.Node): boolean {
  const caught = ts.isCallExpression(node) ? node.arguments[0] : node
  const block = caught && (ts.isCatchClause(caught) ? caught.block : ts.isArrowFunction(caught) ? caught.body : undefined)
  const last = block && ts.isBlock(block) ? block.statements.at(-1) : undefined
  return last !== undefined && ts.isThrowStatement(last)
}

const catches: Rule = (file) => {
  if (isTest(file.path) || !file.path.startsWith('src/')) return []
  const lines = file.text.split('\n')
  return catchesOf(file).flatMap((node) => {
    const at = ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node
    const line = file.tree.getLineAndCharacterOfPosition(at.getStart()).line
    const hasComment = lines.slice(Math.max(0, line - 1), line + 2).some((text) => /\/\/|\*\/|^\s*\*/.test(text))
    return hasComment || endsByThrowing(node) || CATCHING_ROOMS.includes(roomOf(file.path))
      ? []
      : [complain(file, at, 'catches without a comment that says why')]
  })
}

const noEscapes: Rule = (file) => {
  const comments = /(@ts-(ignore|nocheck|expect-error)|biome-ignore|eslint-disable)/.exec(file.text)
  const nodes = everyNode(file.tree).flatMap((node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) return [complain(file, node, 'any')]
    return ts.isNonNullExpression(node) ? [complain(file, node, 'a ! in place of a check')] : []
  })
  return [...(comments && basename(file.path) !== 'tidy.test.ts' ? [`${file.path} has ${comments[0]}`] : []), ...nodes]
}

const RULES: Record<string, Rule> = {
  importsPointDown,
  dashboardKnowsShapesOnly,
  onlyThroughTheSeams,
  environmentOnlyInMain,
  sizes,
  names,
  opening,
  catches,
  noEscapes,
}

/** Names exported by two files of the product. The simulator has words of its own for the cloud it plays, and is told apart. */
function doubleExports(files: Source[]): string[] {
  const homes = new Map<string, string[]>()
  for (const { path, tree } of files) {
    if (!path.startsWith('src/') || isTest(path)) continue
    for (const name of tree.statements.flatMap(exportedNames)) {
      const key = `${path.startsWith('src/simulator/') ? 'simulator ' : ''}${name}`
      homes.set(key, [...(homes.get(key) ?? []), path])
    }
  }
  return [...homes]
    .filter(([, paths]) => new Set(paths).size > 1)
    .map(([key, paths]) => `${key.split(' ').at(-1)} is exported by ${paths.join(' and ')}`)
}

function exportedNames(statement: ts.Statement): string[] {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined
  if (!modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
  const isNamed = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)
  if (isNamed || ts.isTypeAliasDeclaration(statement) || ts.isInterfaceDeclaration(statement))
    return statement.name ? [statement.name.text] : []
  return []
}

/** A path that exists on one machine only. */
const machinePaths = (path: string, text: string) =>
  text.split('\n').flatMap((line, i) => {
    const found = /(?<![\w.-])\/(work\/(main|shared)|root\/|home\/(?!op\b)[a-z]|Users\/[a-z])/i.exec(line)
    return found ? [`${path}:${i + 1} names ${found[0]}`] : []
  })

const isExactVersion = (version: string) => /^(npm:(@[\w-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)

const SKIPPED = ['node_modules', '.git', 'dist', 'coverage']
const allFiles = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((path) => !path.split('/').some((part) => SKIPPED.includes(part)))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const sources = allFiles
  .filter((path) => /^(src|dashboard|test|lab|scripts|bench|crash|drill)\/.*\.tsx?$/.test(path))
  .map((path) => source(path, read(path)))

for (const [name, rule] of Object.entries(RULES)) {
  test(`every file keeps the rule ${name}`, () => assert.deepEqual(sources.flatMap(rule), []))
}

test('nothing is exported under one name by two files', () => assert.deepEqual(doubleExports(sources), []))

test('no file names a path of one machine', () => {
  const texts = allFiles.filter((path) => !/\.(db|png|ico|woff2?|pem)$/.test(path) && basename(path) !== 'tidy.test.ts')
  assert.deepEqual(
    texts.flatMap((path) => machinePaths(path, read(path))),
    [],
  )
})

test('every dependency has an exact version', () => {
  const manifest = JSON.parse(read('package.json'))
  const wanted = Object.entries<string>({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies })
  assert.deepEqual(
    wanted.filter(([, version]) => !isExactVersion(version)),
    [],
  )
  const foreign = read('package-lock.json').match(
    /https?:\/\/(?!registry\.npmjs\.org|[\w./-]*github\.com|[\w./-]*(opencollective|paypal|tidelift|patreon|funding|sponsor))[^"]*\.tgz/g,
  )
  assert.equal(foreign, null)
})

test('the count of catches by room is told', (t: TestContext) => {
  const count: Record<string, number> = {}
  for (const file of sources.filter(({ path }) => path.startsWith('src/') && !isTest(path))) {
    count[roomOf(file.path)] = (count[roomOf(file.path)] ?? 0) + catchesOf(file).length
  }
  t.diagnostic(
    Object.entries(count)
      .map(([room, n]) => `${room} ${n}`)
      .join(', '),
  )
  assert.equal(count['core'] ?? 0, 0, 'core catches nothing: in it nothing throws')
})

// The rules themselves, broken on purpose.

const broken: [rule: string, path: string, text: string, complaint: RegExp][] = [
  ['importsPointDown', 'src/core/a.ts', "import { x } from '../openstack/b.ts'", /core imports openstack/],
  ['importsPointDown', 'src/core/a.ts', "import { x } from 'node:path'", /core imports node:path/],
  ['importsPointDown', 'src/core/a.ts', "export { x } from '../config.ts'", /core imports main/],
  ['importsPointDown', 'src/store/a.ts', "import type { X } from '../observe/b.ts'", /store imports observe/],
  ['importsPointDown', 'src/simulator/a.ts', "const x = await import('../bmc/b.ts')", /simulator imports bmc/],
  ['importsPointDown', 'src/cli/a.ts', "import { x } from '../main.ts'", /cli imports main/],
  ['importsPointDown', 'src/http/a.ts', "import { x } from '../../test/b.ts'", /http imports test/],
  [
    'dashboardKnowsShapesOnly',
    'dashboard/pages/a.tsx',
    "import type { X } from '../../src/core/b.ts'",
    /dashboard imports src\/core\/b\.ts/,
  ],
  ['dashboardKnowsShapesOnly', 'dashboard/api/a.ts', "import { SHAPES } from '../../src/http/shapes.ts'", /more than types/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'const a = Date.now()', /Date\.now/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'const a = { at: Date.now }', /Date\.now/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'const a = new Date()', /new Date/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'const a = Math.random()', /Math\.random/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'const a = globalThis.crypto.randomUUID()', /randomUUID/],
  ['onlyThroughTheSeams', 'src/store/a.ts', "import { randomUUID as id } from 'node:crypto'", /imports randomUUID/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'const a = await fetch(url)', /fetch/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'const a = globalThis.fetch', /fetch/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'const a = { setTimeout }', /setTimeout/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'setInterval(f, 5)', /setInterval/],
  ['onlyThroughTheSeams', 'src/store/a.ts', 'const a = AbortSignal.timeout(5)', /AbortSignal/],
  ['onlyThroughTheSeams', 'src/store/a.ts', "import { request } from 'undici'", /undici/],
  ['onlyThroughTheSeams', 'src/bmc/a.ts', "import { createSocket } from 'node:dgram'", /dgram/],
  ['onlyThroughTheSeams', 'src/bmc/a.ts', "import { connect } from 'node:net'", /net/],
  ['environmentOnlyInMain', 'src/cli/a.ts', "const a = process.env['HOME']", /process\.env/],
  ['environmentOnlyInMain', 'src/cli/a.ts', 'const { env } = process', /process\.env/],
  ['sizes', 'src/store/a.ts', 'x()\n'.repeat(FILE_LINES_MAX + 1), /401 lines/],
  ['sizes', 'src/store/a.ts', `const f = () => {\n${'x()\n'.repeat(FUNCTION_LINES_MAX)}}`, /a function of 72 lines/],
  ['names', 'src/store/utils.ts', '', /named for what it holds/],
  ['names', 'src/store/nodeRow.ts', '', /kebab-case/],
  ['opening', 'src/store/a.ts', "import { x } from './b.ts'", /does not open/],
  ['catches', 'src/store/a.ts', 'try {\n  x()\n} catch {\n  y()\n}', /:3 catches without a comment/],
  ['catches', 'src/cli/a.ts', 'x().catch(() => null)', /:1 catches without a comment/],
  ['noEscapes', 'src/store/a.ts', 'const a: any = 1', /any/],
  ['noEscapes', 'src/store/a.ts', 'const a = b!.c', /in place of a check/],
  ['noEscapes', 'src/store/a.ts', '// @ts-ignore\nx()', /@ts-ignore/],
]

for (const [name, path, text, complaint] of broken) {
  test(`the rule ${name} complains about ${path}: ${text.split('\n')[0]}`, () => {
    assert.match(RULES[name]?.(source(path, text)).join('\n') ?? '', complaint)
  })
}

test('what looks like a broken rule and is none is let through', () => {
  const fine = `/** Opens. */
import { isIP } from 'node:net'
import { createHash } from 'node:crypto'
import { known } from '../core/reading.ts'
export const at = (clock: { now(): number }) => new Date(clock.now()).toISOString()
export const limits: { fetch: number; setTimeout?: number } = { fetch: 3 }
export const sum = limits.fetch + isIP('::1') + createHash('md5').update(String(known(1))).digest().length
export const asked = () => Promise.reject(new Error('x'))
  // A refusal is an answer here.
  .catch(() => null)
export const translated = () => {
  try {
    return asked()
  } catch (error) {
    throw new Error('ours', { cause: error })
  }
}
`
  assert.deepEqual(
    Object.values(RULES).flatMap((rule) => rule(source('src/store/fine-name.ts', fine))),
    [],
  )
})

test('a name exported twice, a machine path and a loose version are seen', () => {
  const twice = ['src/store/a.ts', 'src/cli/b.ts'].map((path) => source(path, 'export const x = 1'))
  assert.deepEqual(doubleExports(twice), ['x is exported by src/store/a.ts and src/cli/b.ts'])
  assert.equal(machinePaths('a.md', `see /${'home'}/someone/x and https://example.org/home/x`).length, 1)
  assert.deepEqual(['1.2.3', 'npm:typescript@7.0.2', '^1.2.3', '1.x', 'latest', '*'].filter(isExactVersion), [
    '1.2.3',
    'npm:typescript@7.0.2',
  ])
})
