/**
 * A daemon that hears notifications, as a scenario watches it: from its log and its metrics. Polls and censuses are ten minutes apart, so that
 * whatever it sees sooner it has heard of.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { desk, startAnneal, untilWatching } from '../anneal.ts'
import { call } from '../call.ts'
import { pause } from '../ironic.ts'
import { readSettings } from '../settings.ts'

const settings = readSettings()
const PASSWORD = 'anneal'
export const TLS_BROKER = `amqps://anneal:\${RABBIT}@127.0.0.1:${settings.ports.amqps}/`
export const PLAIN_BROKER = `amqp://anneal:\${RABBIT}@127.0.0.1:${settings.ports.amqp}/`
/** Nobody listens there. */
export const DEAD_BROKER = 'amqps://anneal@127.0.0.1:9/'
const CA = `file:${join(settings.state, 'rabbit', 'ca.pem')}`

type Wish = { brokers?: string[]; poll?: string; stretched?: string; more?: Record<string, unknown>; port?: number }

/** A desk whose cloud hears at these brokers. */
export function hearingDesk({ brokers = [TLS_BROKER], poll = '10m', stretched = poll, more = {}, port }: Wish = {}) {
  const at = desk({
    config: {
      server: { listen: port === undefined ? 'off' : `127.0.0.1:${port}` },
      poll,
      census: '10m',
      clouds: { lab: { notifications: { brokers, tls: { ca: CA }, poll: stretched, ...more } } },
    },
  })
  return { ...at, env: { ...at.env, RABBIT: PASSWORD } }
}

export type Listening = Awaited<ReturnType<typeof listening>>

/** Starts it and waits until it hears. */
export async function listening(wish: Wish & { heard?: boolean } = {}) {
  const at = hearingDesk(wish)
  const running = startAnneal(['run', '--os-cloud', 'lab'], at)
  await untilWatching(running)
  const lines = (): Record<string, unknown>[] =>
    running
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  const said = (message: string): Record<string, unknown>[] => lines().filter((line) => line['msg'] === message)
  /** Waits until the daemon has said this; when it did, on the wall clock. */
  const untilSaid = async (is: (line: Record<string, unknown>) => boolean, seconds = 30): Promise<number> => {
    for (const end = Date.now() + seconds * 1_000; ; await pause(50)) {
      const line = lines().find(is)
      if (line !== undefined) return Date.parse(String(line['time']))
      if (Date.now() > end) throw new Error(`not said in ${seconds} s; it printed:\n${running.stderr()}`)
    }
  }
  if (wish.heard !== false) await untilSaid(({ msg }) => msg === 'notifications are heard')
  return {
    at,
    said,
    untilSaid,
    stderr: running.stderr,
    metrics: async () => (await call({ method: 'GET', url: `http://127.0.0.1:${wish.port}/metrics` })).text,
    stop: async () => {
      const ran = await running.kill('SIGTERM')
      const database = readFileSync(join(at.dir, 'anneal.db')).toString('latin1')
      at.clear()
      return { ...ran, database }
    },
  }
}
