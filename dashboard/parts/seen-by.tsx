/**
 * Who has seen a case or an incident as it stands now, when, and what they say of it.
 */
import type { ListedCase } from '../api/answers.ts'
import { When } from './time.tsx'

export function SeenBy({ by: said }: { by: ListedCase['acknowledged'] }) {
  if (said === null) return null
  return (
    <span className="soft">
      seen by {said.by} <When at={said.at} />: {said.why}
    </span>
  )
}
