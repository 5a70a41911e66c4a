/**
 * Builds the dashboard into dist/dashboard, and beside each text its compressed forms, which the daemon answers as they are. With --if-stale,
 * as before `npm start`: only where it was not built yet, or where a file that it is made of is newer.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const BUILT = join(root, 'dist/dashboard/index.html')
/** Of what it is made. */
const MADE_OF = ['dashboard', 'docs/runbook.md', 'package-lock.json']

function newestOf(path: string): number {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(...readdirSync(path).map((name) => newestOf(join(path, name))))
}

/** Fonts are compressed already. */
const TEXTS = ['.js', '.css', '.svg', '.html']
/** Below this the headers weigh more. */
const WORTH_BYTES = 1_000

function compress(folder: string): void {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && TEXTS.includes(extname(entry.name)),
  )
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name)
    const text = readFileSync(path)
    if (text.length < WORTH_BYTES) continue
    writeFileSync(`${path}.br`, brotliCompressSync(text))
    writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }))
  }
}

const isStale = (): boolean => !existsSync(BUILT) || MADE_OF.some((path) => newestOf(join(root, path)) > statSync(BUILT).mtimeMs)

if (!process.argv.includes('--if-stale') || isStale()) {
  process.stderr.write('building the dashboard\n')
  await build({ configFile: join(root, 'dashboard/vite.config.ts'), logLevel: 'warn' })
  compress(dirname(BUILT))
}
