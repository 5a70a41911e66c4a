/**
 * How nodes stand with us, for whoever hears of them from elsewhere: known at all, and with a case that is open. It reads two indexes and says
 * nothing about their state.
 */
import type { Queries } from './home.ts'

/** Those that no poll or census has listed are left out. Up to 500 nodes at once. */
export async function nodeStandings(db: Queries, cloud: string, uuids: readonly string[]): Promise<Map<string, 'known' | 'in-case'>> {
  if (uuids.length === 0) return new Map()
  const known = await db.selectFrom('nodes').select('uuid').where('cloud', '=', cloud).where('uuid', 'in', uuids).execute()
  const open = await db
    .selectFrom('cases')
    .select('uuid')
    .where('cloud', '=', cloud)
    .where('closedAt', 'is', null)
    .where('uuid', 'in', uuids)
    .execute()
  return new Map([...known.map(({ uuid }) => [uuid, 'known'] as const), ...open.map(({ uuid }) => [uuid, 'in-case'] as const)])
}
