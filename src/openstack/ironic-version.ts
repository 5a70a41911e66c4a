/**
 * Which microversion of Ironic's API is spoken: the highest that both sides know, asked once and kept. Every request carries
 * it; a 406 (Ironic was downgraded) makes the next request ask again.
 */
import { z } from 'zod'
import type { Answer, Call } from './call.ts'
import { OpenStackError, parsed, unusableAnswer } from './openstack-error.ts'
import type { Session } from './session.ts'

export type IronicVersions = { minimum: string; maximum: string; used: string }

/** 1.78 (Yoga) brought the node history, without which a node whose last_error was wiped has no cause. */
const LEAST = 78
/** The newest whose answers were read for this client (2026-08). */
const NEWEST = 115
const HEADER = 'x-openstack-ironic-api-version'

/** An inspection's inventory came with 1.81, the field `shard` with 1.82. */
export const inventorySince = (used: string): boolean => minorOf(used) >= 81
export const shardSince = (used: string): boolean => minorOf(used) >= 82

/** `send` is the session's `request` with the version header. */
export type VersionKeeper = { versions(): Promise<IronicVersions>; send(call: Call): Promise<Answer> }

export function versionKeeper(session: Session): VersionKeeper {
  let kept: Promise<IronicVersions> | null = null

  function versions(): Promise<IronicVersions> {
    kept ??= negotiate(session).catch((error: unknown) => {
      kept = null
      throw error
    })
    return kept
  }

  async function send(call: Call): Promise<Answer> {
    const { used } = await versions()
    return await session.request({ ...call, headers: { ...call.headers, [HEADER]: used } }).catch((error: unknown) => {
      if (error instanceof OpenStackError && error.status === 406) kept = null
      throw error
    })
  }

  return { versions, send }
}

const rootSchema = z.object({ version: z.object({ min_version: z.string(), version: z.string() }) })

async function negotiate(session: Session): Promise<IronicVersions> {
  const call: Call = { service: 'baremetal', method: 'GET', path: '/v1/' }
  const response = await session.request(call)
  const body = rootSchema.safeParse(parsed(response.text))
  const minimum = response.headers['x-openstack-ironic-api-minimum-version'] ?? body.data?.version.min_version ?? ''
  const maximum = response.headers['x-openstack-ironic-api-maximum-version'] ?? body.data?.version.version ?? ''
  const [low, high] = [minorOf(minimum), minorOf(maximum)]
  const range = `1.${LEAST} to 1.${NEWEST}`
  if (Number.isNaN(low) || Number.isNaN(high))
    throw unusableAnswer(call, 'This is not the API of an Ironic: the answer names no API versions.')
  if (high < LEAST) {
    throw unusableAnswer(
      call,
      `Ironic's API ${maximum} is too old: at least 1.${LEAST} (release Yoga) is needed, because older ones have no node history.`,
    )
  }
  if (low > NEWEST) throw unusableAnswer(call, `Ironic's API begins at ${minimum}, which is too new: ${range} are known.`)
  return { minimum, maximum, used: `1.${Math.min(high, NEWEST)}` }
}

/** 82 of `1.82`; NaN for anything else: there has never been another major version. */
const minorOf = (version: string): number => Number(/^1\.(\d+)$/.exec(version)?.[1] ?? Number.NaN)
