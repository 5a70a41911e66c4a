/**
 * The built dashboard, answered from memory: read once at start, so that no request names a file. A text goes out compressed as it was built
 * for whoever takes that. Names with a hash in them are kept by
 * browsers for good; every other address that a browser navigates to and nobody else has is the page itself, so that deep links work. It
 * builds nothing, and what the page may load is said here: its own files, no inline script, nothing from elsewhere.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HttpRefusal } from './refusal.ts'

/** `smaller`: the same compressed, the smallest first. */
type File = { body: Buffer; type: string; isHashed: boolean; smaller: { encoding: string; body: Buffer }[] }
/** By address. Empty where it was not built. */
export type DashboardFiles = ReadonlyMap<string, File>

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** As scripts/dashboard.ts writes them beside a file, the smallest first. */
const SMALLER = [
  { encoding: 'br', ending: '.br' },
  { encoding: 'gzip', ending: '.gz' },
] as const

/** What vite puts below assets/ has a hash of its content in its name. */
const HASHED = '/assets/'
const PAGE = '/index.html'
const ONE_YEAR_S = 31_536_000

/** Files of a kind that no page of ours asks for are left out. */
export function readDashboard(folder: string): DashboardFiles {
  if (!existsSync(join(folder, PAGE))) return new Map()
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    entries.flatMap((entry): [string, File][] => {
      const path = join(entry.parentPath, entry.name)
      const type = TYPES[extname(entry.name)]
      const address = `/${relative(folder, path).split(sep).join('/')}`
      if (type === undefined) return []
      const smaller = SMALLER.filter(({ ending }) => existsSync(`${path}${ending}`)).map(({ encoding, ending }) => ({
        encoding,
        body: readFileSync(`${path}${ending}`),
      }))
      return [[address, { body: readFileSync(path), type, isHashed: address.startsWith(HASHED), smaller }]]
    }),
  )
}

/** Addresses that programs ask: a mistake there is answered as a mistake, in JSON. */
const NOT_PAGES = /^\/(api|hooks|assets|metrics|healthz|readyz)(\/|$)/

/** The file that is asked for, or the page for whoever navigates; null where it is neither. */
export function fileFor(files: DashboardFiles, { method, url, headers }: FastifyRequest): File | null {
  if (method !== 'GET' && method !== 'HEAD') return null
  const path = url.split('?')[0] ?? ''
  const found = files.get(path)
  if (found !== undefined) return found
  const isNavigation = (headers.accept ?? '').includes('text/html') && !NOT_PAGES.test(path)
  return path === '/' || isNavigation ? (files.get(PAGE) ?? null) : null
}

export function sendFile(reply: FastifyReply, { body, type, isHashed, smaller }: File): FastifyReply {
  const form = smaller.find(({ encoding }) => takes(reply.request.headers['accept-encoding'], encoding))
  return reply
    .code(200)
    .headers({
      'content-security-policy': POLICY,
      'cache-control': isHashed ? `public, max-age=${ONE_YEAR_S}, immutable` : 'no-cache',
      ...(smaller.length === 0 ? {} : { vary: 'accept-encoding' }),
      ...(form === undefined ? {} : { 'content-encoding': form.encoding }),
    })
    .type(type)
    .send(form?.body ?? body)
}

/** Named, and not with `q=0`, which refuses it. */
const takes = (header: string | undefined, encoding: string): boolean =>
  (header ?? '').split(',').some((one) => {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase())
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })

export const notBuilt = (): HttpRefusal =>
  new HttpRefusal(404, {
    what: 'dashboard',
    message: 'It is not built here; the API is at /api/v1/openapi.json.',
    fix: 'Run `npm run build:dashboard`, then start this again.',
  })
