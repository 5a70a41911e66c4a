/**
 * Builds the dashboard into dist/dashboard. With --if-stale, as before `npm start`: only where it was not built yet, or where a file that it
 * is made of is newer.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

const isStale = (): boolean => !existsSync(BUILT) || MADE_OF.some((path) => newestOf(join(root, path)) > statSync(BUILT).mtimeMs)

if (!process.argv.includes('--if-stale') || isStale()) {
  process.stderr.write('building the dashboard\n')
  await build({ configFile: join(root, 'dashboard/vite.config.ts'), logLevel: 'warn' })
}
