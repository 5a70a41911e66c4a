/**
 * What stands in place of an answer: that it is on its way, that there is nothing, or why there is none and what to do.
 */
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Refusal } from '../api/ask.ts'

/** Shows the answer; an old one stays where a newer one cannot be had. */
export function Answered<T>({ query, children }: { query: UseQueryResult<T>; children: (answer: T) => ReactNode }) {
  const { data, error, isPending, refetch } = query
  if (data !== undefined)
    return (
      <>
        {error === null ? null : <Trouble error={error} retry={() => void refetch()} />}
        {children(data)}
      </>
    )
  if (isPending) return <div className="pending" role="status" aria-label="Asking" />
  return error === null ? null : <Trouble error={error} retry={() => void refetch()} />
}

export function Trouble({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div className="trouble" role="alert">
      <p>
        <strong>{error.message}</strong> {error instanceof Refusal ? error.fix : ''}
      </p>
      {retry === undefined ? null : (
        <Button variant="link" isInline onClick={retry}>
          Ask again
        </Button>
      )}
    </div>
  )
}

export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="nothing">
      <p className="nothing-title">{title}</p>
      {children === undefined ? null : <p>{children}</p>}
    </div>
  )
}

export function Section({ title, count, aside, children }: { title: string; count?: number; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="section" aria-label={title}>
      <header className="section-head">
        <h2>
          {title} {count === undefined ? null : <span className="count">{count}</span>}
        </h2>
        {aside}
      </header>
      {children}
    </section>
  )
}

export function Heading({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <header className="page-head">
      <h1 tabIndex={-1}>{title}</h1>
      {children === undefined ? null : <div className="lead">{children}</div>}
    </header>
  )
}
