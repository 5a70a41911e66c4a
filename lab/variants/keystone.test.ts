/**
 * Proves the lab's variant with a real Keystone: brings it up itself, logs in as each kind of user through the clouds.yaml that a
 * scenario gets, and asks what Ironic lets it do. Leaves the lab up with Keystone.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { desk, type Login } from '../anneal.ts'
import { call } from '../call.ts'
import { undeploy } from '../ironic.ts'
import { keystone, script } from '../lab.ts'
import { freshNode, uuidOf } from '../nodes.ts'
import { readSettings } from '../settings.ts'

const Auth = z.looseObject({ auth_url: z.string() })
const Clouds = z.object({ clouds: z.object({ lab: z.looseObject({ auth: Auth }) }) })
const Granted = z.object({
  token: z.object({ catalog: z.array(z.object({ type: z.string(), endpoints: z.array(z.looseObject({ url: z.string() })) })) }),
})

before(async () => {
  const ran = await script('up.sh', [], { AUTH: 'keystone' })
  assert.equal(ran.code, 0, ran.stderr)
})

/** Logs in with what the clouds.yaml of a desk says, as Keystone's API wants it. */
async function login(as: Login) {
  const at = desk({ login: as })
  const { auth } = Clouds.parse(parse(readFileSync(join(at.dir, 'clouds.yaml'), 'utf8'))).clouds.lab
  at.clear()
  const application_credential = { id: auth['application_credential_id'], secret: auth['application_credential_secret'] }
  const user = { name: auth['username'], password: auth['password'], domain: { id: auth['user_domain_id'] } }
  const project = { name: auth['project_name'], domain: { id: auth['project_domain_id'] } }
  const body =
    as === 'appcred'
      ? { auth: { identity: { methods: ['application_credential'], application_credential } } }
      : {
          auth: {
            identity: { methods: ['password'], password: { user } },
            scope: auth['system_scope'] === 'all' ? { system: { all: true } } : { project },
          },
        }
  const answer = await call({ method: 'POST', url: `${auth.auth_url}/auth/tokens`, body })
  assert.equal(answer.status, 201, answer.text)
  const catalog = Granted.parse(answer.json).token.catalog
  return {
    token: answer.headers['x-subject-token'] ?? '',
    urls: Object.fromEntries(catalog.map(({ type, endpoints }) => [type, endpoints[0]?.url])),
  }
}

test('the catalog names Keystone, the fault proxy as Ironic, and the stubs', async () => {
  const settings = readSettings()
  const { keystone: identity, proxy: baremetal, nova: compute, neutron: network, placement } = settings
  assert.deepEqual((await login('proj-admin')).urls, { identity, baremetal, compute, network, placement })
})

test('each user may list and change nodes as its role says', async () => {
  await freshNode('node-1')
  const rights: Record<string, [number, number]> = {}
  for (const as of ['sys-member', 'sys-reader', 'proj-admin', 'proj-member', 'bm-admin', 'bm-observer', 'appcred'] as const) {
    const { token, urls } = await login(as)
    const headers = { 'x-auth-token': token, 'x-openstack-ironic-api-version': '1.82' }
    const listed = await call({ method: 'GET', url: `${urls['baremetal']}/v1/nodes?fields=uuid`, headers })
    const patch = [{ op: 'add', path: '/extra/by', value: as }]
    const patched = await call({ method: 'PATCH', url: `${urls['baremetal']}/v1/nodes/node-1`, headers, body: patch })
    const { nodes } = z.object({ nodes: z.array(z.object({ uuid: z.string() })) }).parse(listed.json)
    // Nodes that another test gave to its project are its own to see; this one belongs to nobody.
    const seen = as === 'proj-member' ? nodes.filter(({ uuid }) => uuid === uuidOf('node-1')) : nodes
    rights[as] = [seen.length, patched.status]
  }
  const all = readSettings().nodes + readSettings().fakes
  assert.deepEqual(rights, {
    'sys-member': [all, 200],
    'sys-reader': [all, 403],
    'proj-admin': [all, 200],
    'proj-member': [0, 404],
    'bm-admin': [all, 200],
    'bm-observer': [all, 403],
    appcred: [all, 200],
  })
})

test('with Keystone down Ironic answers a new token with an HTML 503, and recovers with it', async () => {
  const { token, urls } = await login('sys-member')
  const ask = () => call({ method: 'GET', url: `${urls['baremetal']}/v1/nodes`, headers: { 'x-auth-token': token } })
  await keystone('stop')
  const answer = await ask()
  await keystone('start')
  assert.equal(answer.status, 503)
  assert.match(answer.text, /The Keystone service is temporarily unavailable/)
  assert.equal((await ask()).status, 200)
  await freshNode('node-2', { instance: true, network_interface: 'flat' })
  assert.equal((await undeploy('node-2')).provision_state, 'available')
})
