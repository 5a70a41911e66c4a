/**
 * One HTTP request of the lab's own drivers, on loopback. Never repeats, never throws on a status: drivers decide.
 * Anneal's own clients are not used here, so that a fault of theirs cannot hide itself.
 */
import { request } from 'node:http'

export type Answer = { status: number; headers: Record<string, string>; text: string; json: unknown }

export type Call = { method: string; url: string; headers?: Record<string, string>; body?: unknown; timeoutMs?: number }

/** Rejects only where no answer came (refused, closed, timeoutMs over). `json` is undefined where the text is not JSON. */
export function call({ method, url, headers = {}, body, timeoutMs = 90_000 }: Call): Promise<Answer> {
  const data = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    // agent: false: a connection of its own. Ironic's and uwsgi's idle connections end without a word.
    const sent = request(url, {
      method,
      agent: false,
      timeout: timeoutMs,
      headers: {
        ...headers,
        ...(data === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) }),
      },
    })
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${url}: no answer within ${timeoutMs} ms`)))
    sent.on('error', reject)
    sent.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString()
        const flat = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(flat), text, json: parsed(text) })
      })
    })
    sent.end(data)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // HTML from a load balancer or an empty body: the text itself is what the caller gets.
    return undefined
  }
}
