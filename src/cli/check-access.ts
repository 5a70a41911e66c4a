/**
 * The checks of the way in: who this credential is, which API Ironic speaks, what it shows, what it may change. Where the first ones fail
 * there is nothing more to ask. Only reads are sent: a permission to write cannot be tried without writing.
 */
import type { SeenNode } from '../core/seen.ts'
import { spanText, timeText } from '../core/when.ts'
import { redactedFields } from '../openstack/ironic-node.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { Identity, Session } from '../openstack/session.ts'
import type { Reached } from '../wiring.ts'
import { type Checked, checked, fail, pass, type Saying, warn } from './checked.ts'
import { noIronic } from './cloud-trouble.ts'

/** Login, for Ironic and where it is another one for the services. */
export async function checkLogin(cloud: Reached, now: number): Promise<Checked[]> {
  const own = checked({ cloud, name: 'login', vital: true }, () => login(cloud.session, now))
  if (cloud.services === cloud.session) return [await own]
  return await Promise.all([
    own,
    checked({ cloud, name: 'login (services)', vital: true, services: true }, () => login(cloud.services, now)),
  ])
}

async function login(session: Session, now: number): Promise<Saying> {
  const { authType, name } = session.access
  if (authType === 'none') return pass(`no login (auth_type none of ${name}): whoever reaches the address may do everything`)
  if (authType === 'http_basic') return pass(`HTTP basic as ${session.access.auth.username ?? '?'} (${name})`)
  const { user, scope, roles, expiresAt } = await session.identity()
  const life = expiresAt === null ? '' : `; the token lasts until ${timeText(expiresAt)} (${spanText(expiresAt - now)})`
  const who = `${user ?? 'somebody'} on ${scope}, roles ${roles.join(', ') || 'none'}${life}`
  if (roles.length === 0)
    return fail(`${who}: without a role nothing is allowed`, `Grant a role to the credential of ${name}, and a scope in clouds.yaml.`)
  return pass(who)
}

/** Ironic's address and API. */
export const checkIronic = (cloud: Reached): Promise<Checked> =>
  checked({ cloud, name: 'ironic', vital: true }, async () => {
    if ((await cloud.session.endpoint('baremetal')) === null) throw noIronic(cloud.access)
    const { used, minimum, maximum } = await cloud.ironic.versions()
    return pass(`API ${used} is spoken (Ironic has ${minimum} to ${maximum})`)
  })

/** What this credential is shown of nodes: their errors, history and conductors. */
export const checkReading = (cloud: Reached, nodes: readonly SeenNode[], listed: number | null): Promise<Checked> =>
  checked({ cloud, name: 'reading', vital: true }, async () => {
    const [node] = nodes
    const hidden = await hiddenFrom(cloud, node)
    if (hidden.length > 0) {
      return fail(
        `Ironic withholds ${hidden.join(', ')} from this credential`,
        'Give it reader on the system scope, or baremetal_observer or baremetal_admin on the project baremetal.',
      )
    }
    if (node === undefined)
      return warn(
        'Ironic lists no node to this credential',
        'If there are nodes, the credential sees its own project only: give it system scope.',
      )
    return pass(`${listed === null ? 'nodes' : `${listed} nodes`}, their errors, history and conductors are shown`)
  })

async function hiddenFrom({ ironic }: Reached, node: SeenNode | undefined): Promise<string[]> {
  const conductors = await refusedOr('conductors', () => ironic.conductors())
  if (node === undefined) return conductors
  const wire = await ironic.node(node.uuid)
  const history = await ironic.history(node.uuid)
  const withheld = history.kind === 'unknown' && history.reason.startsWith('redacted:') ? ['history'] : []
  return [...(wire === null ? [] : redactedFields(wire)), ...withheld, ...conductors]
}

async function refusedOr(name: string, ask: () => Promise<unknown>): Promise<string[]> {
  try {
    await ask()
    return []
  } catch (error) {
    // A 403 is the answer to the question whether this is shown.
    if (error instanceof OpenStackError && error.status === 403) return [name]
    throw error
  }
}

/** Roles that Ironic's own policy lets reset and quarantine (measured); site policies may differ, so others are a warning. */
const MAY_WRITE = ['admin', 'member', 'service', 'baremetal_admin', 'manager']
const ONLY_READS = ['reader', 'baremetal_observer', 'observer']

/** Whether it may reset and quarantine, as far as its roles say. Matters only where something is to be sent. */
export const checkWriting = (cloud: Reached): Promise<Checked> =>
  checked({ cloud, name: 'writing' }, async () => {
    const { authType } = cloud.access
    if (authType === 'none' || authType === 'http_basic') return pass('nothing restricts this login')
    return writing(await cloud.session.identity(), cloud.config.policy.mode)
  })

function writing({ roles, scope }: Identity, mode: string): Saying {
  const fix = 'For mode approve or auto give it member on the system scope, or baremetal_admin on the project baremetal.'
  if (roles.length > 0 && roles.every((role) => ONLY_READS.includes(role))) {
    const message = `its roles (${roles.join(', ')}) read only`
    return mode === 'observe' ? pass(`${message}, which is all that mode observe needs`) : fail(message, fix)
  }
  const isProject = scope.startsWith('project ')
  const role = MAY_WRITE.find((known) => roles.includes(known) && !(isProject && (known === 'member' || known === 'manager')))
  if (role !== undefined)
    return pass(`role ${role} on ${scope} may reset and quarantine by Ironic's own policy (not tried: that would write)`)
  return warn(`whether roles ${roles.join(', ')} on ${scope} may write is not known, and cannot be tried without writing`, fix)
}
