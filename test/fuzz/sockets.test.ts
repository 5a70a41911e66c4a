/**
 * The real transport against servers that send anything at all: an answer, or the seam's one error with the phase that is true. Nothing is
 * ever sent twice, and nothing ends the process. On the loopback; a server says what it has to say and closes, so nothing is waited for.
 */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer } from 'node:net'
import { after } from 'node:test'
import fc from 'fast-check'
import { TransportError } from '../../src/core/seams.ts'
import { realSeams } from '../../src/seams.ts'
import { fuzz } from './runs.ts'
import { spelt, strangeText } from './strange.ts'

const seams = realSeams()
let bytes: Uint8Array = Buffer.alloc(0)
let requests = 0
const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', () => {
    requests += 1
    socket.end(bytes)
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const peer = createSocket('udp4')
await new Promise<void>((resolve) => peer.bind(0, '127.0.0.1', resolve))
peer.on('message', (_payload, from) => peer.send(bytes, from.port, from.address))
after(async () => {
  await seams.close()
  server.close()
  await new Promise<void>((resolve) => peer.close(resolve))
})

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nx-subject-token: t\r\n\r\n{}'
const LINES = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\nbody all the same',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}',
  'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
  'HTTP/1.1 999999 OK\r\n\r\n',
  'HTTP/1.1 000 \r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  'HTTP/0.9\r\n\r\n',
  'HTTP/2.0 200\r\n\r\n',
  'SSH-2.0-OpenSSH_9.2\r\n',
  '\u0016\u0003\u0001\u0002',
  `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(5_000)}\r\n`,
  `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`,
  'HTTP/1.1 200 OK\r\nx: \u0001\u007f\u00ff\r\n\r\n',
  'HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\ncontent-length: 0\r\n\r\n',
]

const sent: fc.Arbitrary<Buffer> = fc.oneof(
  fc.constantFrom(...LINES).map((text) => Buffer.from(text, 'latin1')),
  fc.uint8Array({ maxLength: 300 }).map((raw) => Buffer.from(raw)),
  fc
    .uint8Array({ maxLength: 300 })
    .map((raw) => Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${raw.length}\r\n\r\n`), raw])),
  fc.nat(ANSWER.length).map((length) => Buffer.from(ANSWER.slice(0, length))),
  fc.tuple(fc.nat(ANSWER.length - 1), fc.nat(255)).map(([at, value]) => {
    const raw = Buffer.from(ANSWER)
    raw[at] = value
    return raw
  }),
)

fuzz('whatever a web server sends, it is an answer or the one error, and nothing is sent again', sent, { runs: 150 }, async (answer) => {
  bytes = answer
  requests = 0
  const request = { method: 'GET' as const, headers: {}, connectTimeoutMs: 5_000, answerTimeoutMs: 5_000 }
  const got = await seams.transport({ ...request, url: `http://127.0.0.1:${port}/v1/nodes` }).catch((error: unknown) => error)
  if (got instanceof TransportError) assert.equal(got.phase, 'after')
  else {
    assert.ok(typeof got === 'object' && got !== null && 'status' in got && 'text' in got && 'headers' in got, String(got))
    assert.ok(Number.isInteger(got.status) && Number(got.status) >= 200 && typeof got.text === 'string')
  }
  assert.equal(requests, 1)
})

fuzz(
  'an address, a header or a host of any kind is refused before anything leaves, or asked',
  fc.record({
    url: fc.oneof(
      strangeText,
      strangeText.map((text) => `http://127.0.0.1:1/${text}`),
      strangeText.map((text) => `ftp://${text}/`),
    ),
    token: strangeText,
    host: strangeText,
  }),
  { runs: 80 },
  async ({ url, token, host }) => {
    const request = {
      method: 'GET' as const,
      headers: { 'x-auth-token': spelt(token).slice(0, 5_000) },
      connectTimeoutMs: 2_000,
      answerTimeoutMs: 2_000,
    }
    const got = await seams.transport({ ...request, url: spelt(url) }).catch((error: unknown) => error)
    assert.ok(got instanceof TransportError && got.phase === 'before', String(got))
    // A name would be looked up in the world: only what is none.
    const name = `${spelt(host).slice(0, 300)}\0`
    const answer = await seams.datagram({ host: name, port, payload: Uint8Array.of(1), timeoutMs: 20, accepts: () => true })
    assert.equal(answer.kind, 'no-route')
  },
)

fuzz(
  'whatever a peer sends back over UDP, it is a reply that is accepted, or silence',
  fc.tuple(fc.uint8Array({ maxLength: 1_400 }), fc.boolean()),
  { runs: 20, weight: 20 },
  async ([raw, isWanted]) => {
    bytes = Buffer.from(raw)
    const answer = await seams.datagram({
      host: '127.0.0.1',
      port: peer.address().port,
      payload: Uint8Array.of(1),
      timeoutMs: isWanted ? 5_000 : 20,
      accepts: () => isWanted,
    })
    assert.equal(answer.kind, isWanted ? 'reply' : 'silent')
  },
)
