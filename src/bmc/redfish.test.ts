/** What a Redfish service root's answer, or the lack of one, says about a BMC. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpRequest } from '../core/seams.ts'
import { TransportError } from '../core/seams.ts'
import { lookAtRedfish, serviceRootUrl } from './redfish.ts'

const address = { host: '10.0.0.9', port: 443 }
const clock = { now: () => 5000, monotonic: () => 0, sleep: async () => {} }

const answering = (status: number, text = '') => ({ clock, transport: async () => ({ status, headers: {}, text }) })
const failing = (phase: 'before' | 'after', message: string) => ({
  clock,
  transport: async (request: HttpRequest) => Promise.reject(new TransportError(phase, `${request.method} ${request.url}: ${message}`)),
})

/** The kind of look, or `unknown`. */
async function kindOf(seams: Parameters<typeof lookAtRedfish>[1]): Promise<string> {
  const look = await lookAtRedfish(address, seams)
  return look.kind === 'known' ? look.value.kind : look.kind
}

test('a service root answers; a page that is none is faulty', async () => {
  assert.equal(await kindOf(answering(200, '{"RedfishVersion":"1.6.0"}')), 'answers')
  assert.equal(await kindOf(answering(200, '{"@odata.id":"/redfish/v1/"}')), 'answers')
  for (const page of ['', '<html>log in</html>', '[]', 'null', '{"name":"printer"}'])
    assert.equal(await kindOf(answering(200, page)), 'faulty')
})

test('a BMC that wants a login still answers, and the status is named', async () => {
  for (const status of [301, 401, 403, 429]) {
    const look = await lookAtRedfish(address, answering(status))
    assert.ok(look.kind === 'known' && look.value.kind === 'answers')
    assert.match(look.value.detail, new RegExp(`${status}`))
  }
})

test('a server error is faulty, and so is a server without a root, which every Redfish service has', async () => {
  assert.equal(await kindOf(answering(404, '{"error":"not found"}')), 'faulty')
  assert.equal(await kindOf(answering(500)), 'faulty')
  assert.equal(await kindOf(answering(503)), 'faulty')
})

test('no answer is read by how it failed to come', async () => {
  assert.equal(await kindOf(failing('before', 'connect ECONNREFUSED 10.0.0.9:443')), 'refusing')
  assert.equal(await kindOf(failing('before', 'connection refused')), 'refusing')
  assert.equal(await kindOf(failing('before', 'no connection within 5000 ms')), 'silent')
  assert.equal(await kindOf(failing('after', 'no complete answer within 10000 ms')), 'silent')
  assert.equal(await kindOf(failing('before', 'connect ENETUNREACH 10.0.0.9:443')), 'unknown')
  assert.equal(await kindOf(failing('before', 'getaddrinfo ENOTFOUND bmc-9')), 'unknown')
  assert.equal(await kindOf(failing('after', 'other side closed')), 'faulty')
})

test('one that takes the connection and says nothing is silent all the same, and hangs', async () => {
  const hangs = async (phase: 'before' | 'after') => {
    const look = await lookAtRedfish(address, failing(phase, 'no complete answer within 10000 ms'))
    return look.kind === 'known' ? [look.value.kind, look.value.hangs] : []
  }
  assert.deepEqual(await hangs('after'), ['silent', true])
  assert.deepEqual(await hangs('before'), ['silent', undefined])
})

test('an address that no web address can hold is not asked, and not called faulty', async () => {
  const look = await lookAtRedfish({ host: 'fe80::1%eth0', port: 443 }, answering(200))
  assert.ok(look.kind === 'unknown')
  assert.match(look.reason, /^no-route-from-here: fe80::1%eth0/)
})

test('an IPv6 address is put in brackets', () => {
  assert.equal(serviceRootUrl({ host: 'fd00::9', port: 8443 }), 'https://[fd00::9]:8443/redfish/v1/')
})

test('a BMC that Ironic speaks to without TLS is asked without TLS', () => {
  assert.equal(serviceRootUrl({ host: '10.0.0.9', port: 8000, scheme: 'http' }), 'http://10.0.0.9:8000/redfish/v1/')
})
