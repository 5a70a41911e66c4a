/**
 * What Nova's words about one server mean: it lives, is being deleted, or is deleted. Whether anything lives on a node stands in tenant.ts.
 */
import type { NovaSeen, ServerSeen } from './observation.ts'
import { parseTime } from './when.ts'

/** Rows 14 and 15 of the decision table are the only servers that do not count as living. */
export function fate(server: ServerSeen): 'live' | 'deleted' | 'dying' {
  // Nova makes the one of the other (common.py, `_STATE_MAP`); an answer that contradicts itself is a doubt.
  if (server.status === 'DELETED') return server.vm_state === null || server.vm_state === 'deleted' ? 'deleted' : 'live'
  // SOFT_DELETED can be restored; UNKNOWN is Nova's word for a cell that does not answer.
  if (server.status === 'SOFT_DELETED' || server.status === 'UNKNOWN' || server.lastAction?.action !== 'delete') return 'live'
  if (server.task_state === 'deleting') return 'dying'
  if (server.status !== 'ERROR') return 'live'
  const deletedAt = parseTime(server.lastAction.start_time)
  const launchedAt = parseTime(server.launched_at)
  // A server never launched (null) cannot have been deployed again since; a time that cannot be read is no such word.
  const isSince = server.launched_at === null || (launchedAt !== null && deletedAt !== null && deletedAt > launchedAt)
  return deletedAt !== null && isSince ? 'dying' : 'live'
}

export const inWords = (server: ServerSeen): string =>
  `status ${server.status}${server.task_state ? `, task ${server.task_state}` : ''}, last action ${server.lastAction?.action ?? 'not listed'}`

/** Those that Nova listed on the node or showed for the instance that Ironic records; what it knows nothing of is none. */
export const serversOf = ({ byNode, byId }: NovaSeen): ServerSeen[] => [...byNode, ...(byId !== null && byId !== 'gone' ? [byId] : [])]
