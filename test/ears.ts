/** The ear of an operator over a simulated cloud, at a broker without sockets; and the road from Ironic's writes to such brokers. */
import { type Ear, ear } from '../src/controller/hear.ts'
import { MINUTE, SECOND } from '../src/core/policy.ts'
import { notificationsOf } from '../src/simulator/notifications.ts'
import type { FakeBroker } from './fake-broker.ts'
import type { SimOperator } from './sim-operator.ts'

/** Polls every `pollMs`, and every `stretched` while its notifications prove alive. */
export function earAt(op: SimOperator, broker: FakeBroker, o: { pollMs?: number; stretched?: number } = {}): Ear {
  const { pollMs = 15 * SECOND, stretched = MINUTE } = o
  const brokers = [{ host: 'rabbit', port: 5672, user: '', password: '', vhost: '/', tls: null }]
  return ear({
    cloud: op.world.cloud,
    plan: { brokers, exchange: 'ironic', topics: ['t'], poll: stretched },
    pollMs,
    store: op.store,
    seams: op.world.seams,
    subscribe: broker.subscribe,
    log: op.world.log,
  })
}

/** What the road does to a message: so many copies, each so much later. */
export type Road = (body: Uint8Array) => number[]

/** From now on these brokers get what Ironic says. */
export function saysTo(op: SimOperator, brokers: readonly FakeBroker[], road: Road = () => [0]): void {
  notificationsOf(op.cloud.state, (body) => {
    for (const late of road(body)) op.clock.after(late, () => brokers.forEach((broker) => void broker.publish(body)))
  })
}

/** Something that Ironic announces and that concerns nobody here. */
export const chatter = (op: SimOperator): void => op.people.setExtra('node-3', 'note', String(op.clock.now()))
