/**
 * Tokens of the lab's Keystone (AUTH=keystone) for the lab's own drivers, and the users that seed-keystone.ts made. A user's
 * password is its name.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { call } from './call.ts'
import { readSettings } from './settings.ts'

/** One user per way of being authorised; null is the system scope. */
export const USERS: Record<string, { project: string | null; roles: string[] }[]> = {
  ironic: [{ project: 'service', roles: ['admin', 'service'] }],
  'sys-member': [{ project: null, roles: ['member'] }],
  'sys-reader': [{ project: null, roles: ['reader'] }],
  'proj-admin': [{ project: 'lab', roles: ['admin'] }],
  'proj-member': [{ project: 'lab', roles: ['member'] }],
  // Ironic's policy knows these two roles only in a project of this very name.
  'bm-admin': [{ project: 'baremetal', roles: ['baremetal_admin', 'member', 'reader'] }],
  'bm-observer': [{ project: 'baremetal', roles: ['baremetal_observer'] }],
}

const Seed = z.object({ credential: z.object({ id: z.string(), secret: z.string() }) })

/** The application credential of bm-admin: id and secret. */
export const applicationCredential = () =>
  Seed.parse(JSON.parse(readFileSync(join(readSettings().state, 'keystone', 'seed.json'), 'utf8'))).credential

let kept: { value: string; until: number } | null = null

/** A token of the bootstrap admin, kept for 10 minutes (tokens live 60). */
export async function token(): Promise<string> {
  if (kept !== null && kept.until > Date.now()) return kept.value
  const value = await passwordToken(readSettings().keystone, 'admin', { project: { name: 'admin', domain: { id: 'default' } } })
  kept = { value, until: Date.now() + 600_000 }
  return value
}

/** Logs in with a name as its own password; throws with Keystone's text. */
export async function passwordToken(keystone: string, name: string, scope: unknown): Promise<string> {
  const user = { name, domain: { id: 'default' }, password: name }
  const answer = await call({
    method: 'POST',
    url: `${keystone}/auth/tokens`,
    body: { auth: { identity: { methods: ['password'], password: { user } }, scope } },
  })
  const value = answer.headers['x-subject-token']
  if (value === undefined) throw new Error(`Keystone gave ${name} no token: ${answer.status} ${answer.text}`)
  return value
}
