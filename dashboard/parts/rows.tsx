/**
 * A long list of which only what is in view is drawn: ten thousand rows cost what thirty do. A table in its roles, so that it is read as
 * one; its columns lie on a grid that the style sheet lays out, also for a phone.
 */
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'

export type Column<T> = { name: string; cell: (row: T) => ReactNode; sort?: string }
type Sorted = { by: string; descending: boolean; choose: (by: string) => void }

type Rows<T> = {
  label: string
  /** Names the grid in the style sheet. */
  layout: string
  rows: readonly T[]
  keyOf: (row: T) => string
  columns: readonly Column<T>[]
  sorted?: Sorted
  /** The end has come into view. */
  onEnd?: () => void
}

const ROW_PX = 40

export function Rows<T>({ label, layout, rows, keyOf, columns, sorted, onEnd }: Rows<T>) {
  const body = useRef<HTMLDivElement>(null)
  const [margin, setMargin] = useState(0)
  // What stands above the list may change its height.
  useLayoutEffect(() => setMargin(body.current?.offsetTop ?? 0))
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: margin,
    getItemKey: (at) => {
      const row = rows[at]
      return row === undefined ? at : keyOf(row)
    },
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? -1
  useLayoutEffect(() => {
    if (rows.length > 0 && last >= rows.length - 1) onEnd?.()
  }, [last, rows.length, onEnd])
  return (
    <div className={`rows rows-${layout}`} role="table" aria-label={label} aria-rowcount={rows.length + 1}>
      <div className="rows-head" role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <ColumnHead key={column.name} name={column.name} sort={column.sort} sorted={sorted} />
        ))}
      </div>
      <div ref={body} className="rows-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              className="row"
              role="row"
              aria-rowindex={index + 2}
              style={{ transform: `translateY(${start - margin}px)` }}
            >
              {columns.map(({ name, cell }) => (
                <div key={name} role="cell" className="cell" data-name={name}>
                  {cell(row)}
                </div>
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function ColumnHead({ name, sort, sorted }: { name: string; sort: string | undefined; sorted: Sorted | undefined }) {
  if (sort === undefined || sorted === undefined)
    return (
      <div role="columnheader" className="cell">
        {name}
      </div>
    )
  const isBy = sorted.by === sort
  const order = isBy ? (sorted.descending ? 'descending' : 'ascending') : 'none'
  return (
    <div role="columnheader" className="cell" aria-sort={order}>
      <button type="button" className="sort" onClick={() => sorted.choose(sort)}>
        {name} <span aria-hidden="true">{isBy ? (sorted.descending ? '↓' : '↑') : ''}</span>
      </button>
    </div>
  )
}
