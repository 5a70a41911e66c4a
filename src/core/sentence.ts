/**
 * Sentences that are put into others. Texts from outside end as they like and may be of any length.
 */

/** Without full stops at its end. Not by `/\.+$/`, which looks at each run of them once for each of its stops. */
export function withoutStops(text: string): string {
  let end = text.length
  while (text[end - 1] === '.') end -= 1
  return text.slice(0, end)
}
