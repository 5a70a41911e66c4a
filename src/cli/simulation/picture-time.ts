/**
 * The time axis of a picture: where a moment stands from left to right. Long stretches in which nothing happens are cut short, because a
 * storm of an hour and the day after it would else be a blot and a void; each cut is shown with what it left out.
 */
import { DAY, HOUR, MINUTE } from '../../core/policy.ts'
import { spanText } from '../../core/when.ts'

export type Scale = {
  x(at: number): number
  /** Virtual ms from the beginning that may carry a label, with the label. */
  ticks: { x: number; text: string }[]
  /** Where time was left out. */
  cuts: { x: number; width: number; text: string }[]
}

type Piece = { from: number; to: number; isCut: boolean; x: number; width: number }

/** Of a stretch without a moment so much stays to see at either end. */
const EDGE_MS = 3 * MINUTE
/** A cut is as wide as this, and never cheaper to leave in: shorter stretches than this share of the whole stay. */
const CUT_WIDTH = 34
const QUIET_SHARE = 0.2
const QUIET_LEAST_MS = 20 * MINUTE

export function scaleOf(moments: readonly number[], on: { began: number; end: number; left: number; width: number }): Scale {
  const pieces = piecesOf([on.began, ...moments, on.end].toSorted((a, b) => a - b))
  const shown = pieces.filter(({ isCut }) => !isCut).reduce((sum, { from, to }) => sum + to - from, 0)
  const perMs = (on.width - CUT_WIDTH * pieces.filter(({ isCut }) => isCut).length) / Math.max(1, shown)
  let left = on.left
  for (const piece of pieces) {
    piece.x = left
    piece.width = piece.isCut ? CUT_WIDTH : (piece.to - piece.from) * perMs
    left += piece.width
  }
  const x = (at: number): number => {
    const piece = pieces.find(({ to }) => at <= to) ?? pieces.at(-1)
    if (piece === undefined) return on.left
    const share = (Math.max(at, piece.from) - piece.from) / Math.max(1, piece.to - piece.from)
    return rounded(piece.x + Math.min(1, share) * piece.width)
  }
  const cuts = pieces.filter(({ isCut }) => isCut)
  return {
    x,
    ticks: ticksOf(pieces, { ...on, perMs, x }),
    cuts: cuts.map((cut) => ({ x: rounded(cut.x), width: cut.width, text: spanText(cut.to - cut.from) })),
  }
}

export const rounded = (value: number): number => Math.round(value * 10) / 10

/** A stretch is cut where it is long beside everything that happens. */
function piecesOf(moments: readonly number[]): Piece[] {
  const gaps = moments.slice(1).map((at, index) => at - (moments[index] ?? at))
  const busy = gaps.filter((gap) => gap < QUIET_LEAST_MS).reduce((sum, gap) => sum + gap, 0)
  const quiet = Math.max(QUIET_LEAST_MS, busy * QUIET_SHARE)
  const pieces: Piece[] = []
  let from = moments[0] ?? 0
  const push = (to: number, isCut: boolean): void => {
    pieces.push({ from, to, isCut, x: 0, width: 0 })
    from = to
  }
  for (const [index, gap] of gaps.entries()) {
    const to = moments[index + 1] ?? 0
    if (gap <= quiet) continue
    push(to - gap + EDGE_MS, false)
    push(to - EDGE_MS, true)
  }
  push(moments.at(-1) ?? from, false)
  return pieces
}

const STEPS: readonly number[] = [1, 2, 5, 10, 15, 30]
  .map((one) => one * MINUTE)
  .concat(
    [1, 2, 4, 8].map((one) => one * HOUR),
    DAY,
  )
/** A label such as `24:45` and air around it. */
const LABEL_WIDTH = 56

function ticksOf(
  pieces: readonly Piece[],
  { began, perMs, x }: { began: number; perMs: number; x: (at: number) => number },
): Scale['ticks'] {
  const step = STEPS.find((one) => one * perMs >= LABEL_WIDTH) ?? DAY
  const ticks: Scale['ticks'] = []
  for (const { from, to, isCut } of pieces) {
    if (isCut) continue
    for (let at = began + Math.ceil((from - began) / step) * step; at <= to; at += step) {
      const last = ticks.at(-1)
      if (last === undefined || x(at) - last.x >= LABEL_WIDTH * 0.8) ticks.push({ x: x(at), text: clockText(at - began) })
    }
  }
  return ticks
}

/** `0:05`, hours and minutes from the beginning. */
const clockText = (ms: number): string => `${Math.floor(ms / HOUR)}:${String(Math.floor(ms / MINUTE) % 60).padStart(2, '0')}`
