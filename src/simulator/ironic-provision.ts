/**
 * The requests that change a node's state: provision verbs, maintenance and power. Checks come in Ironic's order (state
 * machine in the API, then conductor, lock, limits, protection), because that order decides which refusal a client meets.
 */
import type { Asked, Reply } from './answer.ts'
import { isObject, within } from './answer.ts'
import type { Work } from './ironic-conductor.ts'
import { releaseLock, rpc, takeLock, workOf } from './ironic-conductor.ts'
import { write } from './ironic-node.ts'
import { pythonText } from './ironic-patch.ts'
import { setPower } from './ironic-power.ts'
import { accepts, canonicalVerb, denied, fault, locked, VERB_SINCE, wrongState } from './ironic-states.ts'
import { begin } from './ironic-verbs.ts'
import type { SimNode, World } from './world.ts'
import { minorOf } from './world.ts'

const DONE: Reply = { status: 202 }

/** PUT /v1/nodes/{id}/states/provision. */
export async function provision(world: World, node: SimNode, asked: Asked, minor: number): Promise<Reply> {
  const wanted = within(asked.body, 'target')
  if (wanted === undefined) return fault(400, 'Missing mandatory parameter: target')
  if (wanted !== null && typeof wanted !== 'string') return fault(400, `Expected string for target: ${pythonText(wanted)}`)
  // A null gets as far as the state machine, in Python's word for it.
  const target = wanted ?? 'None'
  const known = ['target', 'configdrive', 'clean_steps', 'deploy_steps', 'rescue_password', 'disable_ramdisk', 'service_steps']
  const extra = Object.keys(isObject(asked.body) ? asked.body : {}).find((key) => !known.includes(key))
  if (extra !== undefined) return fault(400, `Unexpected arguments: ${extra}`)
  if (minor < (VERB_SINCE[target] ?? 1)) return fault(406, 'Request not acceptable.')
  const verb = canonicalVerb(target, minor)
  const { row } = node
  if (!accepts(row.provision_state, verb, minor)) {
    return row.reservation !== null ? locked(row.uuid, row.reservation) : wrongState(row.uuid, target, row.provision_state)
  }
  if (verb === 'clean' && !Array.isArray(within(asked.body, 'clean_steps'))) {
    return fault(400, '"clean_steps" is required when setting target provision state to clean')
  }
  const call = await rpc(world, node)
  if ('refusal' in call) return call.refusal
  if (limitReached(world, verb)) return limitRefusal(world)
  const refusal = await takeLock(world, node, call.conductor.host)
  if (refusal !== null) return refusal
  const refused = refusedUnderLock(node, { verb, target, minor })
  if (refused !== null) {
    releaseLock(node)
    return refused
  }
  const was = row.provision_state
  begin(world, workOf(world, call.conductor), node, { verb, steps: within(asked.body, 'clean_steps') })
  asked.effect(`node ${row.uuid}: ${was} -> ${row.provision_state} (${target})`)
  return DONE
}

function refusedUnderLock(node: SimNode, wanted: { verb: string; target: string; minor: number }): Reply | null {
  const { row } = node
  const isDelete = wanted.verb === 'deleted'
  if (row.protected && (isDelete || wanted.verb === 'rebuild')) {
    return fault(403, `Node ${row.uuid} is protected and cannot be undeployed, rebuilt or deleted`)
  }
  if (isDelete && !node.isFake && row.driver_info[`${node.bmc.protocol}_address`] === undefined) {
    const what = node.bmc.protocol === 'ipmi' ? 'IPMI credentials' : 'Redfish properties'
    const missing = `Missing the following ${what} in node's driver_info: ['${node.bmc.protocol}_address'].`
    return fault(500, `Failed to validate power driver interface. Can not delete instance. Error: ${missing}`)
  }
  if (wanted.verb === 'provide' && row.retired) {
    return fault(400, `Node ${row.uuid} can not be made available: it is retired.`)
  }
  const unsupported = UNSUPPORTED[wanted.verb]
  if (unsupported !== undefined && row[unsupported].startsWith('no-')) {
    return fault(400, `Driver ${row.driver} does not support ${wanted.verb} (disabled or not implemented).`)
  }
  if (wanted.verb === 'active' || wanted.verb === 'rebuild') {
    if (!node.isFake && row.instance_info['image_source'] === undefined) {
      return fault(400, `Failed to validate deploy or power info for node ${row.uuid}. Error: instance_info has no image_source`)
    }
  }
  // The state may have moved between the API's check and the lock.
  return accepts(row.provision_state, wanted.verb, wanted.minor) ? null : wrongState(row.uuid, wanted.target, row.provision_state)
}

/** Verbs that need an interface which no node here has. */
const UNSUPPORTED: Partial<Record<string, 'inspect_interface' | 'rescue_interface'>> = {
  inspect: 'inspect_interface',
  rescue: 'rescue_interface',
  unrescue: 'rescue_interface',
}

const BUSY = ['deleting', 'cleaning', 'clean wait']

const limitReached = (world: World, verb: string): boolean =>
  verb === 'deleted' &&
  [...world.nodes.values()].filter((one) => BUSY.includes(one.row.provision_state)).length >= world.settings.ironic.maxConcurrentClean

/** 500 up to 2023.1, 503 since 23.1.0; the text is the same. */
function limitRefusal(world: World): Reply {
  const text =
    'Unable to process request at this time. The concurrent action limit for unprovisioning has been reached. Please contact your administrator and try again later.'
  return fault(minorOf(world.settings.ironic.version) > 82 ? 503 : 500, text)
}

/** Setting it twice is 202 and replaces the reason; `fault` stays; clearing wipes reason and fault. */
export async function maintenance(world: World, node: SimNode, asked: Asked): Promise<Reply> {
  const stranger = asked.method === 'PUT' ? Object.keys(isObject(asked.body) ? asked.body : {}).find((key) => key !== 'reason') : undefined
  if (stranger !== undefined) return fault(400, `Unexpected arguments: ${stranger}`)
  const reason = within(asked.body, 'reason')
  if (reason !== undefined && reason !== null && typeof reason !== 'string')
    return fault(400, `Expected string for reason: ${pythonText(reason)}`)
  const call = await rpc(world, node, { isUpdate: true })
  if ('refusal' in call) return call.refusal
  const refusal = await takeLock(world, node, call.conductor.host)
  if (refusal !== null) return refusal
  if (asked.method === 'PUT') {
    write(world, node, { maintenance: true, maintenance_reason: reason ?? null })
    asked.effect(`node ${node.row.uuid}: maintenance set`)
  } else {
    write(world, node, { maintenance: false, maintenance_reason: null, fault: null })
    asked.effect(`node ${node.row.uuid}: maintenance cleared`)
  }
  await world.clock.sleep(30)
  if (node.row.reservation === call.conductor.host) releaseLock(node)
  return DONE
}

/** PUT /v1/nodes/{id}/states/power. */
export async function power(world: World, node: SimNode, asked: Asked): Promise<Reply> {
  const target = within(asked.body, 'target')
  const { row } = node
  if (typeof target !== 'string' || !POWER_TARGETS.includes(target))
    return wrongState(row.uuid, pythonWord(target), pythonWord(row.power_state))
  if (row.provision_state === 'cleaning' || row.provision_state === 'clean wait') return wrongState(row.uuid, target, row.provision_state)
  const call = await rpc(world, node)
  if ('refusal' in call) return call.refusal
  const refusal = await takeLock(world, node, call.conductor.host)
  if (refusal !== null) return refusal
  asked.effect(`node ${node.row.uuid}: ${target}`)
  void switchPower(world, workOf(world, call.conductor), node, target)
  return DONE
}

const POWER_TARGETS = ['power on', 'power off', 'rebooting', 'soft power off', 'soft rebooting']

/** Soft or hard is the same here; a reboot is off and on. */
async function switchPower(world: World, work: Work, node: SimNode, target: string): Promise<void> {
  const off = target === 'power on' ? null : await setPower(world, work, node, 'power off')
  if (off === null && !target.endsWith('off')) await setPower(world, work, node, 'power on')
  releaseLock(node)
}

/** A name in an error text: as it is, without the quotes that Python gives it elsewhere. */
const pythonWord = (value: unknown): string => (typeof value === 'string' ? value : pythonText(value))

/** DELETE /v1/nodes/{id}: refused for a node with an instance; nobody deletes the others here. */
export async function destroyNode(world: World, node: SimNode): Promise<Reply> {
  const call = await rpc(world, node)
  if ('refusal' in call) return call.refusal
  const refusal = await takeLock(world, node, call.conductor.host)
  if (refusal !== null) return refusal
  releaseLock(node)
  const { uuid, instance_uuid } = node.row
  if (instance_uuid !== null) return fault(409, `Node ${uuid} is associated with instance ${instance_uuid}.`)
  return denied('baremetal:node:delete')
}
