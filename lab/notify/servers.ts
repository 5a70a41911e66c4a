/**
 * Real receivers on the loopback for receivers.test.ts: Debian's Alertmanager as a process of its own in a folder of its own, an SMTP server,
 * and an HTTP server that fails on purpose. Nothing of the machine's own services is touched.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'

export const folder = (): string => mkdtempSync(join(tmpdir(), 'anneal-notify-'))

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createTcpServer()
  const port = await portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function portOf(server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

export async function until(isSo: () => boolean | Promise<boolean>, withinMs: number, what: string): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `not within ${withinMs} ms: ${what}`)
    await sleep(100)
  }
}

type SeenAlert = { labels: Record<string, string>; annotations: Record<string, string>; status: { state: string }; generatorURL: string }
export type Alertmanager = {
  url: string
  alerts(): Promise<SeenAlert[]>
  away(): Promise<void>
  back(): Promise<void>
  stop(): Promise<void>
}

/** @param route what it posts of its own: shows that it tells people, and that it is over */
export async function startAlertmanager(route: string): Promise<Alertmanager> {
  const data = folder()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = join(data, 'alertmanager.yml')
  const receiver = { name: 'there', webhook_configs: [{ url: route, send_resolved: true }] }
  const groups = { receiver: 'there', group_by: ['alertname', 'node'], group_wait: '1s', group_interval: '2s', repeat_interval: '1h' }
  writeFileSync(config, JSON.stringify({ route: groups, receivers: [receiver] }))
  const start = async (): Promise<ChildProcess> => {
    const flags = [
      `--config.file=${config}`,
      `--storage.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ]
    const child = spawn('prometheus-alertmanager', flags, { stdio: 'ignore' })
    await until(
      () =>
        fetch(`${url}/-/ready`).then(
          (answer) => answer.ok,
          () => false,
        ),
      20_000,
      'Alertmanager is ready',
    )
    return child
  }
  const end = async (child: ChildProcess): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
  let child = await start()
  return {
    url,
    alerts: async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as SeenAlert[],
    away: () => end(child),
    back: async () => {
      child = await start()
    },
    stop: async () => {
      await end(child)
      rmSync(data, { recursive: true, force: true })
    },
  }
}

export type Posted = { path: string; headers: IncomingHttpHeaders; text: string; at: number }
type Behaviour = (response: ServerResponse, request: Posted, times: number) => void
export type HttpReceiver = { url: string; posted: Posted[]; stop(): Promise<void> }

/** @param behaves what it does with a path's first, second … request; it answers 204 where nothing is said */
export async function startHttpReceiver(behaves: Record<string, Behaviour>): Promise<HttpReceiver> {
  const posted: Posted[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      const one = { path, headers: request.headers, text: Buffer.concat(chunks).toString('utf8'), at: Date.now() }
      posted.push(one)
      const behaviour = behaves[path]
      if (behaviour === undefined) response.writeHead(204).end()
      else behaviour(response, one, posted.filter((other) => other.path === path).length)
    })
  })
  const port = await portOf(server)
  return {
    url: `http://127.0.0.1:${port}`,
    posted,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Received = { from: string; to: string[]; user: string | null; secure: boolean; text: string }
export type MailServer = { port: number; received: Received[]; stop(): Promise<void> }

/** `login`: what it wants; null lets everybody in. `tls`: from the first byte, on request, or not at all. */
export async function startMailServer(o: {
  tls: 'tls' | 'starttls' | 'none'
  login: { user: string; password: string } | null
  certificate: Certificate | null
}): Promise<MailServer> {
  const received: Received[] = []
  const server = new SMTPServer({
    secure: o.tls === 'tls',
    ...(o.certificate === null ? {} : { key: o.certificate.key, cert: o.certificate.cert }),
    disabledCommands: [...(o.tls === 'starttls' ? [] : ['STARTTLS']), ...(o.login === null ? ['AUTH'] : [])],
    authOptional: o.login === null,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) =>
      username === o.login?.user && password === o.login?.password
        ? done(null, { user: username })
        : done(Object.assign(new Error(`no such login: ${username} with ${password}`), { responseCode: 535 })),
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('nobody@') ? Object.assign(new Error('no such user here'), { responseCode: 550 }) : null),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: typeof session.user === 'string' ? session.user : null,
          secure: session.secure,
          text: Buffer.concat(chunks).toString('utf8'),
        })
        done()
      })
    },
  })
  server.on('error', () => {})
  const port = await portOf({ listen: (at, host, done) => server.listen(at, host, done), address: () => server.server.address() })
  return { port, received, stop: () => new Promise((resolve) => server.close(() => resolve())) }
}

export type Certificate = { key: string; cert: string }

/** Signed by itself, for 127.0.0.1, for a day. */
export function certificate(): Certificate {
  const at = folder()
  const [key, cert] = [join(at, 'key.pem'), join(at, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '1',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ])
  assert.equal(made.status, 0, String(made.stderr))
  const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  rmSync(at, { recursive: true, force: true })
  return pair
}
