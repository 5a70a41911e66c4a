/**
 * The broker goes away, or stands still, and what is said on it goes astray. With the broker goes its exchange, which Ironic makes anew: it is
 * back when that is done.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Drill } from './in-hand.ts'
import type { Deed } from './schedule.ts'

/** The pretend Ironic looks for it every second at least. */
const SPEAKS_WITHIN_MS = 60_000

export async function brokerDeed({ broker, cloud, record, stretch }: Drill, { how, ms }: Extract<Deed, { kind: 'broker' }>): Promise<void> {
  const from = Date.now()
  if (how === 'pause') await broker.freeze(ms)
  else {
    await broker.stop(how === 'kill' ? 'SIGKILL' : 'SIGTERM')
    await pause(ms)
    await broker.start()
  }
  if (!(await cloud.speaks(SPEAKS_WITHIN_MS * stretch())))
    record.findings.push(`a minute after the broker was back (${how}) Ironic had not made its exchange`)
  record.obstacles.push({ replica: null, from, to: Date.now(), isBroker: true })
}

export async function messagesDeed({ cloud, record }: Drill, { how, ms }: Extract<Deed, { kind: 'messages' }>): Promise<void> {
  const from = Date.now()
  await cloud.way(how)
  await pause(ms)
  await cloud.way('plain')
  if (how === 'lost') record.obstacles.push({ replica: null, from, to: Date.now(), isBroker: false })
}
