/**
 * A reason or a cause as the daemon has it, leading to what the runbook says of it; and how something stands, in a colour and in words.
 */
import { addressOfReason, Link } from '../address.tsx'
import { STANDINGS, type Standing } from '../standing.ts'

export function Slug({ slug }: { slug: string | null }) {
  if (slug === null) return <span className="soft">–</span>
  return (
    <Link to={addressOfReason(slug)} className="slug">
      {slug}
    </Link>
  )
}

export function Stands({ standing }: { standing: Standing }) {
  return <span className={`stands is-${standing}`}>{STANDINGS[standing].label}</span>
}
