/**
 * The check of notifications: each broker is connected to as `run` would, through a queue of our own that is gone afterwards, and Ironic's own
 * queues are looked at. Nothing depends on notifications but how soon something is seen, so that only what a person has to correct fails.
 */
import type { CloudConfig } from '../config.ts'
import { BrokerError, brokerName, type LookAtQueues, type Subscribe } from '../controller/broker.ts'
import { type HearingPlan, routingKeys } from '../controller/hear.ts'
import type { NewId } from '../core/seams.ts'
import { type Checked, fail, pass, type Saying, warn } from './checked.ts'

type With = { subscribe: Subscribe; lookAtQueues: LookAtQueues; newId: NewId; pollMs: number }

/** One line for each cloud, or one for all where none has any. Brokers are asked one after the other. */
export async function checkNotifications(
  clouds: readonly { config: Pick<CloudConfig, 'name' | 'notifications'> }[],
  asked: With,
): Promise<Checked[]> {
  const name = 'notifications'
  const polled = `the failed states are polled every ${asked.pollMs / 1000} s`
  if (clouds.every(({ config }) => config.notifications === null)) return [{ cloud: '-', name, ...pass(`not listened to; ${polled}`) }]
  const lines: Checked[] = []
  for (const { config } of clouds) {
    const { notifications: plan, name: cloud } = config
    lines.push({ cloud, name, ...(plan === null ? pass(`not listened to; ${polled}`) : await look(plan, { ...asked, cloud })) })
  }
  return lines
}

async function look(plan: HearingPlan, asked: With & { cloud: string }): Promise<Saying> {
  const errors: BrokerError[] = []
  const reached: HearingPlan['brokers'][number][] = []
  for (const broker of plan.brokers) {
    const error = await tryBroker(broker, plan, asked)
    if (error === null) reached.push(broker)
    else errors.push(error)
  }
  const failed = errors.map(({ message }) => message).join('; ')
  const wrong = errors.find(({ kind }) => kind === 'refused')
  if (wrong !== undefined)
    return fail(wrong.message, 'Correct user, password and vhost, or grant the permissions that docs/listening.md names.')
  const missing = errors.find(({ kind }) => kind === 'no-exchange')
  if (missing !== undefined)
    return warn(
      missing.message,
      'Ironic makes its exchange with its first notification; until then only polls find anything. Else correct exchange.',
    )
  const [first] = reached
  if (first === undefined) return warn(`${failed}: only polls find anything meanwhile`, 'Look at the brokers, and at the way to them.')
  const heard = `heard at ${reached.map(brokerName).join(', ')} from exchange ${plan.exchange} by ${plan.topics.join(', ')}`
  if (failed !== '') return warn(`${heard}; ${failed}`, 'Look at the brokers that are named.')
  const piled = (await asked.lookAtQueues(first, routingKeys(plan.topics))).filter(
    ({ messages, consumers }) => messages > 0 && consumers === 0,
  )
  if (piled.length === 0) return pass(heard)
  const which = piled.map(({ queue, messages }) => `${queue} ${messages}`).join(', ')
  return warn(
    `${heard}. Messages that nobody reads pile up in Ironic's own queues: ${which}`,
    'Give them a reader, or a policy with max-length.',
  )
}

async function tryBroker(broker: HearingPlan['brokers'][number], plan: HearingPlan, { subscribe, newId, cloud }: With & { cloud: string }) {
  const end = new AbortController()
  try {
    const what = { exchange: plan.exchange, keys: routingKeys(plan.topics), queue: `anneal.${cloud}.check.${newId()}`, prefetch: 1 }
    const { closed } = await subscribe(broker, what, { message: async () => true, signal: end.signal })
    end.abort()
    await closed
    return null
  } catch (error) {
    // A check is there to say what goes wrong with the broker.
    if (error instanceof BrokerError) return error
    throw error
  }
}
