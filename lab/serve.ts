/**
 * A small HTTP server on loopback for the lab's stubs and control endpoints: one function from request to answer.
 * It can stop listening and start again, so that "connection refused" can be produced. No routing, no authentication.
 */
import { createServer, type Server } from 'node:http'
import { z } from 'zod'

export type Asked = { method: string; path: string[]; query: URLSearchParams; body: unknown; headers: Record<string, unknown> }

/** 'hang': the request is never answered. */
export type Answered = { status: number; body?: unknown; text?: string; headers?: Record<string, string> } | 'hang'

export type Handler = (asked: Asked) => Answered | Promise<Answered>

/** Starts listening on 127.0.0.1:port; the returned function closes (connections too) or opens the port again. */
export function serve(port: number, handle: Handler): (listening: boolean) => Promise<void> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(z.instanceof(Buffer).parse(part))
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    const text = Buffer.concat(parts).toString()
    const answer = await handle({
      method: request.method ?? 'GET',
      path: url.pathname
        .split('/')
        .filter((part) => part !== '')
        .map((part) => decodeURIComponent(part)),
      query: url.searchParams,
      body: text === '' ? {} : json(text),
      headers: request.headers,
    })
    if (answer === 'hang') return
    const out = answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body))
    const type = answer.text === undefined ? 'application/json' : 'text/html; charset=UTF-8'
    response.writeHead(answer.status, { 'content-type': type, 'content-length': Buffer.byteLength(out), ...answer.headers })
    response.end(request.method === 'HEAD' ? undefined : out)
  })
  server.listen(port, '127.0.0.1')
  return (listening) => (listening ? open(server, port) : close(server))
}

/** A body that is not JSON is handed on as text: the stub answers it as the real service would, with a 400. */
function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function open(server: Server, port: number): Promise<void> {
  if (server.listening) return Promise.resolve()
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
}

function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
