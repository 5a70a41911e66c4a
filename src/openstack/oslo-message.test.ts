/** What is read from a message of Ironic's: as a lab's RabbitMQ delivered them, and broken in each way that a message can be. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { type OsloMessage, readOsloMessage } from './oslo-message.ts'

const Recorded = z.array(z.object({ story: z.string(), routing_key: z.string(), body: z.string() }))
const recorded = Recorded.parse(JSON.parse(readFileSync(new URL('../../test/samples/ironic/notifications.json', import.meta.url), 'utf8')))

const read = (text: string): OsloMessage => readOsloMessage(new TextEncoder().encode(text))
const wrapped = (message: unknown): string => JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) })
const UUID = '9b3b6618-0449-5cf4-ba1a-1bd2727132bc'
const message = (event_type: string, data: unknown = { uuid: UUID, provision_state: 'error' }) => ({
  event_type,
  payload: { 'ironic_object.data': data },
})
const inWords = (read: OsloMessage): string => {
  if (read.kind === 'node') return `${read.event}.${read.phase} ${read.provision_state}`
  return read.kind === 'aside' ? `aside: ${read.why}` : read.kind
}

test('a failed tear-down, as it was recorded, is said to have led to error, and its retry to available', () => {
  const of = (story: string) => recorded.filter((one) => one.story === story).map(({ body }) => inWords(read(body)))
  assert.deepEqual(of('failed tear-down'), [
    'provision_set.start deleting',
    'power_set.start deleting',
    'power_set.error deleting',
    'provision_set.error error',
  ])
  assert.deepEqual(of('its retry'), [
    'provision_set.start deleting',
    'power_set.start deleting',
    'power_set.end deleting',
    'provision_set.success cleaning',
    'provision_set.end available',
  ])
  assert.deepEqual(of('power sync gives up, and recovers'), [
    'power_state_corrected.success active',
    'power_state_corrected.success active',
  ])
})

test('every recorded message names its node, and its routing key is its priority', () => {
  for (const { body, routing_key } of recorded) {
    const found = read(body)
    assert.equal(found.kind, 'node')
    assert.equal(routing_key.split('.')[1], found.kind === 'node' && found.phase === 'error' ? 'error' : 'info')
  }
})

test('the older driver, which sends no envelope, is read as well', () => {
  assert.equal(inWords(read(JSON.stringify(message('baremetal.node.provision_set.error')))), 'provision_set.error error')
})

const BROKEN: [what: string, text: string, why: string][] = [
  ['no JSON', 'Zm9v', 'aside: not-json'],
  ['nothing', '', 'aside: not-json'],
  ['JSON that is no object', '[1]', 'aside: not-oslo'],
  ['an envelope around nothing', '{"oslo.version":"2.0"}', 'aside: not-oslo'],
  ['an envelope around broken JSON', '{"oslo.message":"{"}', 'aside: not-oslo'],
  ['an envelope around an object in place of a text', '{"oslo.message":{}}', 'aside: not-oslo'],
  ["another service's event", wrapped(message('compute.instance.update')), 'aside: unknown-event'],
  ['an event of no phase that Ironic has', wrapped(message('baremetal.node.update.middle')), 'aside: unknown-event'],
  ['an event of a port', wrapped(message('baremetal.port.create.end', { uuid: UUID })), 'beside'],
  ['an event of a node that is not known here', wrapped(message('baremetal.node.novel_set.end')), 'other.end error'],
  ['no payload', wrapped({ event_type: 'baremetal.node.update.end' }), 'aside: not-oslo'],
  ['a payload of another kind', wrapped({ event_type: 'baremetal.node.update.end', payload: [] }), 'aside: no-node'],
  ['a uuid that is none', wrapped(message('baremetal.node.update.end', { uuid: `${UUID}'; drop` })), 'aside: no-node'],
  ['a state that is no text', wrapped(message('baremetal.node.update.end', { uuid: UUID, provision_state: {} })), 'aside: no-node'],
  ['a node without a state', wrapped(message('baremetal.node.update.end', { uuid: UUID })), 'update.end null'],
  ['more than a megabyte', wrapped(message('baremetal.node.update.end', { uuid: UUID, extra: 'x'.repeat(1024 * 1024) })), 'aside: huge'],
]

for (const [what, text, why] of BROKEN) test(`${what}: ${why}`, () => assert.equal(inWords(read(text)), why))

test('bytes that are no text are put aside', () => {
  assert.equal(inWords(readOsloMessage(Uint8Array.from([0xff, 0xfe, 0x00, 0x80]))), 'aside: not-json')
})
