/**
 * Where the trouble with a BMC more likely sits: in the BMC, in its NIC or cable, in a switch, in the network, or in credentials. Told from how
 * the BMC answers and from how its neighbours do. It says "likelier" and nothing more: it is for whoever goes there, and decides nothing.
 */
import type { Memory } from './case.ts'
import type { BmcPlace, Cause } from './decision.ts'
import type { BmcLook, BmcPeers, Observation, PeersOn } from './observation.ts'
import { MINUTE } from './policy.ts'
import type { TextReading } from './read-text.ts'
import type { Reading } from './reading.ts'

export type PlaceAsked = {
  cause: Cause
  /** What Ironic's text said by itself. */
  said: Pick<TextReading, 'cause' | 'signature'> | null
  look: Reading<BmcLook>
  run: Memory['looks']
  /** How often it stopped answering, where it flaps. */
  flaps: number | null
  /** Resets that came back with a BMC's cause. */
  again: number
  /** For how long every look has found it answering while Ironic's power sync holds that it does not; null where Ironic does not. */
  deniedFor: number | null
  peers: Observation['peers']
}

/** `place` is null where the sentence says why none is named. */
export type Placed = { place: BmcPlace | null; why: string }

/** null: the cause is no BMC's, or there is nothing to say yet. */
export function placeOf(asked: PlaceAsked): Placed | null {
  const { cause, look } = asked
  if (cause !== 'bmc-unreachable' && cause !== 'bmc-fault') return null
  if (look.kind !== 'known') return byText(asked) ?? together(asked.peers)
  const { kind, hangs } = look.value
  // A silence and a refusal are believed as a place only when they were seen twice; Ironic restarts BMCs, and so do people.
  if (hangs === true) return { place: 'bmc', why: HANGS }
  if (kind === 'faulty') return { place: 'bmc', why: ANSWERS_WRONGLY }
  if (kind === 'answers') return answering(asked)
  if ((asked.run?.count ?? 0) < 2) return null
  return kind === 'refusing' ? { place: 'bmc', why: REFUSES } : silent(asked)
}

const HANGS =
  'Its network part answers and its management software does not, so the line to it works: the BMC itself is likelier than its NIC, its cable or the switch.'
const ANSWERS_WRONGLY = 'It answers, so the line to it works: the BMC itself is likelier than its NIC, its cable or the switch.'
const REFUSES =
  "Something at the BMC's address says that nobody listens, so the line to it works: the BMC's own service, or another device with its address, is likelier than its NIC, its cable or the switch."
const SAID_NO = 'The BMC answered Ironic and refused: its credentials or licence are likelier than its NIC, its cable or the switch.'
const SAID_ERROR =
  "Ironic's text is of a BMC that answered, so the line to it works: the BMC itself is likelier than its NIC, its cable or the switch."
const KEY = "its credentials, or the conductor's way to it, are likelier than its NIC or its cable."

/** Signatures of texts in which a BMC refuses an account or lacks a licence (signatures/bmc.ts). */
const REFUSALS: readonly string[] = ['bmc-not-permitted', 'bmc-licence']

function byText({ said }: PlaceAsked): Placed | null {
  if (said === null) return null
  if (REFUSALS.includes(said.signature)) return { place: 'credentials', why: SAID_NO }
  return said.cause === 'bmc-fault' ? { place: 'bmc', why: SAID_ERROR } : null
}

function answering(asked: PlaceAsked): Placed | null {
  const said = byText(asked)
  if (said?.place === 'credentials') return said
  if (asked.flaps !== null) return flapping(asked.flaps)
  if (said !== null) return said
  if (asked.again > 0)
    return {
      place: 'credentials',
      why: `It answers whoever asks without a password, yet Ironic's own calls failed again after a reset: ${KEY}`,
    }
  if ((asked.deniedFor ?? 0) >= DENIED)
    return { place: 'credentials', why: `It answers whoever asks without a password, yet Ironic's power sync does not get it back: ${KEY}` }
  return together(asked.peers)
}

/** Ironic's recovery looks every 300 s ([conductor]power_failure_recovery_interval), so it has looked at least twice in this time. */
const DENIED = 15 * MINUTE

const flapping = (flaps: number): Placed => ({
  place: 'nic-or-cable',
  why: `It stopped answering ${flaps} times within a day and answered in between: its cable, its NIC or its switch port is likelier than its firmware.`,
})

function silent({ peers, flaps }: PlaceAsked): Placed {
  return (
    together(peers) ??
    (flaps === null ? null : flapping(flaps)) ??
    alone(peers) ?? { place: null, why: notCompared(peers.kind === 'known' ? peers.value.bmcs : null) }
  )
}

/** With this one three, as many as make an incident. */
const TOGETHER = 2

/** Others failed at about the same time: what they share is likelier than what each has for itself. */
function together(peers: Observation['peers']): Placed | null {
  if (peers.kind !== 'known') return null
  const { bmcs, shared } = peers.value
  const many = shared.filter((on) => on.together >= TOGETHER)
  const network = many.find(({ kind }) => kind === 'bmc-network')
  const narrower = many.find(({ kind }) => kind !== 'bmc-network')
  if (network !== undefined && bmcs !== null && bmcs.reached === 0) {
    const { looked } = bmcs
    // All that failed on the network hang on one rack or switch: the network beyond it is not accused.
    if (narrower !== undefined && narrower.together >= network.together) return { place: 'switch', why: sharedBy(narrower) }
    const silence =
      looked === 0
        ? ''
        : ` ${looked === 1 ? 'The other one' : `All ${looked} others`} looked at on it ${looked === 1 ? 'is' : 'are'} silent, too.`
    return { place: 'network', why: `${failed(network)}${silence} The switch or the network is likelier than this BMC.` }
  }
  if (narrower !== undefined) return { place: 'switch', why: sharedBy(narrower) }
  return network !== undefined && bmcs !== null && network.together > bmcs.reached
    ? { place: 'switch', why: `${failed(network)} ${reachedOf(bmcs)} A switch that part of it hangs on is likelier than this BMC.` }
    : null
}

const WORDS: Record<PeersOn['kind'], string> = { switch: 'switch', 'bmc-network': 'BMC network', rack: 'rack' }

const failed = ({ kind, value, together: count }: PeersOn): string =>
  `Not only this node: ${count} others on the ${WORDS[kind]} ${value} failed on their BMCs within an hour of it.`

const sharedBy = (on: PeersOn): string => `${failed(on)} The management switch or the power that they share is likelier than this BMC.`

type Network = NonNullable<BmcPeers['bmcs']>

const reachedOf = ({ network, looked, reached }: Network): string =>
  `Of ${looked} other BMC${looked === 1 ? '' : 's'} looked at on ${network}, ${reached} answer${reached === 1 ? 's' : ''}.`

/** A BMC whose software hangs still has a network part that answers pings and takes connections; here nothing came back at all. */
function alone(peers: Observation['peers']): Placed | null {
  if (peers.kind !== 'known') return null
  const { bmcs, shared } = peers.value
  const rest =
    'so this BMC, its NIC or its cable is likelier than the switch; and since nothing at all comes back, its NIC, cable, switch port or power is likelier than its software.'
  if (bmcs !== null && bmcs.reached > 0) {
    const { network, reached, looked } = bmcs
    const who = looked === reached ? `Only this node: ${reached}` : `Not the network: ${reached} of ${looked}`
    return {
      place: 'nic-or-cable',
      why: `${who} other BMC${looked === 1 ? '' : 's'} on ${network} answer${reached === 1 ? 's' : ''}, ${rest}`,
    }
  }
  // A second witness only: where a node hangs is on record once it has failed, and no open case is not an answer.
  const network = shared.find(({ kind }) => kind === 'bmc-network')
  if (bmcs?.looked !== 0 || network === undefined || network.nodes < TOGETHER || network.failing > 0) return null
  return {
    place: 'nic-or-cable',
    why: `Only this node: of ${network.nodes} others on record on ${network.value} none has an open case with a BMC's cause, ${rest}`,
  }
}

function notCompared(bmcs: Network | null): string {
  if (bmcs === null || bmcs.looked === 0)
    return 'Whether it is only this BMC is not known: no other one on its network was looked at within 5 min.'
  return `Whether it is only this BMC is not known: of the ${bmcs.looked} others looked at on ${bmcs.network} none answers, but they did not fail together with it.`
}

const TO_DO: Record<BmcPlace, string> = {
  bmc: 'Look at the BMC itself first, then at its NIC, cable and switch port.',
  'nic-or-cable': "Look at the BMC's cable, NIC and switch port first, then at the BMC.",
  switch: 'Look at the management switch first: others failed with it. Then at the BMC, its NIC, cable and switch port.',
  network: 'Look at the management network first: others failed with it. Then at the BMC, its NIC, cable and switch port.',
  credentials:
    "Look at the BMC's credentials, its sessions and its licence first, then at what loses datagrams on the way to it, its NIC, cable and switch port.",
}

/** The trouble is on the way to the BMC and not in what it is told. */
export const onTheWay = (place: BmcPlace | null): boolean => place === 'nic-or-cable' || place === 'switch' || place === 'network'

/** What a person looks at, in which order. */
export const whereToLook = (place: BmcPlace | null): string =>
  place === null ? 'Look at the BMC, its NIC, cable and switch port.' : TO_DO[place]
