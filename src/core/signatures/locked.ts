/**
 * Texts that say that the node or the conductor is busy with something else. Nothing is wrong with the node; waiting is the
 * whole cure. A lock that never goes is seen by its age, not by its text.
 */
import type { Signature } from './signature.ts'

export const LOCKED = [
  {
    name: 'node-locked',
    cause: 'locked',
    transient: 'yes',
    patterns: [/is locked by host/i, /\bNodeLocked\b/],
    why: 'exception.NodeLocked: another task holds the reservation and releases it when it ends.',
    example:
      'Node 11111111-2222-3333-4444-555555555555 is locked by host conductor-9, please retry after the current operation is completed.',
  },
  {
    name: 'concurrent-action-limit',
    cause: 'locked',
    transient: 'yes',
    patterns: [/concurrent action limit/i],
    why: 'exception.ConcurrentActionLimit: as many nodes clean or deploy as the site allows; a place comes free.',
    example: 'Unable to process request at this time. The concurrent action limit for cleaning has been reached.',
  },
] as const satisfies readonly Signature[]
