/**
 * What of the changing requests that reached the cloud speaks of a replica that should have known better: one that stood still, that was not
 * in force, or whose clock is wrong. The rest of the promises is the judges' business.
 */

/** A changing request as it reached the cloud, and the intent that its sender had for it; null: none. */
export type SentRequest = {
  at: number
  life: string
  uuid: string | null
  step: string | null
  intent: { id: string; createdAt: number } | null
}

export type StoodStill = { life: string; from: number; to: number }

/** Sent after the pause on what was decided before it ended, although that was longer ago than an intent lives. */
export const staleAfter = ({ life, to }: StoodStill, sent: readonly SentRequest[]): SentRequest[] =>
  sent.filter((one) => one.life === life && one.at >= to && (one.intent === null || one.intent.createdAt <= to))

/** Reached the cloud while their sender stood still: only what had left just before can. */
export const sentInSleep = ({ life, from, to }: StoodStill, sent: readonly SentRequest[]): SentRequest[] =>
  sent.filter((one) => one.life === life && one.at > from + ON_THE_ROAD_MS && one.at < to)

const ON_THE_ROAD_MS = 2_000

/** Sent by a life whose policy was not the one that its intent was decided under. `policies`: the hash in force, by revision from 1 on. */
export function overruledIn(
  sent: readonly SentRequest[],
  o: { policies: readonly string[]; revisions: ReadonlyMap<string, number>; policyOf: ReadonlyMap<string, string> },
): SentRequest[] {
  return sent.filter(({ intent, life }) => {
    const revision = intent === null ? undefined : o.revisions.get(intent.id)
    return revision !== undefined && o.policies[revision - 1] !== o.policyOf.get(life)
  })
}

export const requestText = ({ at, life, uuid, step, intent }: SentRequest): string =>
  `${new Date(at).toISOString()} ${life} sent ${step ?? 'something'} to ${uuid ?? 'the cloud'}, ${
    intent === null ? 'without an intent' : `decided at ${new Date(intent.createdAt).toISOString()}`
  }`
