/** What real Blazar servers were asked and answered, by server and in the order of one run each; the dates are those of the run. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const Exchange = z.object({
  name: z.string(),
  /** `USER in project PROJECT`, `no token` or `bad token`. */
  who: z.string(),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
  path: z.string(),
  /** OpenStack-API-Version, where it was sent. */
  version: z.string().optional(),
  sent: z.unknown().optional(),
  status: z.number(),
  body: z.unknown().optional(),
})
export type Exchange = z.infer<typeof Exchange>

export const BLAZAR_SERVERS = ['upstream', 'upstream-monitor', 'chameleon', 'chameleon-monitor'] as const
export type BlazarServer = (typeof BLAZAR_SERVERS)[number]

const file = (name: string): unknown => JSON.parse(readFileSync(new URL(`./samples/blazar/${name}.json`, import.meta.url), 'utf8'))

export const exchangesOf = (server: BlazarServer): Exchange[] => z.array(Exchange).parse(file(server))

/** One answer as a transport gives it. Throws where there is no such sample. */
export function blazarAnswer(server: BlazarServer, name: string): { status: number; body: unknown } {
  const found = exchangesOf(server).find((exchange) => exchange.name === name)
  if (found === undefined) throw new Error(`no sample ${server}/${name}`)
  return { status: found.status, body: found.body }
}
