/**
 * Finds a cloud the way openstacksdk does: clouds.yaml, secure.yaml merged over it, a profile from clouds-public.yaml under
 * both, or plain OS_* variables as the cloud `envvars`. The environment and the file reader are arguments; profiles that
 * openstacksdk ships built in are not known here.
 */
import { join } from 'node:path'
import { type Document, isCollection, parseDocument, visit } from 'yaml'
import { ConfigError, nearest } from '../core/config-error.ts'
import { type CloudAccess, cloudAccess, type Files, isMapping, type Mapping, type RawCloud } from './cloud-access.ts'

export type CloudSource = {
  /** `--os-cloud` or the name in anneal.yaml; null: OS_CLOUD, then the variables, then the only cloud in the file. */
  cloud: string | null
  environment: Record<string, string | undefined>
  readFile: Files['read']
  cwd: string
}

/** Variables that choose among clouds or say where files are, but do not make a cloud themselves. */
const SELECTORS = ['OS_CLOUD', 'OS_REGION_NAME', 'OS_CLIENT_CONFIG_FILE', 'OS_CLIENT_SECURE_FILE', 'OS_CLIENT_VENDOR_FILE', 'OS_CLOUD_NAME']

/** The variables' cloud exists as soon as one of these is set; a lone OS_INTERFACE does not hide clouds.yaml. */
const MAKES_A_CLOUD = [
  'OS_AUTH_URL',
  'OS_AUTH_TYPE',
  'OS_ENDPOINT',
  'OS_TOKEN',
  'OS_USERNAME',
  'OS_USER_ID',
  'OS_APPLICATION_CREDENTIAL_ID',
]

/** Reads and checks one cloud. Throws ConfigError that names file, key and fix. */
export function readCloud(source: CloudSource): CloudAccess {
  const { environment } = source
  const files: Files = { read: source.readFile, cwd: source.cwd, home: environment['HOME'] ?? null }
  const config = findFile(source, 'clouds', 'OS_CLIENT_CONFIG_FILE')
  const secure = findFile(source, 'secure', 'OS_CLIENT_SECURE_FILE')
  const clouds = merged(cloudsIn(config, 'clouds'), cloudsIn(secure, 'clouds'))

  const envName = environment['OS_CLOUD_NAME'] ?? 'envvars'
  const variables = cloudOfVariables(environment)
  const names = Object.keys(clouds)
  const wanted =
    source.cloud ?? (environment['OS_CLOUD'] || null) ?? (variables ? envName : null) ?? (names.length === 1 ? (names[0] ?? null) : null)
  if (wanted === null) throw noneChosen(source, config, names)
  if (wanted === envName && variables && !Object.hasOwn(clouds, wanted)) {
    return cloudAccess({ name: wanted, keys: variables, naming: (key) => `OS_${(key.split('.').at(-1) ?? key).toUpperCase()}` }, files)
  }
  if (!config && !secure) throw noFile(source, wanted)
  const path = config?.path ?? secure?.path ?? ''
  const own = Object.hasOwn(clouds, wanted) ? clouds[wanted] : undefined
  if (own === undefined) throw unknownCloud(path, wanted, names)
  const naming = (key: string) => `${path}: clouds.${wanted}.${key}`
  if (!isMapping(own)) {
    throw new ConfigError({
      what: `${path}: clouds.${wanted}`,
      message: 'It is not a mapping.',
      fix: 'Put auth and the other keys below it.',
    })
  }
  const raw: RawCloud = { name: wanted, keys: withRegion(withProfile(source, own, naming)), naming }
  return cloudAccess(raw, files)
}

type FoundFile = { path: string; content: Mapping }

/** The first file that exists, in openstacksdk's order. A file that a variable names must exist: falling through could find another cloud. */
function findFile(source: CloudSource, stem: string, variable: string): FoundFile | null {
  const named = source.environment[variable]
  if (named) {
    const text = source.readFile(named)
    if (text !== null) return { path: named, content: parse(named, text) }
    throw new ConfigError({
      what: named,
      message: `${variable} names it, and it is not there or cannot be read.`,
      fix: `Correct or unset ${variable}.`,
    })
  }
  for (const path of searchPath(source, stem)) {
    const text = source.readFile(path)
    if (text !== null) return { path, content: parse(path, text) }
  }
  return null
}

function searchPath(source: CloudSource, stem: string): string[] {
  const { XDG_CONFIG_HOME: xdg, HOME: home } = source.environment
  const folders = [source.cwd, xdg ? join(xdg, 'openstack') : null, home ? join(home, '.config', 'openstack') : null, '/etc/openstack']
  return folders.flatMap((folder) => (folder === null ? [] : ['.yaml', '.yml', '.json'].map((suffix) => join(folder, `${stem}${suffix}`))))
}

/** YAML 1.1 like PyYAML (`no` is false, `<<` merges). The parser's own sentences may quote the file, so only its code is passed on. */
function parse(path: string, text: string): Mapping {
  const document = parseDocument(text, { version: '1.1', logLevel: 'error' })
  const error = document.errors[0]
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length
  let broken: { line: number; how: string } | null = error
    ? { line: lineAt(error.pos[0]), how: error.code.toLowerCase().replaceAll('_', ' ') }
    : null
  visit(document, {
    Alias: (_key, alias, above) => {
      const anchored = alias.resolve(document)
      const how =
        anchored === undefined ? 'a * that refers to nothing' : above.includes(anchored) ? 'a * inside of what it refers to' : null
      if (how !== null) broken ??= { line: lineAt(alias.range?.[0] ?? 0), how }
    },
    Pair: (_key, { key }) => {
      if (isCollection(key)) broken ??= { line: lineAt(key.range?.[0] ?? 0), how: 'a key that is no plain word' }
    },
  })
  if (broken !== null) {
    throw new ConfigError({
      what: `${path}, line ${broken.line}`,
      message: `It is not YAML: ${broken.how}.`,
      fix: 'Correct the line; values with special characters need quotes.',
    })
  }
  const content = contentOf(path, document)
  if (content === null || content === undefined) return {}
  if (isMapping(content)) return content
  throw new ConfigError({ what: path, message: 'It does not hold a mapping.', fix: 'It must begin with the key clouds.' })
}

function contentOf(path: string, document: Document): unknown {
  try {
    return document.toJS()
  } catch {
    // Knows: what parses and still has no content is a << without a mapping, or aliases of aliases that would fill the memory.
    throw new ConfigError({
      what: path,
      message: 'It is not YAML: a << that refers to no mapping, or aliases without end.',
      fix: 'Write out what the aliases stand for.',
    })
  }
}

function cloudsIn(file: FoundFile | null, key: string): Mapping {
  const clouds = file?.content[key] ?? {}
  if (isMapping(clouds)) return clouds
  throw new ConfigError({ what: `${file?.path}: ${key}`, message: 'It is not a mapping.', fix: 'Put each cloud below it under its name.' })
}

/** Deep: secure.yaml adds a password inside an auth that clouds.yaml began. */
function merged(under: Mapping, over: Mapping): Mapping {
  const mixed = Object.entries(over).map(([key, value]): [string, unknown] => {
    const below = Object.hasOwn(under, key) ? under[key] : undefined
    return [key, isMapping(below) && isMapping(value) ? merged(below, value) : value]
  })
  // Not by assignment: a key `__proto__` would then be none.
  return Object.fromEntries([...Object.entries(under), ...mixed])
}

/** A profile lies under the cloud's own keys; only `auth` is mixed key by key. */
function withProfile(source: CloudSource, own: Mapping, naming: RawCloud['naming']): Mapping {
  const name = own['profile'] ?? own['cloud']
  if (typeof name !== 'string') return own
  const file = findFile(source, 'clouds-public', 'OS_CLIENT_VENDOR_FILE')
  const profiles = cloudsIn(file, 'public-clouds')
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (!isMapping(profile)) {
    const near = nearest(name, Object.keys(profiles))
    throw new ConfigError({
      what: naming('profile'),
      message: `There is no profile ${JSON.stringify(name)} in ${file?.path ?? 'any clouds-public.yaml'}.`,
      fix: near ? `Did you mean ${near}?` : 'Write auth_url and region_name into the cloud itself, or the profile into clouds-public.yaml.',
    })
  }
  const auth = isMapping(profile['auth']) && isMapping(own['auth']) ? { auth: { ...profile['auth'], ...own['auth'] } } : {}
  return { ...profile, ...own, ...auth }
}

/** `regions`: names, or `{name, values}` whose values lie over the cloud's; without region_name the first is meant. */
function withRegion(keys: Mapping): Mapping {
  const { regions } = keys
  if (!Array.isArray(regions)) return keys
  const listed = regions.map((region: unknown) => (isMapping(region) ? region : { name: region }))
  const chosen = keys['region_name'] === undefined ? listed[0] : listed.find((region) => region['name'] === keys['region_name'])
  if (!chosen) return keys
  const values = isMapping(chosen['values']) ? chosen['values'] : {}
  return merged({ ...keys, region_name: chosen['name'] }, values)
}

/** OS_AUTH_URL is auth_url, and so on for every OS_* variable that is set. */
function cloudOfVariables(environment: CloudSource['environment']): Mapping | null {
  if (!MAKES_A_CLOUD.some((name) => environment[name])) return null
  const given = Object.entries(environment).filter(
    ([name, value]) => name.startsWith('OS_') && value && (name === 'OS_REGION_NAME' || !SELECTORS.includes(name)),
  )
  return Object.fromEntries(given.map(([name, value]) => [name.slice('OS_'.length).toLowerCase(), value]))
}

function noFile(source: CloudSource, wanted: string): ConfigError {
  const folders = searchPath(source, 'clouds').filter((path) => path.endsWith('.yaml'))
  return new ConfigError({
    what: 'clouds.yaml',
    message: `Cloud ${JSON.stringify(wanted)} was asked for, but there is no clouds.yaml (looked for ${folders.join(', ')}).`,
    fix: 'Write one there, or name it in OS_CLIENT_CONFIG_FILE.',
  })
}

function noneChosen(source: CloudSource, config: FoundFile | null, names: string[]): ConfigError {
  if (config === null) {
    const folders = searchPath(source, 'clouds').filter((path) => path.endsWith('.yaml'))
    return new ConfigError({
      what: 'clouds.yaml',
      message: `There is none (looked for ${folders.join(', ')}), and no OS_AUTH_URL or OS_ENDPOINT is set.`,
      fix: 'Write one there, name it in OS_CLIENT_CONFIG_FILE, or set OS_* variables.',
    })
  }
  const which = names.length === 0 ? 'It names no cloud.' : `It names ${names.length} clouds and none was chosen.`
  return new ConfigError({
    what: `${config.path}: clouds`,
    message: which,
    fix: names.length === 0 ? 'Put a cloud below clouds.' : `Choose with --os-cloud or OS_CLOUD: ${names.join(', ')}.`,
  })
}

function unknownCloud(path: string, wanted: string, names: string[]): ConfigError {
  const near = nearest(wanted, names)
  return new ConfigError({
    what: `${path}: clouds.${wanted}`,
    message: `There is no cloud ${JSON.stringify(wanted)}.`,
    fix: near ? `Did you mean ${near}?` : `It names ${names.length === 0 ? 'none' : names.join(', ')}.`,
  })
}
