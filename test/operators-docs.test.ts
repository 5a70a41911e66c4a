/**
 * What the pages for operators quote exists: every `anneal …` command with its options, every anneal.yaml and every key of it, every message, unit and
 * file of the package, and every page and heading that is linked to. That a command does what the page says is tried by lab/package.
 */
import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { z } from 'zod'
import { describedProgram } from '../scripts/described-program.ts'
import { readSettings } from '../src/config-file.ts'
import { settingsJsonSchema } from '../src/config-schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'docs/operators')
const pages = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))

const fences = (text: string): string[] => [...text.matchAll(/^ *```\w*\n([\s\S]*?)^ *```/gm)].map(([, inside]) => inside ?? '')
const inline = (text: string): string[] =>
  [...text.replace(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, inside]) => inside ?? '')
/** Lines that are indented as commands, and what stands in backquotes. */
const quoted = (text: string): string[] => [...text.split('\n').filter((line) => /^ {4}/.test(line)), ...fences(text), ...inline(text)]

/** `anneal` at the beginning, after sudo, a variable, `anneal` of podman exec, or a schedule of cron. */
const commandsIn = (text: string): string[] =>
  quoted(text).flatMap((line) => {
    const found = /(?:^\s*|sudo (?:\w+=\S+ )?|\.\/bin\/|exec anneal |\* )(anneal(?: [^#|]*)?)$/.exec((line.split(' # ')[0] ?? '').trimEnd())
    return found?.[1] === undefined ? [] : [found[1].replace(/ {2,}#.*/, '').trim()]
  })

/** Null where there is such a command; else what is wrong with it. */
function wrongWith(line: string, program: Command): string | null {
  const [, name, ...words] = line.split(/\s+(?=(?:[^"']*["'][^"']*["'])*[^"']*$)/)
  if (name === undefined || name === '…') return null
  const options = (of: Command) => of.options.flatMap(({ short, long }) => [short, long])
  const isOption = (word: string) => word.startsWith('-')
  if (isOption(name)) return options(program).includes(name) || name === '--help' ? null : `${line}: no option ${name}`
  const command = program.commands.find((one) => one.name() === name)
  if (command === undefined) return `${line}: no command ${name}`
  const unknown = words.filter(isOption).find((word) => ![...options(command), ...options(program)].includes(word))
  return unknown === undefined ? null : `${line}: no option ${unknown}`
}

test('every command that the pages quote exists, with its options', () => {
  const program = describedProgram()
  const commands = pages.flatMap(({ text }) => commandsIn(text))
  assert.ok(commands.length > 50, `${commands.length} found`)
  assert.deepEqual(
    commands.flatMap((line) => wrongWith(line, program) ?? []),
    [],
  )
})

test('a command that does not exist, and an option that does not, are seen', () => {
  const program = describedProgram()
  const text =
    '    sudo anneal chekc\n    sudo anneal hold NODE --why "it is --odd"   # a comment\n\n`anneal sweep --al`, `sudo anneal …`, `anneal --version`'
  const found = commandsIn(text)
  assert.deepEqual(found, ['anneal chekc', 'anneal hold NODE --why "it is --odd"', 'anneal sweep --al', 'anneal …', 'anneal --version'])
  assert.deepEqual(
    found.flatMap((line) => wrongWith(line, program) ?? []),
    ['anneal chekc: no command chekc', 'anneal sweep --al: no option --al'],
  )
})

test('every anneal.yaml of the pages is one that is read', () => {
  const shown = pages.flatMap(({ name, text }) =>
    fences(text).flatMap((inside) => (/^\s*# anneal\.yaml/.test(inside) ? [{ name, inside }] : [])),
  )
  assert.ok(shown.length >= 5)
  for (const { name, inside } of shown) {
    const indent = /^ */.exec(inside)?.[0] ?? ''
    // A file that it names is on the operator's machine, and not here.
    readSettings(name, inside.replaceAll(`\n${indent}`, '\n').trimStart(), {
      env: {},
      readFile: () => '{"webhook":"https://hooks.example.org/x"}',
    })
  }
})

type Node = { properties?: Record<string, unknown>; additionalProperties?: unknown; anyOf?: unknown[] }
const nodeSchema: z.ZodType<Node> = z.looseObject({
  properties: z.record(z.string(), z.unknown()).exactOptional(),
  additionalProperties: z.unknown().exactOptional(),
  anyOf: z.array(z.unknown()).exactOptional(),
})

/** Whether there is such a key, at the top or below a cloud, where pages leave out `clouds.NAME`. */
function isKey(path: readonly string[], from: unknown): boolean {
  const [first, ...rest] = path
  const node = nodeSchema.safeParse(from)
  if (first === undefined) return true
  if (!node.success) return false
  const { properties = {}, anyOf = [] } = node.data
  return (first in properties && isKey(rest, properties[first])) || anyOf.some((one) => isKey(path, one))
}

test('every key of the configuration that the pages name exists', () => {
  const schema = settingsJsonSchema()
  const clouds = nodeSchema.parse(nodeSchema.parse(schema).properties?.['clouds'])
  const cloud = (clouds.anyOf ?? [clouds]).map((one) => nodeSchema.parse(one).additionalProperties).find((one) => one !== undefined)
  const tops = /^(budgets|server|blazar|notify|scope)\.(?!conf$)\w+(\.\w+)*$/
  const named = pages.flatMap(({ text }) =>
    inline(text)
      .map((word) => word.split(':')[0] ?? '')
      .filter((word) => tops.test(word)),
  )
  assert.ok(named.length > 8, `${named.length} found`)
  assert.deepEqual(
    named.filter((key) => !isKey(key.split('.'), schema) && !isKey(key.split('.'), cloud)),
    [],
  )
  assert.equal(isKey(['budgets', 'foreignWriterr'], schema), false)
})

test('every message of troubleshooting.md is one that the sources can say', () => {
  const text = pages.find(({ name }) => name === 'troubleshooting.md')?.text ?? ''
  const messages = [...text.matchAll(/^\| (`.*?`(?:, `.*?`)*) +\|/gm)].flatMap(([, first]) =>
    [...(first ?? '').matchAll(/`(.*?)`/g)].map(([, one]) => one ?? ''),
  )
  assert.ok(messages.length > 35, `${messages.length} found`)
  const sources = globSync('src/**/*.ts', { cwd: root })
    .filter((path) => !path.endsWith('.test.ts') && !path.startsWith('src/simulator'))
    .map((path) =>
      readFileSync(join(root, path), 'utf8')
        .replace(/\\'/g, "'")
        .replace(/'\s*\+\s*'/g, ''),
    )
  const isSaid = (message: string) => {
    const parts = message
      .split('…')
      .map((part) => part.trim())
      .filter((part) => part.length > 3)
    return sources.some((source) => parts.every((part) => source.includes(part)))
  }
  assert.deepEqual(
    messages.filter((message) => !isSaid(message)),
    [],
  )
  assert.equal(isSaid('It names … clouds and one was chosen.'), false)
})

test('every unit that the pages name is in the package', () => {
  const units = pages.flatMap(({ text }) => text.match(/\banneal[\w-]*\.(service|timer)\b/g) ?? [])
  assert.ok(units.length > 2)
  for (const unit of units) assert.ok(existsSync(join(root, 'packaging/debian', unit)), unit)
})

test('every link leads to a page that is there, and to a heading of it', () => {
  const slug = (heading: string) =>
    heading
      .replace(/[`*]/g, '')
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  const broken = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(([, path = '', heading]) => {
      if (/^https?:/.test(path)) return []
      const target = path === '' ? join(folder, name) : join(dirname(join(folder, name)), path)
      if (!existsSync(target)) return [`${name}: ${path}`]
      const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, one]) => slug(one ?? ''))
      return heading === undefined || headings.includes(heading) ? [] : [`${name}: ${path}#${heading}`]
    }),
  )
  assert.deepEqual(broken, [])
  const index = pages.find(({ name }) => name === 'README.md')?.text ?? ''
  for (const { name } of pages) assert.ok(name === 'README.md' || index.includes(`](${name})`), name)
})
