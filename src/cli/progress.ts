/**
 * One line on a terminal that says what is going on, for what takes longer than a second. Where nobody watches it says nothing: a log
 * file has no use for it.
 */
import type { Clock } from '../core/seams.ts'
import type { Io } from './io.ts'

export type Progress = {
  say(text: string): void
  /** Writes a whole line above the progress line. */
  line(text: string): void
  /** Clears the line; nothing more is said. */
  end(): void
}

/** Shorter work is over before the line could be read. */
const QUIET_MS = 1_000

export function progress(io: Pick<Io, 'err'>, clock: Clock): Progress {
  const { err } = io
  const ended = new AbortController()
  let current = ''
  let isShown = false
  const draw = () => {
    const width = err.columns() ?? 80
    err.write(`\r\x1b[2K${[...current].slice(0, width - 1).join('')}`)
  }
  if (err.isTTY) {
    void clock.sleep(QUIET_MS, ended.signal).then(() => {
      if (ended.signal.aborted) return
      isShown = true
      draw()
    })
  }
  return {
    say: (text) => {
      current = text
      if (isShown && !ended.signal.aborted) draw()
    },
    line: (text) => {
      err.write(`${isShown ? '\r\x1b[2K' : ''}${text}\n`)
      if (isShown && !ended.signal.aborted) draw()
    },
    end: () => {
      if (isShown && !ended.signal.aborted) err.write('\r\x1b[2K')
      ended.abort()
    },
  }
}
