/**
 * All that the routes may touch, put together once by whoever starts the server. Plain data and functions; nothing is built here.
 */
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Configured } from '../commands/list-policies.ts'
import type { CanaryState } from '../core/canary.ts'
import type { Hardware } from '../core/hardware.ts'
import type { Credentials, LoginAnswer } from '../core/login.ts'
import type { Policy } from '../core/policy.ts'
import type { Clock, NewSecret } from '../core/seams.ts'
import type { NodeKey } from '../core/seen.ts'
import type { Records } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { DashboardFiles } from './dashboard-files.ts'
import type { Metrics } from './metrics.ts'

export type Login = {
  /** Asks Keystone; null: tokens alone let in. */
  keystone: ((credentials: Credentials) => Promise<LoginAnswer>) | null
  /** Proxies of ours, whose X-Forwarded-* is believed. */
  isProxy(address: string): boolean
  newSecret: NewSecret
  /** Of who may log in as what: a session that was begun under another configuration is over. */
  configHash: string
}

export type HttpWorld = {
  store: Store
  /** By which streams wait; times that are told are the store's. */
  clock: Clock
  version: string
  /** The clouds that this process watches, each with its policy. */
  clouds: readonly Configured[]
  policyOf(cloud: string): Policy
  /** What is on record, for reading alone; whoever opens it closes it. null: there is no file. */
  records(): Promise<Records | null>
  /** Which machine a node is: reads of Ironic, for an evidence bundle alone. */
  hardwareOf(node: NodeKey): Promise<Hardware>
  metrics: Metrics
  dashboard: DashboardFiles
  /** null: whoever reaches it may do everything, which only this machine may. */
  login: Login | null
  /** Every cloud is watched. */
  isReady(): boolean
  /** How the self-canaries of the clouds fare. */
  canaries(): readonly CanaryState[]
  log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>
