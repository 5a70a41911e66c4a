/**
 * Everything one cloud's passes need, put together once by main. Plain data and functions; nothing is built here.
 */
import type { Policy } from '../core/policy.ts'
import type { Seams } from '../core/seams.ts'
import type { ObserveWorld } from '../observe/world.ts'
import type { Blazar } from '../openstack/blazar.ts'
import type { Ironic } from '../openstack/ironic.ts'
import type { Store } from '../store/store.ts'

export type CloudWorld = {
  cloud: string
  policy: Policy
  /** What `enrol` was told of this policy; null where no other process can put another one in force. */
  policyHash: string | null
  ironic: Ironic
  blazar: Blazar
  eyes: ObserveWorld
  store: Store
  seams: Seams
  /** One line for the log: static message, variable parts as fields. Never a secret. */
  log: Log
}

export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void
