/**
 * Makes a failing history short: deeds and nodes are left out as long as the same promise still breaks. Delta debugging by halves (Zeller
 * and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input"); every candidate is played from its beginning. It does not look for
 * the shortest of all: it stops when its plays are used up or nothing can be left out any more.
 */
import type { Policy } from '../../core/policy.ts'
import type { Broken, PromiseId } from '../../simulator/promises.ts'
import { spanOf, spanWord } from '../../simulator/script/deed.ts'
import { isHead } from '../../simulator/script/site.ts'
import type { History } from './history.ts'
import { playScript } from './script-play.ts'

type Timed = { at: number; text: string }
type Case = { head: string[]; deeds: Timed[]; end: number; withCalm: boolean }

/** Each is a whole history; most of a failing one is cut off by the first. */
const PLAYS_MAX = 150

/** `of`: how many deeds there were up to the breach. */
export type Shrunk = { script: string; deeds: string[]; of: number; plays: number; promise: PromiseId }

/** A scenario that breaks the promise that the history broke first, or null where its record played again breaks nothing. */
export async function shrink(history: Pick<History, 'script' | 'broken' | 'began'>, policy: Policy): Promise<Shrunk | null> {
  const [first] = history.broken
  if (first === undefined) return null
  let plays = 0
  const breaks = async (one: Case): Promise<boolean> => {
    if (plays >= PLAYS_MAX) return false
    plays += 1
    const { history: again } = await playScript(textOf(one), policy)
    return again.broken.some(({ promise }) => promise === first.promise)
  }
  const whole = caseOf(history.script, first, history.began)
  if (!(await breaks(whole))) return null
  const fewer = await without(whole.deeds, (deeds) => breaks({ ...whole, deeds }))
  const less = { ...whole, deeds: fewer }
  const nodes = less.head.filter(isNode)
  const kept = await without(nodes, (some) => breaks({ ...less, head: withNodes(less.head, some) }))
  const least = { ...less, head: withNodes(less.head, kept) }
  return { script: textOf(least), deeds: least.deeds.map(({ text }) => text), of: whole.deeds.length, plays, promise: first.promise }
}

const isNode = (line: string): boolean => line.startsWith('node ')

const withNodes = (head: readonly string[], nodes: readonly string[]): string[] =>
  head.filter((line) => !isNode(line) || nodes.includes(line))

/** What is promised for when faults stop needs the calm, and so does what broke in it; all else broke at a moment, and what came after it is cut off. */
function caseOf(script: readonly string[], { promise, at }: Broken, began: number): Case {
  const head = script.filter(isHead)
  const deeds: Timed[] = []
  let time = 0
  for (const line of script) {
    if (isHead(line) || line === 'calm') continue
    const span = line.startsWith('advance ') ? spanOf(line.slice('advance '.length)) : null
    if (span === null) deeds.push({ at: time, text: line })
    else time += span
  }
  const end = at - began
  const withCalm = promise.startsWith('L') || end > time
  return { head, deeds: withCalm ? deeds : deeds.filter((one) => one.at <= end), end, withCalm }
}

function textOf({ head, deeds, end, withCalm }: Case): string {
  let time = 0
  const lines = deeds.flatMap(({ at, text }) => {
    const waited = at - time
    time = at
    return waited > 0 ? [`advance ${spanWord(waited)}`, text] : [text]
  })
  // A second more, so that what was under way at the breach has come to its end.
  const last = withCalm ? ['calm'] : [`advance ${spanWord(Math.max(0, end - time) + 1_000)}`]
  return `${[...head, ...lines, ...last, 'promises'].join('\n')}\n`
}

/** As few of the parts as possible with which it still breaks, in their order. */
async function without<T>(parts: readonly T[], breaks: (some: T[]) => Promise<boolean>): Promise<T[]> {
  let left = [...parts]
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < left.length; ) {
      const fewer = [...left.slice(0, at), ...left.slice(at + size)]
      if (await breaks(fewer)) left = fewer
      else at += size
    }
  }
  return left
}
