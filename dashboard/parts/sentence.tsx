/**
 * A sentence of Anneal's, in which commands and names that are to be copied are told apart.
 */
export function Sentence({ text }: { text: string }) {
  return text.split('`').map((part, at) => {
    // Even parts stand outside the marks.
    const key = `${at} ${part}`
    return at % 2 === 0 ? <span key={key}>{part}</span> : <code key={key}>{part}</code>
  })
}
