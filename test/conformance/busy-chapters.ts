/**
 * What takes its time: cleaning and its failures, power sync and its recovery, a conductor that dies in mid work. With cleaning on.
 */
import { at, atRest, get, history, listAt, nodePath, patch, pick, put, readNode, rest, said, seconds, watch } from './look.ts'
import type { Chapter } from './site.ts'

export const callbackTimeout: Chapter = {
  title: 'cleaning without an agent',
  setting: 'busy',
  nodes: { a: {} },
  async tell(site, found) {
    await put(site, 'a', 'deleted')
    const waits = await watch(site, 'a', atRest('clean wait', 'clean failed'))
    found('from deleted to clean wait', { states: waits.states, took: seconds(waits.seconds), node: rest(waits.node) })
    found('deleted in clean wait', said(await put(site, 'a', 'deleted')))
    const patched = await patch(site, 'a', { op: 'add', path: '/extra/x', value: 1 })
    found('a patch in clean wait', said(patched))
    const failed = await watch(site, 'a', (node) => node['provision_state'] === 'clean failed')
    found('clean failed comes before its text', pick(failed.node, 'last_error', 'fault', 'maintenance', 'target_provision_state'))
    const ended = await watch(site, 'a', atRest('clean failed'))
    found('clean failed at the end', { node: rest(ended.node), afterState: seconds(ended.seconds) })
    found('its history, no agent', await history(site, 'a'))
    for (const verb of ['deleted', 'provide', 'abort', 'clean']) found(`${verb} on clean failed`, said(await put(site, 'a', verb)))
    found('manage on clean failed', said(await put(site, 'a', 'manage')))
    const managed = await watch(site, 'a', atRest('manageable'))
    found('manageable keeps the old text', rest(managed.node))
    found('deleted on manageable', said(await put(site, 'a', 'deleted')))
    found('provide on manageable', said(await put(site, 'a', 'provide')))
    const again = await watch(site, 'a', atRest('clean wait', 'clean failed'))
    found('provide wipes the text', { states: again.states.filter((state) => state !== 'manageable'), node: rest(again.node) })
    found('abort in clean wait', said(await put(site, 'a', 'abort')))
    const aborted = await watch(site, 'a', atRest('clean failed'))
    found('aborted', rest(aborted.node))
  },
}

export const stranded: Chapter = {
  title: 'cleaning while Neutron is away',
  setting: 'busy',
  nodes: { a: { network_interface: 'flat' } },
  async tell(site, found) {
    await site.neutron('503')
    await put(site, 'a', 'deleted')
    const failed = await watch(site, 'a', atRest('error', 'available', 'clean failed'))
    found('the first tear-down while Neutron is away', rest(failed.node))
    await put(site, 'a', 'deleted')
    const left = await watch(site, 'a', atRest('cleaning', 'available', 'clean failed'))
    found('the second strands the node in cleaning', { states: left.states, node: rest(left.node) })
    found('its history, stranded', await history(site, 'a'))
    found('deleted on a stranded node', said(await put(site, 'a', 'deleted')))
    found('abort on a stranded node', said(await put(site, 'a', 'abort')))
    found('a patch on a stranded node', said(await patch(site, 'a', { op: 'add', path: '/extra/x', value: 1 })))
    await site.neutron('ok')
    found('manage on a stranded node', said(await put(site, 'a', 'manage')))
    found('a stranded node managed', rest((await watch(site, 'a', atRest('manageable'))).node))
  },
}

export const powerSync: Chapter = {
  title: 'power sync',
  setting: 'busy',
  nodes: { a: {}, b: {} },
  async tell(site, found) {
    await site.bmc('a', 'silent')
    await put(site, 'a', 'deleted')
    await watch(site, 'a', atRest('error'))
    await site.bmc('b', 'refusing')
    const lost = await Promise.all(
      ['a', 'b'].map((key) => watch(site, key, (node) => node['maintenance'] === true && node['reservation'] === null)),
    )
    found('a node in error that power sync gave up on', rest(lost[0]?.node))
    found('an active node that power sync gave up on', rest({ ...lost[1]?.node, instance_info: {} }))
    found('its newest event, power sync', (await history(site, 'a')).at(-1))
    found('deleted on a node with a power failure', said(await put(site, 'a', 'deleted')))
    const failed = await watch(site, 'a', atRest('error'))
    found('maintenance and fault outlive a failed tear-down', rest(failed.node))
    const person = await site.ironic({ method: 'PUT', path: nodePath(site, 'b', '/maintenance'), body: { reason: 'cable' } })
    found('maintenance over a power failure', {
      status: person.status,
      ...pick(await readNode(site, 'b'), 'maintenance', 'maintenance_reason', 'fault'),
    })
    for (const key of ['a', 'b']) await site.bmc(key, 'ok')
    const back = await Promise.all(
      ['a', 'b'].map((key) => watch(site, key, (node) => node['maintenance'] === false && node['reservation'] === null)),
    )
    found('recovered, but still in error', rest(back[0]?.node))
    found('recovery lifts what a person laid over it', rest({ ...back[1]?.node, instance_info: {} }))
  },
}

export const conductorDeath: Chapter = {
  title: 'a conductor dies',
  setting: 'busy',
  alone: true,
  nodes: { a: {}, b: {} },
  async tell(site, found) {
    await site.bmc('a', 'silent')
    await put(site, 'a', 'deleted')
    await watch(site, 'a', (node) => node['provision_state'] === 'deleting' && node['reservation'] !== null)
    await site.kill()
    const mark = { op: 'add', path: '/extra/x', value: 1 }
    found('just killed: a verb', said(await put(site, 'b', 'deleted')))
    found('just killed: a patch', said(await patch(site, 'b', mark)))
    found('just killed: maintenance', said(await site.ironic({ method: 'PUT', path: nodePath(site, 'b', '/maintenance'), body: {} })))
    found('just killed: a wrong verb', said(await put(site, 'b', 'provide')))
    found('just killed: a read', pick(await readNode(site, 'b'), 'provision_state', 'conductor'))
    found('caught in deleting', pick(await readNode(site, 'a'), 'provision_state', 'target_provision_state', 'reservation', 'last_error'))
    await until(site, async () => (await readNode(site, 'b'))['conductor'] === null)
    const conductors = listAt((await get(site, '/v1/conductors')).json, 'conductors')
    found(
      'its heartbeat ran out',
      pick(
        conductors.find((one) => at(one, 'hostname') === 'localhost'),
        'hostname',
        'alive',
      ),
    )
    await until(site, async () => (await put(site, 'b', 'deleted')).status !== 500)
    found('no conductor: a verb', said(await put(site, 'b', 'deleted')))
    found('no conductor: a patch', said(await patch(site, 'b', mark)))
    found('no conductor: maintenance', said(await site.ironic({ method: 'PUT', path: nodePath(site, 'b', '/maintenance'), body: {} })))
    found('no conductor: a wrong verb', said(await put(site, 'b', 'provide')))
    found('no conductor: lists are read as ever', (await get(site, '/v1/nodes?provision_state=deleting&fields=uuid')).status)
    await site.bmc('a', 'ok')
    await site.start()
    const failed = await watch(site, 'a', atRest('error'))
    const { instance_uuid, instance_info } = failed.node
    found('after its start', {
      ...rest({ ...failed.node, instance_info: {} }),
      kept: [instance_uuid !== null, Object.keys(Object(instance_info)).length > 0],
    })
    found('its history, conductor killed', await history(site, 'a'))
    found('and b was never touched', pick(await readNode(site, 'b'), 'provision_state', 'maintenance', 'extra'))
  },
}

async function until(site: Parameters<Chapter['tell']>[0], isSo: () => Promise<boolean>): Promise<void> {
  for (const end = site.now() + 90_000; !(await isSo()); ) {
    if (site.now() > end) throw new Error('it did not become so in 90 s')
    await site.pass(500)
  }
}
