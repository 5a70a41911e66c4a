/**
 * Which verb Ironic accepts from which provision state, and what its errors look like on the wire. The table holds what
 * ironic/common/state_machine.py allows for the states that matter here; everything else is a 400, as there.
 */
import type { Reply } from './answer.ts'

/** Verb → the states it is accepted from. `undeploy` is the newer name of `deleted` (API 1.73). */
const ACCEPTED: Record<string, readonly string[]> = {
  deleted: [
    'active',
    'error',
    'deploy failed',
    'wait call-back',
    'rescue',
    'rescue wait',
    'rescue failed',
    'unrescue failed',
    'service failed',
    'service wait',
  ],
  active: ['available', 'deploy failed'],
  rebuild: ['active', 'error', 'deploy failed'],
  // From a stranded `cleaning` too: recorded as 202 on 21.4.4.
  manage: ['enroll', 'available', 'clean failed', 'cleaning', 'inspect failed', 'adopt failed'],
  provide: ['manageable'],
  clean: ['manageable'],
  inspect: ['manageable', 'inspect failed'],
  adopt: ['manageable', 'adopt failed'],
  abort: ['clean wait', 'clean hold', 'inspect wait', 'rescue wait', 'service wait', 'service hold', 'service failed', 'wait call-back'],
  service: ['active', 'service failed'],
  unhold: ['clean hold', 'deploy hold', 'service hold'],
  rescue: ['active', 'rescue failed', 'unrescue failed', 'service failed'],
  unrescue: ['rescue', 'rescue failed', 'unrescue failed'],
}

/** Since these minors the verbs may be sent; an older client's is refused with 406. */
export const VERB_SINCE: Record<string, number> = {
  provide: 4,
  manage: 4,
  inspect: 6,
  abort: 13,
  clean: 15,
  adopt: 17,
  rescue: 38,
  unrescue: 38,
  unhold: 85,
  service: 87,
}

/** A deployment that waits may be aborted since 1.110 only. */
const ABORTS_DEPLOY_SINCE = 110

export const canonicalVerb = (verb: string, minor: number): string => (verb === 'undeploy' && minor >= 73 ? 'deleted' : verb)

export function accepts(state: string, verb: string, minor: number): boolean {
  if (verb === 'abort' && state === 'wait call-back' && minor < ABORTS_DEPLOY_SINCE) return false
  return minor >= (VERB_SINCE[verb] ?? 1) && (ACCEPTED[verb]?.includes(state) ?? false)
}

/** States in which a PATCH is taken although a target state is set (conductor/manager.py, UPDATE_ALLOWED_STATES). */
export const UPDATABLE_WITH_TARGET: readonly string[] = [
  'deploy failed',
  'inspecting',
  'inspect failed',
  'inspect wait',
  'clean failed',
  'error',
  'verifying',
  'adopt failed',
  'rescue failed',
  'unrescue failed',
  'service failed',
]

/** What a conductor's start makes of a node that it finds, unlocked, in a state nobody can resume. */
export const FAILS_TO: Record<string, string> = {
  deleting: 'error',
  cleaning: 'clean failed',
  deploying: 'deploy failed',
  verifying: 'enroll',
  inspecting: 'inspect failed',
  adopting: 'adopt failed',
  rescuing: 'rescue failed',
  unrescuing: 'unrescue failed',
  servicing: 'service failed',
}

/** All states a filter may name. */
export const PROVISION_STATES: ReadonlySet<string> = new Set([
  ...Object.keys(FAILS_TO),
  ...Object.values(FAILS_TO),
  ...Object.values(ACCEPTED).flat(),
  'deploy hold',
  'enroll',
  'service hold',
])

/** Ironic encodes its errors twice: `error_message` is a string that holds JSON. */
export function fault(status: number, faultstring: string): Reply {
  const faultcode = status >= 500 ? 'Server' : 'Client'
  return { status, json: { error_message: JSON.stringify({ faultcode, faultstring, debuginfo: null }) } }
}

/** Refusals of the WSGI layer itself have another shape inside. */
export function plainFault(code: number, title: string, description: string): Reply {
  return { status: code, json: { error_message: JSON.stringify({ code, title, description }) } }
}

export const notFound = (id: string): Reply => fault(404, `Node ${id} could not be found.`)

export const locked = (uuid: string, host: string): Reply =>
  fault(409, `Node ${uuid} is locked by host ${host}, please retry after the current operation is completed.`)

export const wrongState = (uuid: string, verb: string, state: string): Reply =>
  fault(400, `The requested action "${verb}" can not be performed on node "${uuid}" while it is in state "${state}".`)

export const denied = (policy: string): Reply => fault(403, `Access was denied to the following resource: ${policy}`)
