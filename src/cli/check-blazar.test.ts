/** What `anneal check` says of Blazars as they were recorded, under each mode that anneal.yaml may name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blazarAnswer } from '../../test/recorded-blazar.ts'
import { DEFAULT_POLICY, type Policy } from '../core/policy.ts'
import { type Answer, givenCloud } from '../openstack/given-cloud.test.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { blazarSaying } from './check-blazar.ts'

const AT = { endpointOverrides: { reservation: 'http://blazar.test/v1' } }

async function said(hosts: Answer, allocations: Answer, blazar: Partial<Policy['blazar']> = {}) {
  const { session } = givenCloud({ 'GET blazar.test/v1/os-hosts': hosts, 'GET blazar.test/v1/os-hosts/allocations': allocations }, AT)
  return await blazarSaying({ config: { policy: { blazar: { ...DEFAULT_POLICY.blazar, ...blazar } } }, services: session })
}
const recorded = (server: 'upstream' | 'chameleon', blazar: Partial<Policy['blazar']> = {}) =>
  said(blazarAnswer(server, '02-list-hosts'), blazarAnswer(server, '13-list-allocations'), blazar)

test('it names the Blazar, says how many hosts are shown, and which modes it can serve', async () => {
  const upstream = await recorded('upstream')
  assert.equal(upstream.verdict, 'pass')
  assert.match(upstream.message, /^upstream Blazar, 3 hosts .* are shown; .* only mode observe is possible$/)
  const chameleon = await recorded('chameleon')
  assert.equal(chameleon.verdict, 'pass')
  assert.match(chameleon.message, /^Chameleon's Blazar, 4 hosts .*mode chameleon is possible where its monitor runs$/)
})

test('mode chameleon passes on the fork with its monitor on, warns where that is not known, and fails where it cannot be', async () => {
  const mode = 'chameleon'
  const verdicts = async (server: 'upstream' | 'chameleon', monitor: Policy['blazar']['monitor']) => {
    const { verdict, isConfiguration } = await recorded(server, { mode, monitor })
    return `${verdict} ${isConfiguration}`
  }
  assert.equal(await verdicts('chameleon', 'on'), 'pass false')
  assert.equal(await verdicts('chameleon', 'unknown'), 'warn false')
  assert.equal(await verdicts('chameleon', 'off'), 'fail true')
  assert.equal(await verdicts('upstream', 'on'), 'fail true')
})

test('a Blazar without hosts does not show what it is, which matters only where more than observing is wanted', async () => {
  const [hosts, allocations] = [{ body: { hosts: [] } }, { body: { allocations: [] } }]
  assert.deepEqual(
    [(await said(hosts, allocations)).verdict, (await said(hosts, allocations, { mode: 'chameleon' })).verdict],
    ['pass', 'warn'],
  )
})

test('a credential that may not see hosts is told so, with what to do; a Blazar that fails is left to the words for any service', async () => {
  const forbidden = await said(blazarAnswer('upstream', '20-list-hosts-403'), blazarAnswer('upstream', '20-list-allocations-403'))
  assert.equal(forbidden.verdict, 'warn')
  assert.match(forbidden.message, /may not see its hosts and allocations \(Policy doesn't allow blazar:oshosts:get/)
  const half = await said(blazarAnswer('upstream', '02-list-hosts'), blazarAnswer('upstream', '20-list-allocations-403'))
  assert.equal(half.verdict, 'warn')
  const broken = blazarAnswer('upstream', '34-put-reservable-null')
  await assert.rejects(said(broken, broken), OpenStackError)
})

test('it is not asked where it is left out or not in the catalog', async () => {
  const never = new OpenStackError({
    service: 'reservation',
    method: 'GET',
    path: '/',
    status: null,
    phase: null,
    requestId: null,
    sentence: '',
    text: '',
  })
  const asked = () => assert.fail(never)
  const { session } = givenCloud({})
  const none = await blazarSaying({ config: { policy: { blazar: DEFAULT_POLICY.blazar } }, services: session })
  assert.equal(none.message, 'none in the catalog')
  const off = {
    config: { policy: { blazar: { ...DEFAULT_POLICY.blazar, mode: 'off' as const } } },
    services: { ...session, request: asked, endpoint: asked },
  }
  assert.equal((await blazarSaying(off)).message, 'left out by blazar.mode: off')
})
