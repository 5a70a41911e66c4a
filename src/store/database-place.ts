/**
 * Where the database is: a SQLite file, or one of a PostgreSQL server. The address of the latter may hold a password, so what is printed,
 * logged or answered is `shown` alone.
 */

export type PostgresPlace = { kind: 'postgres'; url: string; shown: string }
export type DatabasePlace = { kind: 'sqlite'; path: string; shown: string } | PostgresPlace

/** @param path as the operating system takes it; need not exist yet */
export const sqlitePlace = (path: string): DatabasePlace => ({ kind: 'sqlite', path, shown: path })

export const isPostgresUrl = (written: string): boolean => /^postgres(ql)?:/i.test(written)

/** `prefer` and `allow` would do without encryption where somebody in between wants that, `verify-ca` takes any host of its authority. */
const SSL_MODES = ['disable', 'require', 'verify-full']

/**
 * Of an address `postgres://USER:PASSWORD@HOST:PORT/NAME`; a host that is a folder of sockets stands behind it as `?host=/run/postgresql`.
 * Null where it is none, names no database, or an sslmode that is not taken.
 */
export function postgresPlace(url: string): PostgresPlace | null {
  // `postgres://user@/name`: no host, for one that stands behind. URL takes none without.
  const filled = url.replace(/^(postgres(?:ql)?:\/\/(?:[^@/]*@)?)\//i, '$1localhost/')
  if (!/^postgres(ql)?:\/\//i.test(url) || !URL.canParse(filled)) return null
  const { username, hostname, port, pathname, searchParams } = new URL(filled)
  const name = pathname.slice(1)
  if (name === '' || name.includes('/')) return null
  const mode = searchParams.get('sslmode')
  if (mode !== null && !SSL_MODES.includes(mode)) return null
  // The word as PostgreSQL means it: encrypted, whoever is at the other end. `pg` would take it for verify-full, and say so at length.
  const meant = mode === 'require' ? `${filled}&uselibpqcompat=true` : filled
  const host = searchParams.get('host') ?? `${hostname}${port === '' ? '' : `:${port}`}`
  return { kind: 'postgres', url: meant, shown: `postgres://${username === '' ? '' : `${username}@`}${host}/${name}` }
}
