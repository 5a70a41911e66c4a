/**
 * What came of a word, said at the foot of the window for a while: the button that said it may be gone by then.
 */
import { useEffect, useSyncExternalStore } from 'react'
import { Sentence } from './sentence.tsx'

const SHOWN_MS = 10_000

let said = ''
const listeners = new Set<() => void>()
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function announce(text: string): void {
  said = text
  for (const listener of listeners) listener()
}

export function Announcement() {
  const text = useSyncExternalStore(subscribe, () => said)
  useEffect(() => {
    if (text === '') return
    const timer = setTimeout(announce, SHOWN_MS, '')
    return () => clearTimeout(timer)
  }, [text])
  // It is there before it has something to say, or a screen reader would not say it.
  return (
    <div role="status" className="announcement" data-said={text !== ''}>
      <Sentence text={text} />
    </div>
  )
}
