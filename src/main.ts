/**
 * The process: its environment, streams, signals and seams, handed to the command line as plain arguments. Nothing else reads them. It
 * ends with the exit code that the command came to.
 */
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Io, Out } from './cli/io.ts'
import { runProgram } from './cli/program.ts'
import { newSecret, realSeams } from './seams.ts'

/** 128 + the signal's number, as shells report an end by signal. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

const out = (stream: NodeJS.WriteStream): Out => ({
  write: (text) => stream.write(text),
  isTTY: stream.isTTY === true,
  columns: () => (stream.isTTY ? stream.columns : null),
})

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Missing, a directory or not ours to read: whoever asked says what that means.
    return null
  }
}

function userName(env: Record<string, string | undefined>): string {
  // sudo hides the person; the audit trail names them.
  const sudoer = env['SUDO_USER']
  if (sudoer) return sudoer
  try {
    return userInfo().username
  } catch {
    // A user without an entry in the password file, as containers have.
    return env['USER'] || `uid ${process.getuid?.() ?? '?'}`
  }
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
}

function onStop(stop: () => void): () => void {
  let asked = false
  const listeners = Object.entries(SIGNALS).map(([signal, code]) => {
    const listener = () => {
      if (asked) process.exit(code)
      asked = true
      stop()
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  return () => {
    for (const forget of listeners) forget()
  }
}

/** A terminal that gives single keys sends no signal for Ctrl-C any more, so it is sent from here. */
function keys(pressed: (key: string) => void): () => void {
  const { stdin } = process
  const listener = (chunk: Buffer) => {
    for (const key of chunk.toString('utf8')) {
      if (key === '\u0003') process.kill(process.pid, 'SIGINT')
      else pressed(key)
    }
  }
  stdin.setRawMode(true)
  stdin.on('data', listener)
  return () => {
    stdin.off('data', listener)
    stdin.setRawMode(false)
    stdin.pause()
  }
}

// Whoever reads our output may stop reading (`| head`); that is no error of ours and deserves no words.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    throw error
  })
}

const seams = realSeams()
const io: Omit<Io, 'exit'> = {
  out: out(process.stdout),
  err: out(process.stderr),
  input: {
    isTTY: process.stdin.isTTY === true,
    lines: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
    keys,
  },
  env: process.env,
  cwd: process.cwd(),
  user: userName(process.env),
  version: version(),
  dashboard: fileURLToPath(new URL('../dist/dashboard', import.meta.url)),
  seams,
  newSecret,
  readFile,
  onStop,
}
process.exitCode = await runProgram(process.argv.slice(2), io)
await seams.close()
