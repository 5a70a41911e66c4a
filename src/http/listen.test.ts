/** The socket: an address that is taken, requests that are no HTTP, and bodies that never end. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { served } from '../../test/http.ts'
import { ConfigError } from '../core/config-error.ts'
import { listen } from './listen.ts'
import { SHAPES } from './shapes.ts'

test('an address that another process has is one line that says what to do', () =>
  served(async ({ app }) => {
    const port = Number(new URL(await listen(app, { host: '127.0.0.1', port: 0 })).port)
    await served(async ({ app: other }) => {
      await assert.rejects(
        listen(other, { host: '127.0.0.1', port }),
        (error) =>
          error instanceof ConfigError &&
          error.what === `server.listen 127.0.0.1:${port}` &&
          /Another process/.test(error.message) &&
          /off/.test(error.fix),
      )
    })
    await served(async ({ app: other }) =>
      assert.rejects(
        listen(other, { host: '::2', port }),
        (error) => error instanceof ConfigError && /no such address/.test(error.message),
      ),
    )
  }))

test('what is no HTTP gets the one shape of error, and harms nobody', () =>
  served(async ({ app, logged }) => {
    const url = await listen(app, { host: '127.0.0.1', port: 0 })
    for (const [text, status] of [
      ['nonsense\r\n\r\n', 400],
      ['GET /healthz HTTP/9.9\r\n\r\n', 400],
      ['GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nhost : x\r\n\r\n', 400],
      [`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
      ['GET /healthz HTTP/1.1\r\n\r\n', 403],
      ['GET /healthz HTTP/1.0\r\n\r\n', 403],
      ['POST /api/v1/pause HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n{', 413],
    ] as const) {
      const answer = await sent(url, text)
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), text.slice(0, 60))
      const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
      SHAPES.error.strict().parse(JSON.parse(body))
    }
    assert.equal((await fetch(`${url}/healthz`)).status, 200)
    assert.deepEqual(logged, [])
  }))

/** All that comes back until the other side closes, or has answered. */
function sent(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ host: hostname, port: Number(port) }, () => void socket.write(text))
    const end = () => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('data', (chunk) => {
      answer += chunk
      if (/\}\}$/.test(answer)) end()
    })
    socket.on('close', end)
    socket.on('error', end)
  })
}
