/**
 * For tests of the evidence bundle: `anneal evidence` typed over a simulated cloud and its database, and its archive unpacked.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { unpackTar } from 'modern-tar'
import { stringify } from 'yaml'
import { runProgram } from '../src/cli/program.ts'
import type { SimOperator } from './sim-operator.ts'

export type Typed = { code: number; out: string; err: string; archive: Buffer }
export type Asking = { cwd: string; isTTY?: boolean; path?: string; cloud?: boolean }

/** The command line over the operator's own database; `cloud`: clouds.yaml has a way into the simulated cloud. */
export async function typed(op: SimOperator, args: string[], { cwd, isTTY = false, path = op.path, cloud = true }: Asking): Promise<Typed> {
  const said = { out: '', err: '', archive: Buffer.alloc(0) }
  const to = (name: 'out' | 'err') => ({
    write: (text: string | Uint8Array) => {
      if (typeof text === 'string') said[name] += text
      else said.archive = Buffer.from(text)
    },
    isTTY,
    columns: () => null,
  })
  const { authUrl, user, password } = op.cloud.credentials('admin')
  const auth = {
    auth_url: authUrl,
    username: user,
    password,
    project_name: 'admin',
    user_domain_id: 'default',
    project_domain_id: 'default',
  }
  const seams = { clock: op.clock, random: () => 0.5, newId: () => 'id', transport: op.cloud.transport, datagram: op.cloud.datagram }
  const code = await op.clock.run(
    runProgram(['evidence', ...args], {
      out: to('out'),
      err: to('err'),
      input: { isTTY: true, lines: () => Readable.from([]), keys: () => () => {} },
      env: { ANNEAL_DATABASE: path, NO_COLOR: '1', ...(cloud ? { OS_CLIENT_CONFIG_FILE: 'clouds.yaml' } : {}) },
      cwd,
      user: 'pat',
      version: '0.0.0',
      dashboard: '',
      seams,
      newSecret: () => 'secret',
      readFile: (file) => (cloud && file === 'clouds.yaml' ? stringify({ clouds: { sim: { auth } } }) : null),
      onStop: () => () => {},
    }),
  )
  return { code, ...said }
}

/** The files of an archive by their names, without the folder that all of them lie in. */
export async function unpacked(archive: Uint8Array): Promise<Record<string, string>> {
  const entries = await unpackTar(gunzipSync(archive))
  return Object.fromEntries(
    entries.map(({ header, data }) => [header.name.replace(/^[^/]*\//, ''), Buffer.from(data ?? []).toString('utf8')]),
  )
}

/** The bundle about what `named` means, as a person would read it. */
export async function bundle(op: SimOperator, named: string, { args = [], ...asking }: { args?: string[]; cloud?: boolean } = {}) {
  const { code, err, archive } = await typed(op, [named, '--out', '-', ...args], { cwd: '/', ...asking })
  return { code, err, archive, files: await unpacked(archive) }
}

/** A folder to write to, gone afterwards. */
export async function inFolder(body: (folder: string, read: (name: string) => Buffer) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-evidence-'))
  try {
    await body(folder, (name) => readFileSync(join(folder, name)))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
