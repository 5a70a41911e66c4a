import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { type HttpRequest, TransportError } from './core/seams.ts'
import { realSeams } from './seams.ts'

const sample = (name: string) => readFileSync(new URL(`../test/samples/tls/${name}`, import.meta.url), 'utf8')
const seams = realSeams()
const servers: { server: Server; sockets: Set<Socket> }[] = []

after(async () => {
  await seams.close()
  for (const { server, sockets } of servers) {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
})

async function listen<T extends Server>(server: T): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  servers.push({ server, sockets })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const http = (listener: RequestListener) => listen(createServer(listener))

const given = (port: number, change: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url: `http://127.0.0.1:${port}/v1/nodes?secret=in-query`,
  headers: { 'x-auth-token': 'secret-token' },
  connectTimeoutMs: 2_000,
  answerTimeoutMs: 2_000,
  ...change,
})

async function failure(request: HttpRequest): Promise<TransportError> {
  const error = await seams.transport(request).then(
    () => assert.fail('answered'),
    (rejected: unknown) => rejected,
  )
  assert.ok(error instanceof TransportError)
  assert.doesNotMatch(error.message, /secret/)
  return error
}

test('an answer comes back as it is, redirects included, with lower-case headers and utf-8 text', async () => {
  const port = await http((incoming, answer) => {
    let body = ''
    incoming.on('data', (chunk) => {
      body += chunk
    })
    incoming.on('end', () => {
      answer.writeHead(302, { Location: '/elsewhere', 'X-Seen': `${incoming.method} ${incoming.url}` })
      answer.end(`ü ${body}`)
    })
  })
  const response = await seams.transport(given(port, { method: 'PATCH', body: '[1]' }))
  assert.equal(response.status, 302)
  assert.equal(response.headers['x-seen'], 'PATCH /v1/nodes?secret=in-query')
  assert.equal(response.text, 'ü [1]')
})

test('a refused connection, an unknown name and a broken address are before', async () => {
  const closed = createTcpServer()
  const port = await listen(closed)
  await new Promise((resolve) => closed.close(resolve))
  const refused = await failure(given(port))
  assert.equal(refused.phase, 'before')
  assert.match(refused.message, /^GET http:\/\/127\.0\.0\.1:\d+\/v1\/nodes: .*ECONNREFUSED/)
  assert.equal((await failure(given(port, { url: 'http://name.invalid/' }))).phase, 'before')
  assert.equal((await failure(given(port, { url: 'not an address' }))).phase, 'before')
})

test('a server that accepts and closes is after, and the request is not sent again', async () => {
  let seen = 0
  const port = await listen(
    createTcpServer((socket) => {
      socket.on('data', () => {
        seen++
        socket.destroy()
      })
    }),
  )
  assert.equal((await failure(given(port))).phase, 'after')
  assert.equal((await failure(given(port, { method: 'PUT', body: '{}' }))).phase, 'after')
  assert.equal(seen, 2)
})

test('a kept connection that the server closes on the next request is after, and that request is not sent again', async () => {
  let seen = 0
  let connections = 0
  const port = await listen(
    createTcpServer((socket) => {
      let onThis = 0
      connections++
      socket.on('data', () => {
        seen++
        onThis++
        if (onThis === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok')
        else socket.destroy()
      })
    }),
  )
  assert.equal((await seams.transport(given(port))).text, 'ok')
  assert.equal((await failure(given(port))).phase, 'after')
  assert.equal(seen, 2)
  assert.equal(connections, 1)
})

test('a kept connection that the server has closed meanwhile is replaced before anything is sent', async () => {
  let connections = 0
  const port = await listen(
    createTcpServer((socket) => {
      connections++
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok'))
    }),
  )
  for (let i = 0; i < 5; i++) assert.equal((await seams.transport(given(port, { method: 'PUT', body: '{}' }))).text, 'ok')
  assert.equal(connections, 5)
})

test('silence, slow headers and a body that never ends are after, each within the answer timeout', async () => {
  const silent = await http(() => {})
  const unfinished = await http((_incoming, answer) => {
    answer.writeHead(200, { 'content-length': '10' })
    answer.write('abc')
  })
  const cut = await http((_incoming, answer) => {
    answer.writeHead(200, { 'content-length': '10' })
    answer.write('abc')
    setImmediate(() => answer.destroy())
  })
  const [first, second, third] = await Promise.all([
    failure(given(silent, { answerTimeoutMs: 60 })),
    failure(given(unfinished, { answerTimeoutMs: 60 })),
    failure(given(cut)),
  ])
  assert.equal(first.phase, 'after')
  assert.match(first.message, /no complete answer within 60 ms/)
  assert.equal(second.phase, 'after')
  assert.equal(third.phase, 'after')
})

test('a connection that does not come up in time is before, and the request never leaves later', async () => {
  // A TLS server's side that never answers the handshake: the TCP connection stands, the request does not begin.
  let seen = ''
  const port = await listen(
    createTcpServer((socket) => {
      socket.on('data', (chunk) => {
        seen += chunk.toString('latin1')
      })
    }),
  )
  const error = await failure(given(port, { url: `https://127.0.0.1:${port}/`, connectTimeoutMs: 80 }))
  assert.equal(error.phase, 'before')
  assert.match(error.message, /no connection within 80 ms/)
  assert.doesNotMatch(seen, /secret-token/)
})

test('a request whose time to leave has passed does not leave', async () => {
  let seen = 0
  const port = await http((_incoming, answer) => {
    seen++
    answer.end('ok')
  })
  const late = await failure(given(port, { method: 'PUT', sendBy: seams.clock.monotonic() - 1 }))
  assert.equal(late.phase, 'before')
  assert.equal(seen, 0)
  assert.equal((await seams.transport(given(port, { method: 'PUT', sendBy: seams.clock.monotonic() + 2_000 }))).text, 'ok')
  // On the kept connection too.
  assert.equal((await failure(given(port, { method: 'PUT', sendBy: seams.clock.monotonic() - 1 }))).phase, 'before')
  assert.equal(seen, 1)
})

test('a request never waits behind another one on the same server', async () => {
  const port = await http((incoming, answer) => {
    if (incoming.url === '/slow') return
    answer.end('quick')
  })
  const slow = failure(given(port, { url: `http://127.0.0.1:${port}/slow`, answerTimeoutMs: 300 }))
  const quick = await Promise.all([1, 2, 3].map(() => seams.transport(given(port, { answerTimeoutMs: 250 }))))
  assert.deepEqual(
    quick.map((response) => response.text),
    ['quick', 'quick', 'quick'],
  )
  assert.equal((await slow).phase, 'after')
})

test('an answer longer than the bound is given up', async () => {
  const port = await http((_incoming, answer) => {
    const block = Buffer.alloc(8 * 1024 * 1024)
    const more = (left: number) => {
      if (left > 0 && !answer.destroyed) answer.write(block, () => more(left - 1))
    }
    more(9)
  })
  const error = await failure(given(port, { answerTimeoutMs: 10_000 }))
  assert.equal(error.phase, 'after')
  assert.match(error.message, /longer than/)
})

test('a certificate nobody vouches for is before; with its ca, or not verified, it is taken; the three never share a connection', async () => {
  const cert = sample('localhost-cert.pem')
  const port = await listen(createTlsServer({ cert, key: sample('localhost-key.pem') }, (_incoming, answer) => answer.end('ok')))
  const url = `https://127.0.0.1:${port}/`
  assert.equal((await seams.transport(given(port, { url, tls: { verify: false } }))).text, 'ok')
  const refused = await failure(given(port, { url }))
  assert.equal(refused.phase, 'before')
  assert.match(refused.message, /self-signed certificate/)
  assert.equal((await seams.transport(given(port, { url, tls: { verify: true, ca: cert } }))).text, 'ok')
})

test('a datagram is answered, refused, unanswered, or has no way out', async () => {
  const peer = createSocket('udp4')
  await new Promise<void>((resolve) => peer.bind(0, '127.0.0.1', resolve))
  peer.on('message', (payload, from) => {
    peer.send(Buffer.from([0]), from.port, from.address)
    if (payload[0] !== 9) peer.send(Buffer.from([payload[0] ?? 0, 1]), from.port, from.address)
  })
  const { port } = peer.address()
  const ask = (host: string, to: number, first: number) =>
    seams.datagram({ host, port: to, payload: Uint8Array.of(first), timeoutMs: 150, accepts: (payload) => payload[0] === first })
  const reply = await ask('127.0.0.1', port, 7)
  assert.equal(reply.kind === 'reply' && reply.payload[1], 1)
  assert.equal((await ask('127.0.0.1', port, 9)).kind, 'silent')
  await new Promise<void>((resolve) => peer.close(resolve))
  assert.equal((await ask('127.0.0.1', port, 7)).kind, 'refused')
  assert.equal((await ask('name.invalid', port, 7)).kind, 'no-route')
  assert.equal((await ask('127.0.0.1', 70_000, 7)).kind, 'no-route')
  // node:dns would throw at the one, and node:dgram at what it finds for the other, which ends the process.
  for (const host of ['', 'bmc\0']) assert.equal((await ask(host, port, 7)).kind, 'no-route')
})

test('ids are UUIDs of version 7 that sort by time', async () => {
  const first = seams.newId()
  await seams.clock.sleep(2)
  const second = seams.newId()
  assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(first < second)
})

test('a sleep ends at once when it is aborted', async () => {
  const before = seams.clock.monotonic()
  await seams.clock.sleep(60_000, AbortSignal.abort())
  const stop = new AbortController()
  const asleep = seams.clock.sleep(60_000, stop.signal)
  stop.abort()
  await asleep
  assert.ok(seams.clock.monotonic() - before < 5_000)
  const drawn = seams.random()
  assert.ok(drawn >= 0 && drawn < 1)
})
