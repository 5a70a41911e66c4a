/**
 * Anneal as it is shipped: bundled into one file by the settings of scripts/build.ts, with a configuration of its own over a pretend cloud,
 * and run as a process. Whoever starts it watches it and ends it.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { stringify } from 'yaml'

/** Makes the bundle in this folder. Returns its path. */
export async function bundle(folder: string): Promise<string> {
  const outfile = join(folder, 'dist', 'anneal.mjs')
  await build({
    absWorkingDir: new URL('..', import.meta.url).pathname,
    entryPoints: ['src/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'error',
    banner: { js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);" },
  })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '0.0.0' }))
  return outfile
}

export type Login = { authUrl: string; user: string; password: string }

/** A folder that holds all that one installation has: its configuration and, once it was started, its database. */
export type Home = { folder: string; bundle: string; config: string; database: string; env: Record<string, string | undefined> }

type Making = {
  folder: string
  bundle: string
  cloud: string
  login: Login
  /** What anneal.yaml says besides the database and the one cloud. */
  settings: Record<string, unknown>
  /** What it says below the cloud. */
  ofCloud?: Record<string, unknown>
}

/** Makes the folder. */
export function makeHome(o: Making): Home {
  const { folder, cloud, login, ofCloud = {} } = o
  mkdirSync(folder)
  const auth = {
    auth_url: login.authUrl,
    username: login.user,
    password: login.password,
    project_name: 'admin',
    user_domain_id: 'default',
    project_domain_id: 'default',
  }
  const cloudsYaml = join(folder, 'clouds.yaml')
  writeFileSync(cloudsYaml, stringify({ clouds: { [cloud]: { auth, region_name: 'RegionOne' } } }), { mode: 0o600 })
  const config = join(folder, 'anneal.yaml')
  const database = join(folder, 'anneal.db')
  writeFileSync(config, stringify({ server: { listen: 'off' }, ...o.settings, database, clouds: { [cloud]: ofCloud } }))
  const env = { PATH: process.env['PATH'], HOME: folder, OS_CLIENT_CONFIG_FILE: cloudsYaml }
  return { folder, bundle: o.bundle, config, database, env }
}

/** As the package and the launcher start their Node (packaging/debian/anneal, bin/anneal). */
export const NODE_FLAGS = ['--max-semi-space-size=8']

/** Runs one command of it, such as `['run']`. @param before what it is run under, such as a tracer with its arguments */
export function anneal(home: Home, args: readonly string[], stdio: StdioOptions, before: readonly string[] = []): ChildProcess {
  const [command = process.execPath, ...rest] = [...before, process.execPath, ...NODE_FLAGS, home.bundle, ...args, '--config', home.config]
  return spawn(command, rest, { cwd: home.folder, env: home.env, stdio })
}
