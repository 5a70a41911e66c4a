/**
 * Reads one error text of Ironic's: the cause it points at, whether trying again can help, and the service it names. A first
 * reading only: evidence decides (IPMI texts carry no reason at all). It stores and repeats nothing of the text.
 */
import type { Cause, Transient } from './decision.ts'
import type { ServiceName } from './observation.ts'
import { PEER_WORDS, peerOf, serviceOf } from './signatures/peer.ts'
import type { Peer, Signature } from './signatures/signature.ts'
import { WRAPPERS, type Wrapper } from './signatures/wrapper.ts'
import { LAST_SIGNATURES, SIGNATURES } from './signatures.ts'
import { normalised, splitCleanUp, unwrapped } from './unwrap.ts'

export type TextReading = { cause: Cause; transient: Transient; signature: string; service: ServiceName | null }

/** Everything a reading rests on, so that a measurement can leave a part out. */
export type Rules = {
  signatures: readonly Signature[]
  lastSignatures: readonly Signature[]
  wrappers: readonly Wrapper[]
  peerWords: readonly (readonly [Peer, RegExp])[]
}

export const RULES: Rules = { signatures: SIGNATURES, lastSignatures: LAST_SIGNATURES, wrappers: WRAPPERS, peerWords: PEER_WORDS }

/**
 * Words of what only a person changes. They do not tell the cause, but a text that holds one is never read as "waiting is enough",
 * whichever signature it met: a wrong yes resets a node for nothing, a wrong maybe costs one look more.
 */
const ONLY_A_PERSON =
  /certificate|SSLError|credential|password|unauthori[sz]ed|forbidden|access.?(?:denied|refused)|privilege|permission|not (?:permitted|allowed|authori[sz]ed)|licen[cs]e|quota|by policy|\b40[13]\b/i

const NOTHING: TextReading = { cause: 'unknown', transient: 'maybe', signature: 'unrecognised', service: null }

/**
 * `provision_state` is the state in which the text was found; it only helps where the text names no peer. `signature` is the
 * name of the signature, `in-<wrapper>` where only the sentence around an unknown text told something, or `unrecognised`.
 */
export const readText = (given: { text: string; provision_state: string }): TextReading => readTextBy(RULES, given)

export function readTextBy(rules: Rules, { text, provision_state }: { text: string; provision_state: string }): TextReading {
  const [first, afterwards] = splitCleanUp(normalised(text))
  // A second failure while cleaning up after the first stands in the way of the next try, so it is the one to act on.
  const second = afterwards === null ? NOTHING : readOne(rules, afterwards, provision_state)
  return second.cause === 'unknown' ? readOne(rules, first, provision_state) : second
}

function readOne(rules: Rules, text: string, provision_state: string): TextReading {
  const peer = peerOf(text, provision_state, rules.peerWords)
  const service = serviceOf(peer)
  const { inner, wrapper } = unwrapped(text, rules.wrappers)
  const found = firstOf(rules.signatures, inner, peer)
  if (found !== null) {
    const transient = found.transient === 'yes' && ONLY_A_PERSON.test(inner) ? 'maybe' : found.transient
    return { cause: found.cause, transient, signature: found.name, service: found.service ?? service }
  }
  if (wrapper?.says !== undefined) return { ...wrapper.says, signature: `in-${wrapper.name}`, service }
  const weak = isSentence(inner) ? firstOf(rules.lastSignatures, inner, peer) : null
  if (weak !== null) return { cause: weak.cause, transient: weak.transient, signature: weak.name, service }
  return { ...NOTHING, service }
}

/** Longer than any message of Ironic's without a dump in it; weak readings go by single words, and in a page there is every word. */
const SENTENCE_MAX = 1_000

const isSentence = (inner: string): boolean => inner.length <= SENTENCE_MAX && !/^(?:<!doctype html|<html|<\?xml)/i.test(inner)

function firstOf(signatures: readonly Signature[], inner: string, peer: Peer | null): Signature | null {
  const fits = ({ peers, patterns }: Signature) =>
    (peers === undefined || (peer !== null && peers.includes(peer))) && patterns.some((pattern) => pattern.test(inner))
  return signatures.find(fits) ?? null
}
