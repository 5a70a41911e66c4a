/**
 * A machine's way in over HTTP: made with a role, shown once, removed by its name. Only its hash is kept, so nobody can be told it again.
 */
import type { Role } from '../core/login.ts'
import type { Clock, NewSecret } from '../core/seams.ts'
import { timeText } from '../core/when.ts'
import type { Store } from '../store/store.ts'
import { CommandError } from './command-error.ts'

export type ListedToken = { name: string; role: Role; by: string; at: string; expiresAt: string | null; usedAt: string | null }

/** `token` is the secret itself. */
export type AddedToken = { name: string; role: Role; expiresAt: string | null; token: string }

type Wish = { name: string; role: Role; lifeMs: number | null; by: string }

/** What finds such a secret where it should not be knows it by its beginning. */
const PREFIX = 'anneal_'

/** As it stands in a URL, in a configuration and in the audit trail. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** Throws CommandError for a name that is taken, or is none. */
export async function addToken(store: Store, seams: { clock: Clock; newSecret: NewSecret }, wish: Wish): Promise<AddedToken> {
  const { name, role, lifeMs, by } = wish
  if (!NAME.test(name))
    throw new CommandError('conflict', {
      what: name,
      message: 'A token cannot have this name.',
      fix: 'Take up to 63 of a-z, 0-9, ".", "_" and "-", with a letter or a digit first.',
    })
  const token = `${PREFIX}${seams.newSecret()}`
  const expiresAt = lifeMs === null ? null : seams.clock.now() + lifeMs
  if (!(await store.logins.addToken({ name, role, secret: token, by, expiresAt })))
    throw new CommandError('conflict', {
      what: name,
      message: 'There is a token of this name already.',
      fix: `Take another name, or remove that one: \`anneal token remove ${name}\`.`,
    })
  return { name, role, expiresAt: timeOrNull(expiresAt), token }
}

export async function listTokens(store: Store): Promise<ListedToken[]> {
  const tokens = await store.logins.tokens()
  return tokens.map(({ at, expiresAt, usedAt, ...rest }) => ({
    ...rest,
    at: timeText(at),
    expiresAt: timeOrNull(expiresAt),
    usedAt: timeOrNull(usedAt),
  }))
}

/** Throws CommandError where there is none. A running daemon lets nobody in with it from the next request on. */
export async function removeToken(store: Store, { name, by }: { name: string; by: string }): Promise<void> {
  if (await store.logins.removeToken(name, by)) return
  throw new CommandError('not-found', { what: name, message: 'There is no token of this name.', fix: 'See `anneal token list`.' })
}

const timeOrNull = (at: number | null): string | null => (at === null ? null : timeText(at))
