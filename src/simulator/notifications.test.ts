/** What the simulated Ironic says is what a real one was recorded to say, but for announcements of what is only about to begin. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { SECOND } from '../core/policy.ts'
import { simulatedCloud } from './cloud.ts'
import { notificationsOf } from './notifications.ts'
import { seededRandom } from './seeded.ts'
import { virtualClock } from './virtual-clock.ts'

const Recorded = z.array(z.object({ story: z.string(), body: z.string() }))
const recorded = Recorded.parse(JSON.parse(readFileSync(new URL('../../test/samples/ironic/notifications.json', import.meta.url), 'utf8')))

const Envelope = z.object({ 'oslo.version': z.literal('2.0'), 'oslo.message': z.string() })
const Data = z.looseObject({ uuid: z.string(), provision_state: z.string(), maintenance: z.boolean(), fault: z.string().nullable() })
const Message = z.object({
  event_type: z.string(),
  priority: z.enum(['INFO', 'ERROR']),
  timestamp: z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/),
  payload: z.object({ 'ironic_object.name': z.string(), 'ironic_object.data': Data }),
})

const messageIn = (body: string) => Message.parse(JSON.parse(Envelope.parse(JSON.parse(body))['oslo.message']))

/** Event, priority, payload's kind and the state of the node that it tells of. */
function told(body: string): string {
  const { event_type, priority, payload } = messageIn(body)
  const { provision_state, maintenance, fault } = payload['ironic_object.data']
  return [event_type, priority, payload['ironic_object.name'], provision_state, maintenance, fault].join(' ')
}

const real = (story: string): string[] =>
  recorded
    .filter((one) => one.story === story)
    .map(({ body }) => told(body))
    .filter((line) => !line.includes('power_set.start'))

function listened() {
  const clock = virtualClock({ start: Date.parse('2026-03-01T00:00:00Z') })
  const cloud = simulatedCloud({ nodes: 2, random: seededRandom(1), clock, ironic: { powerSyncMs: 10 * SECOND, automatedClean: false } })
  const heard: string[] = []
  notificationsOf(cloud.state, (body, { uuid, provision_state, event, priority }) => {
    const text = new TextDecoder().decode(body)
    heard.push(told(text))
    const { payload, ...said } = messageIn(text)
    const data = payload['ironic_object.data']
    assert.deepEqual(
      [`baremetal.node.${event}`, priority, uuid, provision_state],
      [said.event_type, said.priority, data.uuid, data.provision_state],
    )
  })
  const taken = (): string[] => heard.splice(0)
  return { clock, cloud, taken }
}

test('a failed tear-down and its retry', async () => {
  const { clock, cloud, taken } = listened()
  cloud.people.bmc('node-1', 'rejecting')
  void cloud.people.verb('node-1', 'deleted')
  await clock.advance(20 * SECOND)
  assert.deepEqual(taken().filter(isAboutTearDown), real('failed tear-down'))
  cloud.people.bmc('node-1', 'ok')
  void cloud.people.verb('node-1', 'deleted')
  await clock.advance(20 * SECOND)
  assert.deepEqual(taken().filter(isAboutTearDown), real('its retry'))
})

/** Nova and Ironic write an instance off as well, which is an update and was recorded without a Nova. */
const isAboutTearDown = (line: string): boolean => !line.includes('.update.')

test('maintenance, a patch, and power sync that gives up and recovers', async () => {
  const { clock, cloud, taken } = listened()
  cloud.people.undeploy('node-1')
  await clock.advance(60 * SECOND)
  taken()
  cloud.people.setMaintenance('node-1', 'cable check')
  cloud.people.clearMaintenance('node-1')
  assert.deepEqual(taken().map(eventOf), real('maintenance set and cleared').map(eventOf))
  cloud.people.setExtra('node-1', 'note', 'mine')
  assert.deepEqual(taken().map(eventOf), real('a patch of extra').map(eventOf))
  cloud.people.bmc('node-2', 'silent')
  await clock.advance(120 * SECOND)
  cloud.people.bmc('node-2', 'ok')
  await clock.advance(600 * SECOND)
  assert.deepEqual(taken().map(eventOf), real('power sync gives up, and recovers').map(eventOf))
})

const eventOf = (line: string): string => line.split(' ').slice(0, 2).join(' ')

test('a killed conductor says nothing, and speaks of what it had in hand when it is back', async () => {
  const { clock, cloud, taken } = listened()
  cloud.people.bmc('node-1', 'rejecting')
  void cloud.people.verb('node-1', 'deleted')
  await clock.advance(SECOND)
  taken()
  cloud.people.killConductor('conductor-1')
  await clock.advance(60 * SECOND)
  assert.deepEqual(taken(), [])
  cloud.people.startConductor('conductor-1')
  assert.deepEqual(taken().map(eventOf), ['baremetal.node.provision_set.error ERROR'])
})
