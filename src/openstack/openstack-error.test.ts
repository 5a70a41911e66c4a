import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { sample } from './given-cloud.test.ts'
import { faultOf, faultText, isOwnAnswer, OpenStackError } from './openstack-error.ts'

const answer = (body: unknown, status = 500) => ({ status, headers: {}, text: typeof body === 'string' ? body : JSON.stringify(body) })
const recorded = z.record(z.string(), z.object({ status: z.number(), body: z.unknown() })).parse(JSON.parse(sample('error-answers.json')))
const fault = (name: string) => faultOf(answer(recorded[name]?.body, recorded[name]?.status))

test("Ironic's JSON in a JSON text becomes its faultstring", () => {
  assert.equal(fault('unknown-node'), 'Node 00000000-0000-0000-0000-000000000000 could not be found.')
  assert.match(fault('concurrency-limit'), /concurrent action limit for unprovisioning/)
  assert.match(fault('no-live-conductor'), /^Resource temporarily unavailable/)
  assert.match(fault('protected'), /is protected and cannot be undeployed/)
  assert.equal(fault('unknown-route'), 'Not Found')
  assert.match(fault('too-new'), /^Version 1\.999 was requested/)
})

test('each service wraps its words in its own way', () => {
  const forms: [unknown, string][] = [
    [{ NeutronError: { type: 'PortNotFound', message: 'Port p could not be found.', detail: '' } }, 'Port p could not be found.'],
    [{ NeutronError: 'Request Failed: internal server error' }, 'Request Failed: internal server error'],
    [{ itemNotFound: { code: 404, message: 'Instance i could not be found.' } }, 'Instance i could not be found.'],
    [
      { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
      'The request you have made requires authentication.',
    ],
    [
      { errors: [{ status: 404, title: 'Not Found', detail: 'No resource provider with uuid x found' }] },
      'No resource provider with uuid x found',
    ],
    [{ error_code: 409, error_message: 'Not enough hosts available.', error_name: 'NotEnoughHosts' }, 'Not enough hosts available.'],
    [{ error_message: { faultcode: 'Client', faultstring: 'plainly nested', debuginfo: null } }, 'plainly nested'],
    [
      '<html><head><title>503 Service Unavailable</title></head><body><h1>503</h1>The Keystone service is\n temporarily unavailable.</body></html>',
      '503 The Keystone service is temporarily unavailable.',
    ],
    ['<html><head><title>504 Gateway Time-out</title></head><body></body></html>', '504 Gateway Time-out'],
    ['upstream connect error\nor disconnect', 'upstream connect error or disconnect'],
    ['', 'HTTP 500 without a text.'],
    [{}, 'HTTP 500 with JSON that holds no message.'],
  ]
  for (const [body, sentence] of forms) assert.equal(faultOf(answer(body)), sentence)
})

test('a sentence is one line of at most 300 characters and holds no user of an address', () => {
  const sentence = faultOf(answer(`failed at http://admin:secret@db.test/x ${'y\n'.repeat(1000)}`))
  assert.ok(sentence.length <= 300)
  assert.doesNotMatch(sentence, /secret|\n/)
})

test("a service's own no is told apart from a proxy's page", () => {
  assert.equal(isOwnAnswer(answer(recorded['no-live-conductor']?.body, 503)), true)
  assert.equal(isOwnAnswer(answer('<html><body>503</body></html>', 503)), false)
  assert.equal(isOwnAnswer(answer('', 503)), false)
})

test('its message says what was attempted, on what, and what came back', () => {
  const error = new OpenStackError({
    service: 'baremetal',
    method: 'PUT',
    path: '/v1/nodes/n/states/provision',
    status: 409,
    phase: null,
    requestId: 'req-1',
    sentence: 'Node n is locked.',
    text: 'Node n is locked.',
  })
  assert.equal(error.message, 'PUT baremetal /v1/nodes/n/states/provision: 409: Node n is locked.')
})

test('a body of nothing but wrappers holds no message, however many they are', () => {
  for (const text of [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, `${'{"error":'.repeat(50_000)}1${'}'.repeat(50_000)}`]) {
    assert.equal(faultOf(answer(text)), 'HTTP 500 with JSON that holds no message.')
  }
})

test('a page of megabytes is read, whatever tags it begins and never ends', () => {
  for (const bit of ['<', '<script ', '<style>', '<body', '<title>', '&amp;', '//']) {
    assert.ok(faultOf(answer(`<html>${bit.repeat(1_000_000 / bit.length)}`)).length <= 300, bit)
  }
  assert.equal(faultOf(answer('<html><body><script>x<y</script ><p>5 &lt; 6<style>p{}</style> <br/>ok')), '5 6 ok')
})

test('a document in place of an error is not repeated, whole or cut off: it may hold driver_info', () => {
  const node = JSON.stringify({ uuid: 'u', driver_info: { vendor_key: 'hunter2' }, extra: { message: 'hunter2' } })
  for (const text of [node, node.slice(0, -9), `[${node}]`, `{"node": ${node}}`]) {
    assert.equal(faultOf(answer(text)), 'HTTP 500 with JSON that holds no message.', text)
    assert.equal(faultText(answer(text)), '')
  }
})

test('an error is short and on one line, whatever it names', () => {
  const long = `n\n${'x'.repeat(1_000_000)}`
  const error = new OpenStackError({
    ...{ service: 'compute', method: 'GET', path: `/servers/${long}`, status: 200, phase: null, requestId: null },
    sentence: `The answer is about ${long}.`,
    text: long,
  })
  assert.ok(error.sentence.length <= 300 && error.path.length <= 300 && error.message.length <= 700 && error.text.length <= 4096)
  assert.doesNotMatch(error.message, /\n/)
})
