/**
 * The demo as it is told: pushes go onto the virtual clock, the audit trail is read every few seconds of virtual time, and both come out as
 * lines in order of time. It decides when everything is over; what is said in the end is demo.ts's.
 */
import { HOUR, SECOND } from '../core/policy.ts'
import type { Story } from '../simulator/stories.ts'
import type { CaseView } from '../store/case-row.ts'
import { type Line, lineOfAudit, textOfLine, titleText, together } from './demo-lines.ts'
import { CLOUD, type Stage } from './demo-stage.ts'
import type { Io } from './io.ts'

/** How often is read, and for how long after the last push everything may take to come to rest; virtual time. */
const READ_EVERY_MS = 15 * SECOND
const REST_WITHIN_MS = 2 * HOUR

export type Telling = {
  /** Puts a story's pushes on the virtual clock; its times count from `from`, by default from now. */
  play(story: Story, o: { title: string; from?: number }): void
  say(line: Omit<Line, 'at' | 'reason' | 'colour'>): void
  /** Tells what happens. @returns whether the stories are over, false where it was stopped before */
  untilOver(signal: AbortSignal): Promise<boolean>
}

type Pending = { at: number; title: string } | (Line & { title?: never })

export function telling({ clock, store, cloud }: Stage, { io, colour }: { io: Pick<Io, 'out'>; colour: boolean }): Telling {
  const pending: Pending[] = []
  let last = clock.now()
  let read = 0
  const nameOf = (uuid: string): string => cloud.state.nodes.get(uuid)?.row.name ?? uuid

  const tellAudit = async (): Promise<void> => {
    const entries = await store.audit({ cloud: CLOUD, after: read })
    for (const [i, entry] of entries.entries()) {
      read = entry.id
      const line = lineOfAudit(entry, entries.slice(i + 1), nameOf)
      if (line !== null) pending.push(line)
    }
  }
  const print = (): void => {
    let lines: Line[] = []
    const flush = (): void => {
      for (const line of together(lines)) io.out.write(textOfLine(line, { out: io.out, colour }))
      lines = []
    }
    for (const one of pending.splice(0).toSorted((a, b) => a.at - b.at)) {
      if (one.title === undefined) lines.push(one)
      else {
        flush()
        io.out.write(titleText(one.title, colour))
      }
    }
    flush()
  }
  const happens = (line: Omit<Line, 'what' | 'reason' | 'colour'>): Line => ({ ...line, what: 'happens', reason: '', colour: 'bold' })
  return {
    play: ({ steps }, { title, from = clock.now() }) => {
      for (const [k, { at, node, text, happen }] of steps.entries()) {
        clock.at(from + at, () => {
          if (k === 0) pending.push({ at: from + at, title })
          pending.push(happens({ at: from + at, node, text }))
          happen()
        })
        last = Math.max(last, from + at)
      }
    },
    say: (line) => void pending.push({ ...line, at: clock.now(), reason: '', colour: 'bold' }),
    untilOver: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(READ_EVERY_MS, signal)
        await tellAudit()
        print()
        const rested = clock.now() > last && (await store.cases({ cloud: CLOUD, open: true })).every(isAtRest)
        if (rested || clock.now() > last + REST_WITHIN_MS) return true
      }
      return false
    },
  }
}

/** Nothing more comes without a person. */
const isAtRest = (view: CaseView): boolean => view.decision?.kind === 'leave' || isForPerson(view) || isHeld(view)

/** Told to one already, or in a day: nobody mends a dead BMC in this demo before Ironic gives it up too. */
export const isForPerson = ({ decision }: CaseView): boolean => decision?.kind === 'escalate' || decision?.reason === 'power-failure'

export const isHeld = ({ decision, closedAt }: CaseView): boolean => closedAt === null && decision?.reason === 'held'
