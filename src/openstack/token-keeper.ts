/**
 * Keeps one token: fetched once for all who need it at the same time, renewed before it ends, dropped when a service refuses it.
 * It never decides whether a call may wait for a token; session.ts does.
 */
import type { Clock, Transport } from '../core/seams.ts'
import { type Call, type CountsCalls, jsonOf, sendCall, unreadable } from './call.ts'
import type { CloudAccess } from './cloud-access.ts'
import { TOKEN_PATH, type Token, tokenIn, tokenRequest, tokenUrl } from './token.ts'

export type TokenKeeper = {
  /** A token that needs no renewal yet; fetches one where there is none. */
  ready(): Promise<Token>
  /** Fetches a new one whatever is kept. */
  fresh(): Promise<Token>
  /** What is kept and still valid, without any request. */
  held(): Token | null
  /** A service answered 401 to it. Does nothing where it was renewed meanwhile. */
  drop(refused: Token): void
}

export function keepToken(access: CloudAccess, seams: { clock: Clock; transport: Transport }, counted?: CountsCalls): TokenKeeper {
  const { clock, transport } = seams
  let kept: Token | null = null
  let fetching: Promise<Token> | null = null

  async function fetchToken(): Promise<Token> {
    const call: Call = { service: 'identity', method: 'POST', path: TOKEN_PATH, body: tokenRequest(access) }
    const response = await sendCall({ transport, access, counted }, call, { url: tokenUrl(access.auth.auth_url ?? ''), headers: {} })
    const found = tokenIn(response, jsonOf(call, response), clock.now())
    if (typeof found === 'string') throw unreadable(call, response, found)
    kept = found
    return found
  }

  function fresh(): Promise<Token> {
    fetching ??= fetchToken().finally(() => {
      fetching = null
    })
    return fetching
  }

  return {
    fresh,
    ready: async () => (kept !== null && clock.now() < kept.renewAt ? kept : await fresh()),
    held: () => (kept !== null && clock.now() < kept.expiresAt ? kept : null),
    drop: (refused) => {
      if (kept === refused) kept = null
    },
  }
}
