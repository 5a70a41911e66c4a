/**
 * Says from a test which requests the fault proxy spoils, and reads what came to it and what reached Ironic. The other end is
 * proxy.ts, where each action is described.
 */
import { z } from 'zod'
import { call } from './call.ts'
import { readSettings } from './settings.ts'

export type ProxyRule = {
  method?: string
  path: string
  times?: number
  action: 'status' | 'html502' | 'hang' | 'close-before' | 'lost-reply' | 'delay' | 'hold' | 'hold-reply' | 'redact'
  status?: number
  body?: unknown
  ms?: number
  fields?: string[]
}

const Entries = z.array(
  z.object({
    time: z.string(),
    method: z.string(),
    path: z.string(),
    body: z.unknown(),
    action: z.string().nullable(),
    reached: z.boolean(),
    status: z.number().nullable(),
  }),
)
export type JournalEntry = z.infer<typeof Entries>[number]

async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await call({ method, url: readSettings().proxyControl + path, ...(body === undefined ? {} : { body }) })
  if (answer.status !== 200) throw new Error(`proxy: ${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.json
}

export async function addRule(rule: ProxyRule): Promise<void> {
  await control('POST', '/lab/rules', rule)
}

/** Takes all rules away, lets held requests go on and listens again. */
export async function clearRules(): Promise<void> {
  await control('DELETE', '/lab/rules')
  await control('POST', '/lab/release')
  await control('POST', '/lab/listen', { listening: true })
}

/** Lets all held requests go on; returns how many there were. */
export async function release(): Promise<number> {
  return z.object({ released: z.number() }).parse(await control('POST', '/lab/release')).released
}

/**
 * Waits until a `hold` or `hold-reply` rule holds such a request, by method and a part of its path; throws after 30 s. From then on a
 * client that is killed has sent it; whether Ironic was sent it (`hold-reply`) or never is (`hold`) is what the rule says.
 */
export async function untilHeld(method: string, path: string): Promise<void> {
  const end = Date.now() + 30_000
  const isHeld = ({ action, reached, status, ...entry }: JournalEntry) =>
    entry.method === method &&
    entry.path.includes(path) &&
    status === null &&
    reached === (action === 'hold-reply') &&
    /^hold/.test(action ?? '')
  while (!(await journal()).some(isHeld)) {
    if (Date.now() > end) throw new Error(`no ${method} ${path} was held within 30 s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** false: connections to Ironic are refused, as if its load balancer were gone. */
export async function setListening(listening: boolean): Promise<void> {
  await control('POST', '/lab/listen', { listening })
}

/** Everything asked of the proxy since the last `clear`, oldest first. */
export const journal = async (clear = false): Promise<JournalEntry[]> =>
  Entries.parse(await control(clear ? 'DELETE' : 'GET', '/lab/journal'))

/** The requests that reached Ironic and could change something. */
export const changes = async (): Promise<JournalEntry[]> =>
  (await journal()).filter((entry) => entry.reached && !['GET', 'HEAD'].includes(entry.method))
