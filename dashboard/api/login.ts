/**
 * Logging in and out, and what is said by whoever is logged in: each goes along with the secret that only a page of the daemon's own can know.
 */

import type { Answers } from './answers.ts'
import { send } from './ask.ts'
import { client, login } from './queries.ts'

export type Shown =
  | { user: string; password: string; domain?: string }
  | { applicationCredential: { id: string; secret: string } }
  | { token: string }

/** Throws Refusal. */
export async function logIn(shown: Shown): Promise<void> {
  await send<'loggedIn'>('/api/v1/login', shown, null)
  // Nothing that was answered to somebody else is shown.
  await client.resetQueries()
}

/** Throws Refusal. */
export async function logOut(): Promise<void> {
  await send<'loggedOut'>('/api/v1/logout', {}, await csrf())
  client.setQueryData(login.queryKey, (known) => known && { ...known, as: null, csrf: null })
}

/** A person's word. Throws Refusal. */
export const say = async (path: string, body: Record<string, unknown>): Promise<Answers['spoken']> =>
  await send<'spoken'>(path, body, await csrf())

/** Asked each time: another window may have logged in anew, and both have one session. */
const csrf = async (): Promise<string | null> => (await client.fetchQuery({ ...login, staleTime: 0 })).csrf
