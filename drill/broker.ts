/**
 * The broker of a drill: a RabbitMQ of its own in a temporary folder, on free ports of the loopback, under a node name, a cookie and an epmd
 * of its own, run by whoever runs the drill and gone afterwards. Brokers of the machine are left alone. It can be stopped, killed and started
 * again, and stand still. What is said on it is not known here.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../test/postgres/cluster.ts'

/** Debian's own script, beside the one on the PATH that insists on root or the user rabbitmq. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export const isBrokerInstalled = (): boolean => existsSync(PROGRAM)

export type BrokerServer = {
  port: number
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  start(): Promise<void>
  freeze(ms: number): Promise<void>
  remove(): Promise<void>
}

/** `ironic` may do everything; `anneal` what docs/listening.md asks for. Passwords like the names: this broker is worth nothing to anybody. */
const DEFINITIONS = {
  vhosts: [{ name: '/' }],
  users: [
    { name: 'ironic', password: 'ironic', tags: '' },
    { name: 'anneal', password: 'anneal', tags: '' },
  ],
  permissions: [
    { user: 'ironic', vhost: '/', configure: '.*', write: '.*', read: '.*' },
    { user: 'anneal', vhost: '/', configure: '^anneal\\.', write: '^anneal\\.', read: '^(anneal\\..*|ironic)$' },
  ],
}

export const brokerUrl = (user: 'ironic' | 'anneal', { host, port }: { host: string; port: number }): string =>
  `amqp://${user}:${user}@${host}:${port}/`

export async function startBroker(): Promise<BrokerServer> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-mq-'))
  const [port, epmdPort, erlangPort] = [await freePort(), await freePort(), await freePort()]
  writeConfig(folder, port)
  const running = new Set<ChildProcess>()
  const output = openSync(join(folder, 'output'), 'a')
  const begin = (program: string, args: readonly string[]): ChildProcess => {
    // A group of its own: a Ctrl-C is for the drill, which ends it.
    const child = spawn(program, args, {
      cwd: folder,
      env: envOf(folder, epmdPort, erlangPort),
      stdio: ['ignore', output, output],
      detached: true,
    })
    running.add(child)
    child.once('exit', () => running.delete(child))
    return child
  }
  // Whoever ends the drill before its end ends the broker, too.
  const leaveNothing = (): void => {
    for (const child of running) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
  process.once('exit', leaveNothing)
  // Erlang would start one that outlives it and listens on every address.
  const epmd = begin('epmd', ['-address', '127.0.0.1', '-port', String(epmdPort)])
  await listensOn(epmdPort, epmd, folder)
  let server: ChildProcess | null = null
  const stop = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  const start = async (): Promise<void> => {
    server = begin(PROGRAM, [])
    await listensOn(port, server, folder)
  }
  await start()
  return {
    ...{ port, stop, start },
    freeze: async (ms) => {
      server?.kill('SIGSTOP')
      await pause(ms)
      server?.kill('SIGCONT')
    },
    remove: async () => {
      await stop('SIGKILL')
      leaveNothing()
      process.off('exit', leaveNothing)
    },
  }
}

function writeConfig(folder: string, port: number): void {
  const definitions = join(folder, 'definitions.json')
  writeFileSync(definitions, JSON.stringify(DEFINITIONS))
  writeFileSync(join(folder, 'rabbitmq.conf'), `listeners.tcp.default = 127.0.0.1:${port}\nload_definitions = ${definitions}\n`)
  writeFileSync(join(folder, 'plugins'), '[].')
}

/** The machine's own settings of RabbitMQ and of Erlang are not taken over. */
const envOf = (folder: string, epmdPort: number, erlangPort: number): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  LC_ALL: 'C.UTF-8',
  // It holds the cookie.
  HOME: folder,
  ERL_EPMD_ADDRESS: '127.0.0.1',
  ERL_EPMD_PORT: String(epmdPort),
  // The script then becomes the server, which signals reach.
  RUNNING_UNDER_SYSTEMD: '1',
  RABBITMQ_NODENAME: 'drill@localhost',
  RABBITMQ_DIST_PORT: String(erlangPort),
  RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
  RABBITMQ_LOG_BASE: join(folder, 'log'),
  RABBITMQ_PID_FILE: join(folder, 'pid'),
  RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
  RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
  RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
  // One thread that runs Erlang: it starts in half the time on a machine whose cores are taken (measured: 15 s for 25 s).
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}',
})

/** Some four seconds on a machine that does nothing else, and half a minute was seen on one whose cores were taken. */
const START_MS = 180_000
const LOOK_MS = 100

async function listensOn(port: number, child: ChildProcess, folder: string): Promise<void> {
  for (const until = Date.now() + START_MS; ; await pause(LOOK_MS)) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isThere) return
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > until)
      throw new Error(
        `${child.spawnfile} does not listen on ${port}; it printed:\n${readFileSync(join(folder, 'output'), 'utf8').slice(-2_000)}`,
      )
  }
}
