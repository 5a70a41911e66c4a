/**
 * What can go wrong with a PostgreSQL server and the way to it, said in one clear sentence each with what to do about it. The server's own
 * words are not passed on: they may quote values. Errors that mean a bug of ours are passed on as they are.
 */
import { errorSaying, StoreError, type StoreTrouble } from './store-error.ts'

const AGAIN = 'What was under way is done again once it is there; nothing is half done.'

const SILENT: StoreTrouble = {
  says: 'does not answer',
  fix: `See that the server runs and can be reached there. ${AGAIN}`,
  isConfiguration: false,
}
const CUT: StoreTrouble = { says: 'was lost: its connection was cut', fix: `See that the server runs. ${AGAIN}`, isConfiguration: false }
const STARTING: StoreTrouble = { says: 'is just starting or stopping', fix: `Wait a moment. ${AGAIN}`, isConfiguration: false }
const NOT_LET_IN: StoreTrouble = {
  says: 'does not let this user in',
  fix: 'Correct user and password (in the address, PGPASSWORD or ~/.pgpass), and see pg_hba.conf on the server.',
}
const NO_RIGHTS: StoreTrouble = {
  says: 'gives this user too few rights',
  fix: 'Let the user own the database, or grant it create and usage on its schema public.',
}
const DISK_FULL: StoreTrouble = {
  says: 'cannot grow because the disk of its server is full',
  fix: 'Free some space there; nothing was lost, the last step was rolled back.',
  isConfiguration: false,
}
const READ_ONLY: StoreTrouble = { says: 'is read-only: a standby, or set so', fix: 'Name the primary in the address.' }
const NOT_TRUSTED: StoreTrouble = {
  says: 'shows a certificate that is not trusted here',
  fix: 'Name its authority with sslrootcert in the address, or correct sslmode.',
}
const UNREADABLE: StoreTrouble = {
  says: 'is to be reached by a certificate or key whose file cannot be read',
  fix: 'Correct sslrootcert, sslcert or sslkey in the address, or let this user read the file.',
}
const UNKNOWN_HOST: StoreTrouble = { says: 'is on a host whose name nobody knows', fix: 'Correct the host in the address.' }
const KEPT_LOCKED: StoreTrouble = {
  says: 'is kept locked by another process for longer than 20 s',
  fix: 'See in pg_stat_activity who holds the lock (a stopped anneal, a forgotten transaction) and end it.',
  isConfiguration: false,
}

/** SQLSTATE (postgresql.org/docs/15/errcodes-appendix.html), and the codes of Node for sockets and TLS. */
const BY_CODE: Record<string, StoreTrouble> = {
  '28P01': NOT_LET_IN,
  '28000': NOT_LET_IN,
  '3D000': { says: 'does not exist', fix: 'Make it (createdb), or correct its name in the address.' },
  '42501': NO_RIGHTS,
  '3F000': NO_RIGHTS,
  '53100': DISK_FULL,
  '53200': { says: 'has no memory left', fix: "Look at the server's log.", isConfiguration: false },
  '53300': { says: 'has no connection free', fix: 'Raise max_connections there, or run fewer replicas.', isConfiguration: false },
  '57014': { says: 'took longer than 60 s for one statement', fix: 'See what else the server is busy with.', isConfiguration: false },
  '57P01': CUT,
  '57P02': CUT,
  '57P03': STARTING,
  '57P05': CUT,
  '25P03': CUT,
  '08000': CUT,
  '08003': CUT,
  '08006': CUT,
  '25006': READ_ONLY,
  '55P03': KEPT_LOCKED,
  ECONNREFUSED: SILENT,
  ENOENT: SILENT,
  ETIMEDOUT: SILENT,
  EHOSTUNREACH: SILENT,
  ENETUNREACH: SILENT,
  EAI_AGAIN: SILENT,
  ENOTFOUND: UNKNOWN_HOST,
  ECONNRESET: CUT,
  EPIPE: CUT,
  EACCES: { says: 'has a socket that this user may not open', fix: 'Let the user reach it, or name a host.' },
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  CERT_HAS_EXPIRED: NOT_TRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: NOT_TRUSTED,
}

/** `pg` gives these no code. */
const BY_MESSAGE: readonly [RegExp, StoreTrouble][] = [
  [/^Connection terminated due to connection timeout|^timeout exceeded when trying to connect/, SILENT],
  [/^Connection terminated|^Client has encountered a connection error|^Query read timeout|^Client was closed/, CUT],
  [/^Postgres connection has been discarded/, CUT],
  [/^SASL: .*password must be a/, NOT_LET_IN],
  [/^SASL: /, NOT_LET_IN],
  [/does not support SSL/, { says: 'speaks no TLS', fix: 'Correct sslmode in the address, or switch TLS on at the server.' }],
]

/** The StoreError that an error of the server or of the way to it stands for; any other error comes back unchanged. */
export function postgresErrorOf(error: unknown, shown: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // Several addresses of one host were tried, and none answered.
  const inner = error instanceof AggregateError && code === '' ? error.errors[0] : null
  if (inner !== null) return postgresErrorOf(inner, shown)
  // As it is read what the address names, and not on the way to the server.
  const isFile = 'syscall' in error && error.syscall === 'open'
  const found = isFile ? UNREADABLE : (BY_CODE[code] ?? BY_MESSAGE.find(([message]) => message.test(error.message))?.[1])
  return found === undefined ? error : errorSaying(found, shown)
}
