/**
 * One replica runs with another policy for a while. Whoever started last puts its policy in force, so first the others may only observe, and
 * then, when one of them has started again, that one replica; each has to say so. Whether they kept to it is told from the ledger in the end.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { bringUp, type Drill, killLife, replicaOf } from './in-hand.ts'
import type { Deed } from './schedule.ts'

const SAYS_SO = /another process put another mode or policy in force: this one only observes/
/** It looks with each round, which a database that is away holds up. */
const SAYS_WITHIN_MS = 40_000

export async function policyDeed(drill: Drill, { replica, after, ms }: Extract<Deed, { kind: 'policy' }>): Promise<void> {
  const { record } = drill
  const [odd, other] = [replicaOf(drill, replica), replicaOf(drill, after)]
  const mustSay = async (life: typeof odd.life): Promise<void> => {
    if (life !== null) record.overruled.push({ life: life.name, said: await life.says(SAYS_SO, SAYS_WITHIN_MS * drill.stretch()) })
  }
  await killLife(drill, odd)
  const begun = await bringUp(drill, odd, 'other')
  await mustSay(other.life)
  await pause(ms)
  await killLife(drill, other)
  await bringUp(drill, other, 'usual')
  await mustSay(begun)
  await pause(ms)
  await killLife(drill, odd)
  await bringUp(drill, odd, 'usual')
}
