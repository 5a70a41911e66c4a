/**
 * Who may come in over HTTP: tokens for machines, and sessions of people. Of each secret only its SHA-256 is kept, which is enough for 256
 * random bits; what a person logs in with is never seen here. Making and removing a token is audited, a session is not.
 */
import { createHash } from 'node:crypto'
import type { Role } from '../core/login.ts'
import { timeText } from '../core/when.ts'
import { appendAudit } from './audit.ts'
import { type Home, type Queries, transaction } from './home.ts'
import type { SessionTable, TokenTable } from './schema.ts'

export type TokenView = Omit<TokenTable, 'hash'>
/** `method`: how they proved who they are. */
export type SessionView = Omit<SessionTable, 'hash'>

/** What is kept of a secret, and what it is found by: whoever reads the database cannot come in with it. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** A dashboard that is open somewhere asks now and then; a night without anybody ends it. */
const IDLE_MS = 2 * 3_600_000
/** So late a role that was taken away in Keystone is noticed. */
const ABSOLUTE_MS = 12 * 3_600_000
/** Each use is not worth a write. */
const TOUCH_MS = 60_000
/** The oldest end where somebody has more: a script that logs in for each request fills no disk. */
const OF_ONE_MAX = 20

export type Logins = {
  /** False where there is a token of this name. */
  addToken(token: { name: string; role: Role; secret: string; by: string; expiresAt: number | null }): Promise<boolean>
  /** False where there is none. What was logged in with it is over, too. */
  removeToken(name: string, by: string): Promise<boolean>
  tokens(): Promise<TokenView[]>
  /** null: nobody's, or over. Notes that it was used. */
  tokenOf(secret: string): Promise<TokenView | null>
  /** Begins a session. Returns when it ends at the latest. */
  logIn(session: { name: string; method: SessionTable['method']; role: Role; secret: string; until: number | null }): Promise<number>
  /** null: nobody's, or over. `isUse`: it goes on living for that. */
  sessionOf(secret: string, isUse: boolean): Promise<SessionView | null>
  logOut(secret: string): Promise<void>
}

export function loginsIn(home: Home): Logins {
  const { db, clock } = home
  return {
    addToken: (token) => addToken(home, token),
    removeToken: (name, by) => removeToken(home, name, by),
    tokens: () => db.selectFrom('tokens').select(TOKEN_COLUMNS).orderBy('name').execute(),
    tokenOf: (secret) => tokenOf(home, secret),
    logIn: (session) => logIn(home, session),
    sessionOf: (secret, isUse) => sessionOf(db, { hash: hashOf(secret), now: clock.now(), isUse }),
    logOut: async (secret) => void (await db.deleteFrom('sessions').where('hash', '=', hashOf(secret)).execute()),
  }
}

const TOKEN_COLUMNS = ['name', 'role', 'by', 'at', 'expiresAt', 'usedAt'] as const
const SESSION_COLUMNS = ['name', 'method', 'role', 'at', 'seenAt', 'expiresAt'] as const

function addToken(home: Home, { secret, ...token }: Parameters<Logins['addToken']>[0]): Promise<boolean> {
  return transaction(home, 'logins', async (tx) => {
    const at = home.clock.now()
    const { name, role, by, expiresAt } = token
    const existing = await tx.selectFrom('tokens').select('name').where('name', '=', name).executeTakeFirst()
    if (existing !== undefined) return false
    await tx
      .insertInto('tokens')
      .values({ name, role, by, expiresAt, at, usedAt: null, hash: hashOf(secret) })
      .execute()
    const until = expiresAt === null ? 'until it is removed' : `until ${timeText(expiresAt)}`
    await appendAudit(tx, { at, cloud: null, by, kind: 'token-added', message: `Token ${name} lets in as ${role} ${until}.` })
    return true
  })
}

function removeToken(home: Home, name: string, by: string): Promise<boolean> {
  return transaction(home, 'logins', async (tx) => {
    const { numDeletedRows } = await tx.deleteFrom('tokens').where('name', '=', name).executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) return false
    await tx.deleteFrom('sessions').where('method', '=', 'token').where('name', '=', name).execute()
    await appendAudit(tx, { at: home.clock.now(), cloud: null, by, kind: 'token-removed', message: `Token ${name} lets in no more.` })
    return true
  })
}

async function tokenOf({ db, clock }: Home, secret: string): Promise<TokenView | null> {
  const hash = hashOf(secret)
  const now = clock.now()
  const token = await db.selectFrom('tokens').select(TOKEN_COLUMNS).where('hash', '=', hash).executeTakeFirst()
  if (token === undefined || (token.expiresAt !== null && token.expiresAt <= now)) return null
  if (now - (token.usedAt ?? 0) >= TOUCH_MS) await db.updateTable('tokens').set({ usedAt: now }).where('hash', '=', hash).execute()
  return token
}

function logIn(home: Home, { secret, until, ...session }: Parameters<Logins['logIn']>[0]): Promise<number> {
  return transaction(home, 'logins', async (tx) => {
    const at = home.clock.now()
    const expiresAt = Math.min(at + ABSOLUTE_MS, until ?? Number.POSITIVE_INFINITY)
    await tx
      .deleteFrom('sessions')
      .where((eb) => eb.or([eb('expiresAt', '<=', at), eb('seenAt', '<=', at - IDLE_MS)]))
      .execute()
    const older = await tx
      .selectFrom('sessions')
      .select('hash')
      .where('name', '=', session.name)
      .where('method', '=', session.method)
      .orderBy('at', 'desc')
      .orderBy('hash')
      .offset(OF_ONE_MAX - 1)
      .limit(1_000)
      .execute()
    for (const { hash } of older) await tx.deleteFrom('sessions').where('hash', '=', hash).execute()
    await tx
      .insertInto('sessions')
      .values({ ...session, hash: hashOf(secret), at, seenAt: at, expiresAt })
      .execute()
    return expiresAt
  })
}

async function sessionOf(db: Queries, { hash, now, isUse }: { hash: string; now: number; isUse: boolean }): Promise<SessionView | null> {
  const session = await db.selectFrom('sessions').select(SESSION_COLUMNS).where('hash', '=', hash).executeTakeFirst()
  if (session === undefined) return null
  if (session.expiresAt <= now || session.seenAt <= now - IDLE_MS) {
    await db.deleteFrom('sessions').where('hash', '=', hash).execute()
    return null
  }
  if (isUse && now - session.seenAt >= TOUCH_MS) await db.updateTable('sessions').set({ seenAt: now }).where('hash', '=', hash).execute()
  return session
}
