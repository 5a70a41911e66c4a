/**
 * What is asked about hearing: before everything is mended, whether every replica hears; afterwards, from what was noted meanwhile, whether
 * they heard at all, heard again when they could, and whether polling found what nobody could hear of. It sends nothing.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { DrillVerdict } from './beside.ts'
import type { Ears, Heard } from './ears.ts'
import { type HeardAgain, heardAgain, type Seen, seenAnyway } from './hearing-again.ts'
import type { Drill, DrillRecord } from './in-hand.ts'
import type { Answer } from './last-look.ts'

/** docs/listening.md: a lost connection is made again after 15 s at most, and a silent peer is lost after 25 s. The rest is the machine's. */
const HEARS_WITHIN_MS = 60_000
/** As long as a lost replica may be missed. */
const SEEN_WITHIN_MS = 60_000
const LOOK_MS = 1_000

export type Hearing = { again: HeardAgain[]; seen: Seen[]; heard: number; woken: number; deaf: number[] }

/** Nothing is done to anybody any more, and nodes still fail: each replica hears of it. */
export async function hearAll({ replicas, record, say, stretch }: Drill, { samples }: Ears): Promise<void> {
  say('waiting until every replica hears')
  const from = Date.now()
  const deaf = (): number[] => replicas.map(({ index }) => index).filter((index) => !hearsSince(samples, index, from))
  while (deaf().length > 0 && Date.now() - from < HEARS_WITHIN_MS * stretch()) await pause(LOOK_MS)
  for (const index of deaf())
    record.findings.push(
      `replica ${index} heard of nothing for ${(Date.now() - from) / 1_000} s, although nothing stood in its way any more`,
    )
}

/** Its queue is consumed, and it was told more than it had been told when the time began. */
function hearsSince(samples: readonly Heard[], replica: number, from: number): boolean {
  const [first, ...more] = samples.filter((one) => one.replica === replica && one.at >= from)
  return first !== undefined && more.some(({ life, isUp, heard }) => life === first.life && isUp && heard > first.heard)
}

export function hearingOf(
  samples: readonly Heard[],
  { unheard, looks }: DrillVerdict,
  { record: { obstacles, away }, stretch }: { record: DrillRecord; stretch: number },
): Hearing {
  const newest = new Map(samples.map((sample) => [sample.life, sample]))
  const sum = (of: 'heard' | 'woken'): number => [...newest.values()].reduce((all, one) => all + one[of], 0)
  const hearing = new Set([...newest.values()].filter(({ heard }) => heard > 0).map(({ replica }) => replica))
  return {
    again: heardAgain(samples, obstacles, HEARS_WITHIN_MS * stretch),
    seen: seenAnyway(unheard, looks, away),
    ...{ heard: sum('heard'), woken: sum('woken') },
    deaf: [...new Set(samples.map(({ replica }) => replica))].filter((replica) => !hearing.has(replica)),
  }
}

export function ofHearing(
  { again, seen, deaf }: Hearing,
  { replicas, stretch }: { replicas: number; stretch: number },
): [string, Answer][] {
  return [
    ['every replica heard notifications', { asked: replicas, findings: deaf.map((index) => `replica ${index} heard none`) }],
    [
      'when the broker or the road to it is back, they are heard within a minute',
      {
        asked: again.length,
        findings: again
          .filter(({ ms }) => ms === null || ms > HEARS_WITHIN_MS * stretch)
          .map(({ life, from, ms }) => `${life} after ${new Date(from).toISOString()}: ${ms === null ? 'not at all' : `${ms} ms`}`),
      },
    ],
    [
      'a failure that nobody could hear of is looked at within a minute',
      {
        asked: seen.length,
        findings: seen
          .filter(({ ms }) => ms === null || ms > SEEN_WITHIN_MS * stretch)
          .map(({ uuid, at, ms }) => `${uuid}, failed at ${new Date(at).toISOString()}: ${ms === null ? 'by nobody' : `after ${ms} ms`}`),
      },
    ],
  ]
}
