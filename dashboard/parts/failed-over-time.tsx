/**
 * How many nodes had an open case at a time, as far back as the cases that are at hand tell. Drawn by uPlot; the sentence below it says the
 * same without a picture.
 */
import 'uplot/dist/uPlot.min.css'
import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import type { ListedCase } from '../api/answers.ts'
import { serverNow } from '../api/server-time.ts'
import { spanOf } from './time.tsx'

type Series = { at: number[]; open: number[] }

/** A step at each case that opens or closes, times in seconds as uPlot has them. */
function seriesOf(cases: readonly ListedCase[], now: number): Series {
  const steps = cases
    .flatMap(({ openedAt, closedAt }) => [
      ...(openedAt === null ? [] : [{ at: Date.parse(openedAt), by: 1 }]),
      ...(closedAt === null ? [] : [{ at: Date.parse(closedAt), by: -1 }]),
    ])
    .toSorted((a, b) => a.at - b.at)
  const series: Series = { at: [], open: [] }
  let open = 0
  for (const step of steps) {
    open += step.by
    series.at.push(step.at / 1_000)
    series.open.push(open)
  }
  series.at.push(now / 1_000)
  series.open.push(open)
  return series
}

const CLOCK = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const HEIGHT_PX = 130

function optionsFor(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name)
  const axis = {
    stroke: colour('--ink-soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  }
  const paths = uPlot.paths.stepped?.({ align: 1 })
  return {
    width: Math.max(element.clientWidth, 200),
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { y: false },
    axes: [
      { ...axis, space: 90, values: (_plot, splits) => splits.map((at) => CLOCK.format(at * 1_000)) },
      { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] },
    ],
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(most, 1) * 1.1] } },
    series: [
      {},
      {
        stroke: colour('--work'),
        fill: colour('--work-soft'),
        width: 1.5,
        ...(paths === undefined ? {} : { paths }),
        points: { show: false },
      },
    ],
  }
}

/** The theme or the width changed, and colours and sizes are baked into what was drawn. */
function useRedrawn(): number {
  const [times, setTimes] = useState(0)
  useEffect(() => {
    const again = (): void => setTimes((before) => before + 1)
    addEventListener('theme', again)
    addEventListener('resize', again)
    return () => {
      removeEventListener('theme', again)
      removeEventListener('resize', again)
    }
  }, [])
  return times
}

export function FailedOverTime({ cases }: { cases: readonly ListedCase[] }) {
  const redrawn = useRedrawn()
  const series = useMemo(() => seriesOf(cases, serverNow()), [cases])
  const { at, open } = series
  const span = ((at.at(-1) ?? 0) - (at[0] ?? 0)) * 1_000
  return (
    <figure className="plot">
      <Plot key={redrawn} series={series} />
      <figcaption className="soft">
        {open.at(-1)} now; at most {Math.max(...open)} within the last {spanOf(span)}.
      </figcaption>
    </figure>
  )
}

function Plot({ series: { at, open } }: { series: Series }) {
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (frame.current === null) return
    const plot = new uPlot(optionsFor(frame.current), [at, open], frame.current)
    return () => plot.destroy()
  }, [at, open])
  return <div ref={frame} aria-hidden="true" />
}
