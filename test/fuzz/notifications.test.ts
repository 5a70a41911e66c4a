/**
 * What a message bus may carry: whatever it is, reading it never throws, and what is read off it is a uuid, one of a few words and a short state. A
 * broken copy of a recorded message is read as a message or put aside.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { z } from 'zod'
import { ASIDES, NODE_EVENTS, readOsloMessage } from '../../src/openstack/oslo-message.ts'
import { fuzz } from './runs.ts'
import { spelt, strangeBody, strangeValue } from './strange.ts'

const Recorded = z.array(z.object({ body: z.string() }))
const recorded = Recorded.parse(JSON.parse(readFileSync(new URL('../samples/ironic/notifications.json', import.meta.url), 'utf8')))

function isSound(body: Uint8Array): void {
  const read = readOsloMessage(body)
  if (read.kind === 'aside') assert.ok(ASIDES.includes(read.why))
  if (read.kind !== 'node') return
  assert.match(read.uuid, /^[0-9a-f-]{36}$/)
  assert.ok(read.event === 'other' || NODE_EVENTS.includes(read.event))
  assert.ok(read.provision_state === null || read.provision_state.length <= 64)
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(spelt(text))

fuzz('any bytes', fc.uint8Array({ maxLength: 300 }), { runs: 300 }, isSound)
fuzz('any body that a server may send', strangeBody, { runs: 300 }, (body) => isSound(bytes(body)))
fuzz(
  'an envelope with anything in it',
  fc.record({ event_type: fc.oneof(fc.constant('baremetal.node.update.end'), strangeValue), payload: strangeValue }),
  { runs: 300 },
  (message) => isSound(bytes(JSON.stringify({ 'oslo.message': JSON.stringify(message) ?? '' }))),
)
fuzz(
  'a recorded message that is cut, or has bytes of it changed',
  fc.record({
    which: fc.nat(recorded.length - 1),
    cut: fc.integer({ min: 0, max: 4_000 }),
    at: fc.nat(3_000),
    to: fc.nat(255),
  }),
  { runs: 500 },
  ({ which, cut, at, to }) => {
    const body = new TextEncoder().encode(recorded[which]?.body ?? '').slice(0, cut)
    if (at < body.length) body[at] = to
    isSound(body)
  },
)
