/**
 * The cloud that the fuzz tests of whole passes play on: one node that would be reset now (the bait), and beside it nodes that failed just
 * like it and must never be reset: somebody's instance on it, held, in a person's maintenance, protected, marks that are no list.
 */
import assert from 'node:assert/strict'
import { HOUR, MINUTE } from '../../src/core/policy.ts'
import { OpenStackError } from '../../src/openstack/openstack-error.ts'
import { brokenBy } from '../promises.ts'
import { type SimOperator, type SimOptions, simOperator } from '../sim-operator.ts'
import type { Road } from './services.ts'

export const BAIT = 'bait'
/** Its instance is not recorded in Ironic any more; Nova and Placement still have it. */
const FORGOTTEN = 'forgotten'
const CLAIMED = 'claimed'
export const FAILED = [BAIT, FORGOTTEN, CLAIMED, 'held', 'maintained', 'guarded', 'marked'] as const
const BLIP = 'Failed to tear down: IPMI call failed: power status.'

export type Stage = SimOperator & {
  /** What was logged, as JSON lines. */
  logged: string[]
  /** Passes that broke: a bug, since every answer has a decision. */
  broken(): string[]
}

export async function stage(road: Road, options: SimOptions = {}): Promise<Stage> {
  const active = FAILED.map((name, at) => ({ name, provision_state: 'active', rack: at + 1 }))
  const idle = [{ name: 'idle-ipmi' }, { name: 'idle-redfish', protocol: 'redfish' as const }]
  const op = await simOperator({
    nodes: [...active, ...idle],
    blazar: { kind: 'chameleon', monitor: true },
    between: road.over,
    ...options,
  })
  const logged: string[] = []
  for (const name of [BAIT, 'held']) op.people.lend(name, { from: op.clock.now() + HOUR, until: op.clock.now() + 2 * HOUR })
  road.meddle(true)
  Object.assign(op.world, { log: (...line: unknown[]) => void logged.push(JSON.stringify(line)) })
  return { ...op, logged, broken: () => logged.filter((line) => /pass failed|stumbled/.test(line)) }
}

/** Something that happened to the node before, so that its history is a list. */
export function pastOf(op: SimOperator, name: string): void {
  const event = { severity: 'ERROR', event_type: 'deploy', event: 'Failed to deploy. Error: no.', conductor: 'conductor-1', user: null }
  const days = ['2026-02-01T00:00:00+00:00', '2026-02-03T00:00:00.123456+00:00']
  op.node(name).history.push(...days.map((created_at, at) => ({ ...event, uuid: `past-${at}`, created_at })))
}

/** Everything fails at once; five minutes later the bait's first reset is due. Tokens ended meanwhile, so Keystone is asked again. */
export async function failAll(op: SimOperator): Promise<void> {
  const { row: forgotten } = op.node(FORGOTTEN)
  const { row: claimed } = op.node(CLAIMED)
  const instance = claimed.instance_uuid
  forgotten.instance_uuid = null
  claimed.instance_uuid = null
  for (const name of FAILED) {
    pastOf(op, name)
    op.people.fail(name, BLIP)
  }
  claimed.instance_uuid = instance
  op.people.setExtra('held', 'anneal_hold', 'vendor visit')
  op.people.setMaintenance('maintained', 'swapping a disk')
  op.people.setProtected('guarded', true)
  op.people.setExtra('marked', 'hammer_error_resets', 'often')
  await op.clock.advance(5 * MINUTE)
  op.cloud.state.tokens.clear()
}

/** One sweep; where a list cannot be read it ends with the client's own error, and with none else. */
export async function sweepOrSay(op: Stage): Promise<void> {
  await op.sweep().catch((error: unknown) => {
    if (!(error instanceof OpenStackError)) throw error
    op.logged.push(`sweep ended: ${error.message}`)
  })
}

/** Nothing was sent that the promises forbid; nothing broke. The bait alone may have been reset. */
export async function nothingWrong(op: Stage): Promise<void> {
  assert.deepEqual(op.broken(), [], 'no pass breaks on an answer')
  assert.deepEqual(brokenBy(op.cloud), [], 'promises')
  for (const name of FAILED.slice(1)) assert.equal(op.resets(name), 0, `${name} was reset`)
  await op.close()
}
