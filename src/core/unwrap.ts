/**
 * Makes one clean line of an error text and takes off what Ironic wrapped around the exception that tells the cause. It does not
 * judge; read-text.ts does.
 */
import type { Wrapper } from './signatures/wrapper.ts'

/** Ironic's own sentences stand at both ends, dumps in the middle; half of 8 KiB from each end bounds every pattern's work. */
const CLIP = 4096

/** More wrappers than any conductor nests; bounds the loop over hostile texts. */
const PEELS_MAX = 12

/** One line of printable characters, clipped; texts come from hardware and may hold anything. */
export function normalised(text: string): string {
  const clipped = text.length > 2 * CLIP ? `${text.slice(0, CLIP)} ${text.slice(-CLIP)}` : text
  return clipped
    .replace(/[^\x20-\x7e\u00a0-\uffff]/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('’', "'")
    .trim()
}

/**
 * conductor/utils.py appends what went wrong while it cleaned up: "Also failed to clean up due to: " after a deployment, "Also
 * Failed to tear down cleaning on node x, reason: " after cleaning.
 */
export function splitCleanUp(text: string): [first: string, afterwards: string | null] {
  const at = text.search(/ Also failed to /i)
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + ' Also '.length)]
}

/** Takes the known sentences off from the left; the last of them that says something by itself is kept. `layers` are the texts in between. */
export function unwrapped(text: string, wrappers: readonly Wrapper[]): { inner: string; wrapper: Wrapper | null; layers: string[] } {
  let inner = text
  let wrapper: Wrapper | null = null
  const layers: string[] = []
  for (let peels = 0; peels < PEELS_MAX; peels += 1) {
    const fits = wrappers.find(({ pattern }) => pattern.test(inner))
    if (fits === undefined) break
    layers.push(inner)
    inner = inner.replace(fits.pattern, '')
    if (fits.says !== undefined) wrapper = fits
  }
  return { inner, wrapper, layers }
}
