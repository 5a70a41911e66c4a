/**
 * Asks the daemon that served this page, and says its refusals in its own words. It keeps nothing; queries.ts does.
 */
import type { Answers } from './answers.ts'

/** What the daemon says when it refuses, or what is to be said where no answer came. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number
  readonly fix: string
  constructor(status: number, { message, fix }: { message: string; fix: string }) {
    super(message)
    this.status = status
    this.fix = fix
  }
}

type Query = Record<string, string | number | boolean | undefined>

const withQuery = (path: string, query: Query): string => {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, String(value)]]))
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

/** Throws Refusal. */
export async function ask<Name extends keyof Answers>(path: string, query: Query = {}): Promise<Answers[Name]> {
  return await answerOf(await sent(withQuery(path, query)))
}

/** Throws Refusal. */
export async function askText(path: string): Promise<string> {
  const response = await sent(path)
  if (!response.ok) throw await refusalOf(response)
  return await response.text()
}

/**
 * What changes something. Throws Refusal.
 * @param csrf null: nobody is logged in
 */
export async function send<Name extends keyof Answers>(
  path: string,
  body: Record<string, unknown>,
  csrf: string | null,
): Promise<Answers[Name]> {
  const headers = { 'content-type': 'application/json', ...(csrf === null ? {} : { 'x-anneal-csrf': csrf }) }
  return await answerOf(await sent(path, { method: 'POST', headers, body: JSON.stringify(body) }))
}

async function sent(path: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch {
    // Knows: a browser says nothing more of it than that there was no answer.
    throw new Refusal(0, {
      message: 'Anneal does not answer.',
      fix: 'See whether the daemon runs and this machine still reaches it; this page tries again by itself.',
    })
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  if (!response.ok) throw await refusalOf(response)
  return await response.json()
}

async function refusalOf(response: Response): Promise<Refusal> {
  // Whatever stands between may answer in its own way.
  const body: Partial<Answers['error']> | null = await response.json().catch(() => null)
  return new Refusal(
    response.status,
    body?.error ?? { message: `The answer was ${response.status} without a reason.`, fix: "Look into the daemon's log." },
  )
}
