/**
 * The check of Blazar: which one it is, whether this credential sees its hosts, and which of the configured modes it can serve. No node's healing
 * depends on Blazar, so what cannot be asked is a warning; only a mode that this Blazar cannot serve is a fault.
 */
import type { BlazarKind } from '../core/observation.ts'
import type { Policy } from '../core/policy.ts'
import type { Reading } from '../core/reading.ts'
import { withoutStops } from '../core/sentence.ts'
import { blazarClient } from '../openstack/blazar.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { Session } from '../openstack/session.ts'
import { fail, pass, type Saying, warn } from './checked.ts'

type Asked = { config: { policy: Pick<Policy, 'blazar'> }; services: Session }

/** One line about the Blazar of this cloud. */
export async function blazarSaying({ config, services }: Asked): Promise<Saying> {
  const { blazar } = config.policy
  if (blazar.mode === 'off') return pass('left out by blazar.mode: off')
  const client = blazarClient(services)
  if (!(await client.isOffered())) return pass('none in the catalog')
  try {
    const [{ kind, hosts }] = await Promise.all([client.hosts(), client.allocations()])
    return saying(blazar, kind, hosts.length)
  } catch (error) {
    // A 403 is the answer to the question whether this credential may see them.
    if (error instanceof OpenStackError && error.status === 403 && error.kind === null) return withheld(error)
    throw error
  }
}

const withheld = ({ sentence }: OpenStackError): Saying =>
  warn(
    `this credential may not see its hosts and allocations (${withoutStops(sentence)}), so neither which Blazar it is nor who has a node by a lease is known`,
    "Give the services entry the role admin on a project, or set blazar.mode: off. Blazar's own policy shows hosts to admins alone.",
  )

const NAMES: Record<BlazarKind, string> = { upstream: 'upstream Blazar', chameleon: "Chameleon's Blazar" }

function saying({ mode, monitor }: Policy['blazar'], kind: Reading<BlazarKind>, hosts: number): Saying {
  if (kind.kind !== 'known') {
    const message = `${kind.reason}; until it does only mode observe is possible`
    return mode === 'chameleon' ? warn(message, 'Set blazar.mode: observe until hosts are enrolled.') : pass(message)
  }
  const seen = `${NAMES[kind.value]}, ${hosts} ${hosts === 1 ? 'host' : 'hosts'} and their allocations are shown`
  if (kind.value === 'upstream') {
    const message = `${seen}; it has no way to take a host out, so only mode observe is possible`
    return mode === 'chameleon' ? fail(message, 'Set blazar.mode: observe.') : pass(message)
  }
  if (mode === 'observe') return pass(`${seen}; mode observe is set, and mode chameleon is possible where its monitor runs`)
  return forked(seen, monitor)
}

/** Clearing `disabled` does not make a host reservable again; only the fork's polling monitor does. */
function forked(seen: string, monitor: Policy['blazar']['monitor']): Saying {
  if (monitor === 'on') return pass(`${seen}; mode chameleon is set: a node under repair is disabled there, and lent again when it is well`)
  if (monitor === 'off') {
    const message = `${seen}, but with its monitor off a host that was taken out is never lent again, so only mode observe is possible`
    return fail(message, 'Set blazar.mode: observe, or enable_polling_monitor in Blazar and blazar.monitor: on.')
  }
  const message = `${seen}; mode chameleon is set, but whether its monitor runs is not known, and only the monitor lends a host again, so nothing is disabled`
  return warn(message, 'Say blazar.monitor: on where blazar.conf has enable_polling_monitor, else set blazar.mode: observe.')
}
