/**
 * Reads one error text of Ironic's: the cause it points at, whether trying again can help, and the service it names. A first
 * reading only: evidence decides (IPMI texts carry no reason at all). It stores and repeats nothing of the text.
 */
import type { Cause, Transient } from './decision.ts'
import type { ServiceName } from './observation.ts'
import { peerOf, serviceOf } from './signatures/peer.ts'
import type { Peer, Signature } from './signatures/signature.ts'
import { WRAPPERS, type Wrapper } from './signatures/wrapper.ts'
import { LAST_SIGNATURES, SIGNATURES } from './signatures.ts'

export type TextReading = { cause: Cause; transient: Transient; signature: string; service: ServiceName | null }

/** Ironic's own sentences stand at both ends, dumps in the middle; half of 8 KiB from each end bounds every pattern's work. */
const CLIP = 4096

/** More wrappers than any conductor nests; bounds the loop over hostile texts. */
const PEELS_MAX = 12

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
export function readText({ text, provision_state }: { text: string; provision_state: string }): TextReading {
  const clean = normalised(text)
  const [first, afterwards] = splitCleanUp(clean)
  // A second failure while cleaning up after the first stands in the way of the next try, so it is the one to act on.
  const second = afterwards === null ? NOTHING : readOne(afterwards, provision_state)
  return second.cause === 'unknown' ? readOne(first, provision_state) : second
}

function readOne(text: string, provision_state: string): TextReading {
  const peer = peerOf(text, provision_state)
  const service = serviceOf(peer)
  const { inner, wrapper } = unwrapped(text)
  const found = firstOf(SIGNATURES, inner, peer)
  if (found !== null) {
    const transient = found.transient === 'yes' && ONLY_A_PERSON.test(inner) ? 'maybe' : found.transient
    return { cause: found.cause, transient, signature: found.name, service: found.service ?? service }
  }
  if (wrapper?.says !== undefined) return { ...wrapper.says, signature: `in-${wrapper.name}`, service }
  const weak = firstOf(LAST_SIGNATURES, inner, peer)
  if (weak !== null) return { cause: weak.cause, transient: weak.transient, signature: weak.name, service }
  return { ...NOTHING, service }
}

function firstOf(signatures: readonly Signature[], inner: string, peer: Peer | null): Signature | null {
  const fits = ({ peers, patterns }: Signature) =>
    (peers === undefined || (peer !== null && peers.includes(peer))) && patterns.some((pattern) => pattern.test(inner))
  return signatures.find(fits) ?? null
}

/** Takes the known sentences off from the left; the last of them that says something by itself is kept. */
function unwrapped(text: string): { inner: string; wrapper: Wrapper | null } {
  let inner = text
  let wrapper: Wrapper | null = null
  for (let peels = 0; peels < PEELS_MAX; peels += 1) {
    const fits = WRAPPERS.find(({ pattern }) => pattern.test(inner))
    if (fits === undefined) break
    inner = inner.replace(fits.pattern, '')
    if (fits.says !== undefined) wrapper = fits
  }
  return { inner, wrapper }
}

/**
 * conductor/utils.py appends what went wrong while it cleaned up: "Also failed to clean up due to: " after a deployment, "Also
 * Failed to tear down cleaning on node x, reason: " after cleaning.
 */
function splitCleanUp(text: string): [first: string, afterwards: string | null] {
  const at = text.search(/ Also failed to /i)
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + ' Also '.length)]
}

/** One line of printable characters, clipped; texts come from hardware and may hold anything. */
function normalised(text: string): string {
  const clipped = text.length > 2 * CLIP ? `${text.slice(0, CLIP)} ${text.slice(-CLIP)}` : text
  return clipped
    .replace(/[^\x20-\x7e\u00a0-\uffff]/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('’', "'")
    .trim()
}
