/**
 * One replica under a wall clock that is an hour off (clock-off.ts): from its start on, then it is to refuse; or set while it runs, then it is
 * to send nothing any more. Which of the two it did is written down.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { bringUp, type Drill, killLife, replicaOf } from './in-hand.ts'
import { spawnLife } from './replicas.ts'
import type { Deed } from './schedule.ts'

const OFF_MS = 3_600_000
/** By then it is at work, and its clock is set. */
const SET_AFTER_MS = 7_000
const REFUSES_WITHIN_MS = 20_000
const REFUSAL = /The clock of this machine is \d+ s (ahead of|behind) that of the database/
/** Without an answer it ends for another reason. */
const STARTS_MAX = 10

export async function clockDeed(drill: Drill, { replica: index, how, ms }: Extract<Deed, { kind: 'clock' }>): Promise<void> {
  const { cloud, record } = drill
  const replica = replicaOf(drill, index)
  await killLife(drill, replica)
  let isAnswered = false
  for (let start = 1; start <= STARTS_MAX && !isAnswered; start += 1) {
    const from = how === 'off' ? 0 : Date.now() + SET_AFTER_MS
    const preload = { NODE_OPTIONS: `--import=${new URL('clock-off.ts', import.meta.url).href}`, ANNEAL_DRILL_CLOCK: `${OFF_MS}@${from}` }
    const life = await spawnLife(replica, cloud, 'usual', preload)
    await Promise.race([life.ended, pause(how === 'off' ? REFUSES_WITHIN_MS : SET_AFTER_MS + ms)])
    const end = life.end()
    const refusal = REFUSAL.exec(life.log())?.[0]
    if (end === null) record.clocks.push({ how, life: life.name, did: 'went on', from })
    else if (refusal !== undefined) record.clocks.push({ how, life: life.name, did: `ended with ${end.code}: "${refusal}"`, from })
    if (end === null) await killLife(drill, replica)
    else await cloud.died(index, Date.now())
    isAnswered = end === null || refusal !== undefined
  }
  if (!isAnswered) record.findings.push(`replica ${index} ended ${STARTS_MAX} times under a wrong clock without a word about it`)
  await bringUp(drill, replica, 'usual')
}
