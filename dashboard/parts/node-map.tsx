/**
 * All nodes of a group as small squares, coloured by how each stands: ten thousand are one picture. What is failed is drawn last and framed,
 * so that one among thousands is seen. A pointer names a node and leads to it; whoever does not see it reads the list below, which has all.
 */
import { type PointerEvent, useEffect, useRef, useState } from 'react'
import { addressOfNode, go } from '../address.tsx'
import type { FleetNode } from '../api/answers.ts'
import { countsOf, ORDER, STANDINGS, type Standing, standingOf } from '../standing.ts'

type Grid = { cell: number; gap: number; perRow: number; height: number }

/** Squares get smaller the more there are, down to what a pointer still hits. */
function gridFor(count: number, width: number): Grid {
  const cell = count <= 200 ? 18 : count <= 1_500 ? 11 : 7
  const gap = cell > 10 ? 3 : 2
  const perRow = Math.max(1, Math.floor((width + gap) / (cell + gap)))
  return { cell, gap, perRow, height: Math.ceil(count / perRow) * (cell + gap) - gap }
}

const FRAMED: readonly Standing[] = ['person', 'wait', 'work']

function draw(canvas: HTMLCanvasElement, nodes: readonly FleetNode[], { cell, gap, perRow, height }: Grid): void {
  const width = canvas.clientWidth
  canvas.width = width * devicePixelRatio
  canvas.height = height * devicePixelRatio
  const pen = canvas.getContext('2d')
  if (pen === null) return
  pen.scale(devicePixelRatio, devicePixelRatio)
  const style = getComputedStyle(canvas)
  const colours = Object.fromEntries(ORDER.map((standing) => [standing, style.getPropertyValue(`--map-${standing}`)]))
  for (const [at, node] of nodes.entries()) {
    const standing = standingOf(node)
    const x = (at % perRow) * (cell + gap)
    const y = Math.floor(at / perRow) * (cell + gap)
    pen.fillStyle = colours[standing] ?? ''
    const isLoud = FRAMED.includes(standing)
    const grown = isLoud && cell < 10 ? 1 : 0
    pen.beginPath()
    pen.roundRect(x - grown, y - grown, cell + 2 * grown, cell + 2 * grown, cell > 10 ? 3 : 1.5)
    pen.fill()
  }
}

function useWidth(): [number, (element: HTMLElement | null) => void] {
  const [width, setWidth] = useState(0)
  const observer = useRef<ResizeObserver | null>(null)
  const watch = (element: HTMLElement | null): void => {
    if (element === null || observer.current !== null) return
    observer.current = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.current.observe(element)
  }
  return [width, watch]
}

export function NodeMap({ title, nodes }: { title: string; nodes: readonly FleetNode[] }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, watch] = useWidth()
  const [pointed, setPointed] = useState<FleetNode | null>(null)
  const grid = gridFor(nodes.length, Math.max(width, 1))
  useEffect(() => {
    const redraw = (): void => {
      if (canvas.current !== null && width > 0) draw(canvas.current, nodes, gridFor(nodes.length, width))
    }
    redraw()
    addEventListener('theme', redraw)
    return () => removeEventListener('theme', redraw)
  }, [nodes, width])
  const nodeAt = ({ nativeEvent }: PointerEvent): FleetNode | null => {
    const size = grid.cell + grid.gap
    const column = Math.floor(nativeEvent.offsetX / size)
    return column >= grid.perRow ? null : (nodes[Math.floor(nativeEvent.offsetY / size) * grid.perRow + column] ?? null)
  }
  const counts = countsOf(nodes)
  return (
    <figure className="map">
      <figcaption>
        <b>{title}</b> <span className="soft">{nodes.length.toLocaleString()}</span>
        <span className="map-pointed">
          {pointed === null
            ? ''
            : `${pointed.name ?? pointed.uuid}: ${pointed.provision_state}${pointed.reason === null ? '' : `, ${pointed.reason}`}`}
        </span>
      </figcaption>
      <div ref={watch} className="map-frame">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${title}: ${ORDER.map((standing) => `${counts[standing]} ${STANDINGS[standing].label.toLowerCase()}`).join(', ')}`}
          style={{ height: grid.height }}
          onPointerMove={(event) => setPointed(nodeAt(event))}
          onPointerLeave={() => setPointed(null)}
          onPointerUp={(event) => {
            const node = nodeAt(event)
            if (node !== null) go(addressOfNode(node))
          }}
        />
      </div>
    </figure>
  )
}
