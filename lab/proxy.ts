/**
 * The fault proxy in front of the lab's Ironic. Without rules it passes everything unchanged; with rules it spoils chosen requests;
 * always it keeps a journal of what came and what reached Ironic. Rules and journal are on a control port of its own.
 *
 * Control (JSON): GET|DELETE /lab/journal · GET|DELETE /lab/rules · POST /lab/rules {method?, path, times?, action, …} ·
 * POST /lab/release (all held requests go on) · POST /lab/listen {listening} (false: connection refused).
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { type Answered, type Asked, serve } from './serve.ts'
import { readSettings } from './settings.ts'

const Rule = z.object({
  method: z.string().optional(),
  /** A regular expression over path and query. */
  path: z.string(),
  /** How many requests it spoils; without it all. */
  times: z.number().int().positive().optional(),
  /**
   * status: answers `status` and `body` itself · html502: a load balancer's page · hang: never answers, never forwards ·
   * close-before: closes without forwarding · lost-reply: forwards, then closes without the answer · delay: forwards after `ms` ·
   * hold: forwards after /lab/release, unless the client is gone · hold-reply: forwards, and answers after /lab/release ·
   * redact: forwards, and hides `fields` of every node in the answer as Ironic's policy would.
   */
  action: z.enum(['status', 'html502', 'hang', 'close-before', 'lost-reply', 'delay', 'hold', 'hold-reply', 'redact']),
  status: z.number().int().default(503),
  body: z.unknown().optional(),
  ms: z.number().default(1000),
  fields: z.array(z.string()).default(['last_error', 'driver_internal_info']),
})
type Rule = z.infer<typeof Rule>

/** `reached`: Ironic was sent it. `status`: what the client was answered, null where it got nothing (yet). */
type Entry = { time: string; method: string; path: string; body: unknown; action: string | null; reached: boolean; status: number | null }
type Passed = { status: number; headers: IncomingMessage['headers']; body: Buffer }

const settings = readSettings()
const rules: Rule[] = []
const journal: Entry[] = []
let held: (() => void)[] = []

const release = () => {
  const waiting = held
  held = []
  for (const go of waiting) go()
  return waiting.length
}

/** The first rule that fits; one with `times` is used up. */
function take(method: string, path: string): Rule | undefined {
  const at = rules.findIndex((rule) => (rule.method === undefined || rule.method === method) && new RegExp(rule.path).test(path))
  const rule = rules[at]
  if (rule?.times !== undefined) rule.times -= 1
  if (rule?.times === 0) rules.splice(at, 1)
  return rule
}

function forward(incoming: IncomingMessage, body: Buffer): Promise<Passed> {
  return new Promise((resolve, reject) => {
    const { method, headers, url: path } = incoming
    const out = request({
      host: '127.0.0.1',
      port: settings.ports.ironic,
      method,
      path,
      headers: { ...headers, connection: 'close' },
      agent: false,
    })
    out.on('error', reject)
    out.on('response', async (answer) => {
      const parts: Buffer[] = []
      for await (const part of answer) parts.push(z.instanceof(Buffer).parse(part))
      resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(parts) })
    })
    out.end(body)
  })
}

function reply(response: ServerResponse, entry: Entry, passed: Passed): void {
  if (response.destroyed) return
  const { connection: _, 'transfer-encoding': __, 'content-length': ___, ...headers } = passed.headers
  entry.status = passed.status
  const length = entry.method === 'HEAD' || passed.status === 204 ? {} : { 'content-length': passed.body.length }
  response.writeHead(passed.status, { ...headers, ...length })
  response.end(passed.body)
}

const own = (status: number, type: string, text: string): Passed => ({ status, headers: { 'content-type': type }, body: Buffer.from(text) })

const page502 =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n'

async function pass(incoming: IncomingMessage, response: ServerResponse, entry: Entry): Promise<void> {
  const rule = take(entry.method, entry.path)
  entry.action = rule?.action ?? null
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(z.instanceof(Buffer).parse(part))
  const body = Buffer.concat(parts)
  entry.body = parsed(body)

  if (rule?.action === 'hang') return
  if (rule?.action === 'close-before') return void incoming.socket.destroy()
  if (rule?.action === 'html502') return reply(response, entry, own(502, 'text/html', page502))
  if (rule?.action === 'status') return reply(response, entry, own(rule.status, 'application/json', JSON.stringify(rule.body ?? {})))
  if (rule?.action === 'delay') await new Promise<void>((resolve) => setTimeout(resolve, rule.ms))
  if (rule?.action === 'hold') await new Promise<void>((resolve) => held.push(resolve))
  // Whoever was killed while its request was held never sent it, as far as Ironic can know.
  if (incoming.socket.destroyed) return

  // null: Ironic is down. Its client is closed on, since the proxy cannot refuse a connection that it has already taken.
  entry.reached = true
  const passed = await forward(incoming, body).catch(() => null)
  if (rule?.action === 'hold-reply') await new Promise<void>((resolve) => held.push(resolve))
  if (passed === null) {
    entry.reached = false
    return void incoming.socket.destroy()
  }
  if (rule?.action === 'lost-reply') return void incoming.socket.destroy()
  reply(response, entry, rule?.action === 'redact' ? { ...passed, body: redacted(passed.body, rule.fields) } : passed)
}

function redacted(body: Buffer, fields: string[]): Buffer {
  const hide = (key: string, value: unknown) =>
    fields.includes(key) ? `** Value Redacted - Requires baremetal:node:get:${key} permission. **` : value
  return Buffer.from(JSON.stringify(JSON.parse(body.toString(), hide)))
}

function parsed(body: Buffer): unknown {
  if (body.length === 0) return null
  try {
    return JSON.parse(body.toString())
  } catch {
    // Not JSON: Ironic will say so; the journal keeps the text.
    return body.toString()
  }
}

const proxy = createServer((incoming, response) => {
  const entry: Entry = {
    time: new Date().toISOString(),
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    body: null,
    action: null,
    reached: false,
    status: null,
  }
  journal.push(entry)
  // A client that is killed in mid request makes its stream fail; the entry already says all there is to know.
  pass(incoming, response, entry).catch(() => incoming.socket.destroy())
})
proxy.listen(settings.ports.proxy, '127.0.0.1')

async function setListening(listening: boolean): Promise<void> {
  if (listening === proxy.listening) return
  await new Promise<void>((resolve) => {
    if (listening) return void proxy.listen(settings.ports.proxy, '127.0.0.1', resolve)
    proxy.close(() => resolve())
    proxy.closeAllConnections()
  })
}

const ok = (body: unknown): Answered => ({ status: 200, body })

serve(settings.ports.proxyControl, async ({ method, path, body }: Asked): Promise<Answered> => {
  const [lab, kind] = path
  if (lab === 'lab' && kind === 'journal') return ok(method === 'DELETE' ? journal.splice(0) : journal)
  if (lab === 'lab' && kind === 'release') return ok({ released: release() })
  if (lab === 'lab' && kind === 'rules') {
    if (method === 'DELETE') rules.splice(0)
    if (method === 'POST') {
      const rule = Rule.safeParse(body)
      if (!rule.success) return { status: 400, body: { error: rule.error.message } }
      rules.push(rule.data)
    }
    return ok(rules)
  }
  if (lab === 'lab' && kind === 'listen') {
    const wanted = z.object({ listening: z.boolean() }).safeParse(body)
    if (!wanted.success) return { status: 400, body: { error: wanted.error.message } }
    await setListening(wanted.data.listening)
    return ok({ listening: proxy.listening })
  }
  return { status: 404, body: { error: 'control paths: /lab/journal, /lab/rules, /lab/release, /lab/listen' } }
})
