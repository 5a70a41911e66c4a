/**
 * Fills a bootstrapped Keystone: the catalog (Ironic through the fault proxy, and the stubs), the users of keystone.ts and an
 * application credential. Run once by keystone.sh; writes what a clouds.yaml needs to the file named on its command line.
 */
import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { call } from './call.ts'
import { passwordToken, USERS } from './keystone.ts'
import { readSettings } from './settings.ts'

const settings = readSettings()
const admin = await passwordToken(settings.keystone, 'admin', { project: { name: 'admin', domain: { id: 'default' } } })
const Named = z.object({ id: z.string(), name: z.string() })

async function ask(method: string, path: string, options: { body?: unknown; token?: string } = {}): Promise<unknown> {
  const { body, token = admin } = options
  const answer = await call({
    method,
    url: settings.keystone + path,
    headers: { 'x-auth-token': token },
    ...(body === undefined ? {} : { body }),
  })
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.json
}

async function create(kind: string, fields: Record<string, unknown>): Promise<string> {
  const made = z.record(z.string(), z.looseObject({ id: z.string() })).parse(await ask('POST', `/${kind}s`, { body: { [kind]: fields } }))
  return made[kind]?.id ?? ''
}

const listed = z.object({ roles: z.array(Named) }).parse(await ask('GET', '/roles')).roles
const roles = new Map(listed.map((role) => [role.name, role.id]))
for (const name of ['service', 'baremetal_admin', 'baremetal_observer']) {
  if (!roles.has(name)) roles.set(name, await create('role', { name }))
}
const projects = new Map<string, string>()
for (const name of ['service', 'lab', 'baremetal']) projects.set(name, await create('project', { name, domain_id: 'default' }))

const users = new Map<string, string>()
for (const [name, grants] of Object.entries(USERS)) {
  users.set(name, await create('user', { name, password: name, domain_id: 'default' }))
  for (const { project, roles: wanted } of grants) {
    const where = project === null ? '/system' : `/projects/${projects.get(project)}`
    for (const role of wanted) await ask('PUT', `${where}/users/${users.get(name)}/roles/${roles.get(role)}`)
  }
}

const services = { baremetal: settings.proxy, compute: settings.nova, network: settings.neutron, placement: settings.placement }
for (const [type, url] of Object.entries(services)) {
  const id = await create('service', { type, name: type })
  for (const interface_ of ['public', 'internal', 'admin']) {
    await create('endpoint', { service_id: id, interface: interface_, url, region_id: 'RegionOne' })
  }
}

// Only its owner can make an application credential, and it takes all of the owner's roles in the project.
const owner = await passwordToken(settings.keystone, 'bm-admin', { project: { name: 'baremetal', domain: { id: 'default' } } })
const made = await ask('POST', `/users/${users.get('bm-admin')}/application_credentials`, {
  token: owner,
  body: { application_credential: { name: 'anneal' } },
})
const { application_credential: credential } = z
  .object({ application_credential: z.object({ id: z.string(), secret: z.string() }) })
  .parse(made)
writeFileSync(process.argv[2] ?? 'seed.json', JSON.stringify({ credential }), { mode: 0o600 })
