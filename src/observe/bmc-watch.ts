/**
 * Looks at BMCs on behalf of all observations: never more often than each BMC bears, and never believing a silence that may be
 * this host's own. It opens no session. A BMC is an address and a port, whatever cloud or node it belongs to.
 *
 * A silent look is believed only where this host reached, within 5 min and over the same protocol, the BMC of another node whose power
 * state Ironic knows; "connection refused" counts as reached. Where nothing was looked at lately a few such BMCs are looked at
 * for this purpose. Otherwise the look is `unknown: no-route-from-here`, and Ironic's own eyes decide.
 */
import { lookAtRedfish } from '../bmc/redfish.ts'
import { lookAtIpmi } from '../bmc/rmcp.ts'
import { networkOf } from '../core/keys.ts'
import type { BmcAddress, BmcLook } from '../core/observation.ts'
import { known, type Reading, unknown } from '../core/reading.ts'
import type { Seams } from '../core/seams.ts'

/** Design section 7; Ironic itself leaves a BMC 5 s between commands ([ipmi]min_command_interval), since BMCs wedge under retries. */
const SPACING_MS = 5000

/** How long having reached a BMC speaks for this host's way there. */
const REMEMBER_MS = 5 * 60_000

/** BMCs of one calibration round: enough to hit a live one although some are off, few enough to bother nobody. */
const ROUND = 5

export type BmcWatch = {
  /** The look at a BMC: a new one, or the last one (its `at` tells its age) where that is younger than 5 s. */
  look(cloud: string, address: BmcAddress): Promise<Reading<BmcLook>>
  /** Other BMCs on its network, of whatever cloud and protocol, that were looked at within 5 min, and how many were reached. Looks at none. */
  around(address: BmcAddress): { network: string; looked: number; reached: number }
}

type Looked = { at: number; look: Reading<BmcLook>; network: string }

type BmcWatchWorld = {
  seams: Pick<Seams, 'clock' | 'random' | 'transport' | 'datagram'>
  /** BMCs of this cloud's nodes whose power_state Ironic knows. Lists of nodes show no address, so they come from nodes read one by one. */
  candidates: (cloud: string) => readonly BmcAddress[] | Promise<readonly BmcAddress[]>
}

export function bmcWatch({ seams, candidates }: BmcWatchWorld): BmcWatch {
  const { clock } = seams
  const last = new Map<string, Looked>()
  const near = new Map<string, Set<string>>()
  const asking = new Map<string, Promise<Reading<BmcLook>>>()
  const rounds = new Map<string, Promise<unknown>>()

  const recent = (address: BmcAddress, forMs: number): Reading<BmcLook> | null => {
    const kept = last.get(keyOf(address))
    return kept !== undefined && clock.monotonic() - kept.at < forMs ? kept.look : null
  }

  const ask = (address: BmcAddress): Promise<Reading<BmcLook>> => {
    const key = keyOf(address)
    const kept = recent(address, SPACING_MS)
    if (kept !== null) return Promise.resolve(kept)
    const underway = asking.get(key)
    if (underway !== undefined) return underway
    const asked = lookAt(address, seams)
      .then((look) => {
        remember({ last, near }, key, { at: clock.monotonic(), look, network: networkOf(address) })
        return look
      })
      .finally(() => asking.delete(key))
    asking.set(key, asked)
    return asked
  }

  const witness = (others: readonly BmcAddress[]): BmcAddress | null =>
    others.find((other) => wasReached(recent(other, REMEMBER_MS))) ?? null

  /** One round at a time for a cloud and protocol: in a wave of silent nodes all wait for the same few looks. */
  const calibrate = async (cloud: string, address: BmcAddress, others: readonly BmcAddress[]): Promise<void> => {
    const key = `${cloud} ${address.protocol}`
    const untried = others.filter((other) => recent(other, REMEMBER_MS) === null)
    const underway = rounds.get(key)
    if (underway === undefined && untried.length === 0) return
    const round = underway ?? Promise.all(pick(untried, networkOf(address), seams.random).map(ask)).finally(() => rounds.delete(key))
    rounds.set(key, round)
    await round
  }

  return {
    look: async (cloud, address) => {
      const look = await ask(address)
      // One that hangs was reached: its silence is not this side's.
      if (look.kind !== 'known' || wasReached(look)) return look
      const own = keyOf(address)
      const others = (await candidates(cloud)).filter((other) => other.protocol === address.protocol && keyOf(other) !== own)
      if (witness(others) === null) await calibrate(cloud, address, others)
      const reached = witness(others)
      if (reached !== null)
        return known({ ...look.value, detail: `${look.value.detail}, while this host reaches the BMC at ${reached.host}` })
      const why = others.length === 0 ? 'there is no other BMC to compare with' : 'this host reached no other BMC either'
      return unknown(`no-route-from-here: ${look.value.detail}, and ${why}, so the trouble may be on this side`)
    },
    around: (address) => aroundIn({ last, near }, address, clock.monotonic()),
  }
}

const keyOf = (address: BmcAddress): string => `${address.host.toLowerCase()} ${address.port}`

type Remembered = {
  /** By address and port, oldest first. */
  last: Map<string, Looked>
  /** Keys in `last` by network: in a wave each node asks how those on its own do, and there are thousands of others. */
  near: Map<string, Set<string>>
}

function remember({ last, near }: Remembered, key: string, looked: Looked): void {
  last.delete(key)
  last.set(key, looked)
  near.set(looked.network, (near.get(looked.network) ?? new Set()).add(key))
  for (const [old, { at, network }] of last) {
    if (looked.at - at < REMEMBER_MS) break
    last.delete(old)
    const there = near.get(network)
    there?.delete(old)
    if (there?.size === 0) near.delete(network)
  }
}

function aroundIn({ last, near }: Remembered, address: BmcAddress, now: number): ReturnType<BmcWatch['around']> {
  const own = keyOf(address)
  const network = networkOf(address)
  let looked = 0
  let reached = 0
  for (const key of near.get(network) ?? []) {
    const kept = last.get(key)
    // Where this host could not even send, nothing was looked at.
    if (kept === undefined || key === own || now - kept.at >= REMEMBER_MS || kept.look.kind !== 'known') continue
    looked += 1
    if (wasReached(kept.look)) reached += 1
  }
  return { network, looked, reached }
}

const wasReached = (look: Reading<BmcLook> | null): boolean =>
  look?.kind === 'known' && (look.value.kind !== 'silent' || look.value.hangs === true)

function lookAt(address: BmcAddress, seams: BmcWatchWorld['seams']): Promise<Reading<BmcLook>> {
  switch (address.protocol) {
    case 'ipmi':
      return lookAtIpmi(address, seams)
    case 'redfish':
      return lookAtRedfish(address, seams)
    default:
      return address.protocol satisfies never
  }
}

/** A few at random, those on the same network first: they share most of the way, so they say most about it. */
function pick(from: readonly BmcAddress[], network: string, random: Seams['random']): BmcAddress[] {
  const near = from.filter((other) => networkOf(other) === network)
  const far = from.filter((other) => networkOf(other) !== network)
  // Two places stay for other networks, so that one dead rack does not speak for the whole way.
  const nearest = some(near, far.length > 0 ? ROUND - 2 : ROUND, random)
  return [...nearest, ...some(far, ROUND - nearest.length, random)]
}

function some<T>(from: readonly T[], count: number, random: Seams['random']): T[] {
  const rest = [...from]
  return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(Math.floor(random() * rest.length), 1)).flat()
}
