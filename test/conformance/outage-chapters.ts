/**
 * Tear-down as it goes well and as it fails: a BMC that will not, in each of its ways, Neutron away, too many at once.
 */
import { atRest, history, nodePath, patch, pick, put, readNode, rest, said, seconds, tornDown, watch } from './look.ts'
import type { BmcMode, Chapter } from './site.ts'

const MODES: Record<string, BmcMode> = { a: 'refusing', b: 'silent', c: 'badpass', d: 'rejecting', e: 'stuck' }

export const teardown: Chapter = {
  title: 'tear-down',
  setting: 'plain',
  nodes: { a: { network_interface: 'flat' } },
  async tell(site, found) {
    found('a port is bound while the node is active', await site.isBound('a'))
    const before = String((await readNode(site, 'a'))['provision_updated_at'])
    found('a tear-down that succeeds', await tornDown(site, 'a', 'available', 'error'))
    found('its port is unbound', await site.isBound('a'))
    const after = await readNode(site, 'a')
    found('provision_updated_at moves with the state', String(after['provision_updated_at']) > before)
    found('a tear-down that succeeds leaves no history', await history(site, 'a'))
    found('Ironic remembers no VIF then', (await site.ironic({ method: 'GET', path: nodePath(site, 'a', '/vifs') })).json)
  },
}

export const bmcOutage: Chapter = {
  title: 'BMC outage',
  setting: 'plain',
  alone: true,
  nodes: { a: {}, b: {}, c: {}, d: {}, e: {}, f: {} },
  async tell(site, found) {
    const keys = Object.keys(MODES)
    for (const key of keys) await site.bmc(key, MODES[key] ?? 'ok')
    const failed = await Promise.all(keys.map((key) => tornDown(site, key, 'error', 'available')))
    for (const [i, key] of keys.entries()) found(`tear-down with a BMC that is ${MODES[key]}`, failed[i])
    for (const key of keys) found(`its history, BMC ${MODES[key]}`, await history(site, key))
    found('an event’s text is whole without detail', (await site.ironic({ method: 'GET', path: nodePath(site, 'a', '/history') })).json)

    for (const verb of ['provide', 'manage', 'abort', 'clean', 'active'])
      found(`${verb} on a node in error`, said(await put(site, 'a', verb)))
    const marked = await patch(site, 'a', { op: 'add', path: '/extra/hammer_error_resets', value: ['2026-11-22T14:00:00Z'] })
    found('the reply to a mark is the node under the lock', pick(marked.json, 'provision_state', 'reservation', 'extra', 'last_error'))

    for (const key of keys) await site.bmc(key, 'silent')
    const again = await Promise.all(keys.map((key) => put(site, key, 'deleted')))
    const sixth = await put(site, 'f', 'deleted')
    found(
      'as many at once as are allowed',
      again.map(({ status }) => status),
    )
    found('one more than are allowed', said(sixth))
    found('deleted wipes last_error at once', pick(await readNode(site, 'a'), 'provision_state', 'target_provision_state', 'last_error'))
    const second = await put(site, 'a', 'deleted')
    found('deleted on a node in deleting', { said: said(second), took: seconds(second.seconds) })
    const moved = await patch(site, 'a', { op: 'add', path: '/extra/x', value: 1 })
    found('a patch in deleting', { said: said(moved), took: seconds(moved.seconds) })
    await Promise.all(keys.map((key) => watch(site, key, atRest('error'))))

    for (const key of keys) await site.bmc(key, 'ok')
    const eight = await Promise.all(Array.from({ length: 8 }, () => put(site, 'a', 'deleted')))
    found('of eight at once one is taken', eight.map(({ status }) => status).sort())
    const healed = await Promise.all(keys.slice(1).map((key) => tornDown(site, key, 'available', 'error')))
    for (const [i, key] of keys.slice(1).entries()) found(`once the BMC is repaired that was ${MODES[key]}`, healed[i])
    const { node } = await watch(site, 'a', atRest('available', 'error'))
    found('and the one that was asked eight times', rest(node))
  },
}

export const neutronOutage: Chapter = {
  title: 'Neutron outage',
  setting: 'plain',
  alone: true,
  nodes: { a: { network_interface: 'flat' } },
  async tell(site, found) {
    await site.neutron('503')
    found('tear-down while Neutron answers 503', await tornDown(site, 'a', 'error', 'available'))
    found('its history, Neutron 503', await history(site, 'a'))
    found('the port is still bound', await site.isBound('a'))
    const vifs = await site.ironic({ method: 'GET', path: nodePath(site, 'a', '/vifs') })
    found('VIFs while Neutron is away', said(vifs))
    found('the second tear-down succeeds, Neutron still away', await tornDown(site, 'a', 'available', 'error'))
    await site.neutron('ok')
    found('Ironic has forgotten the VIF', (await site.ironic({ method: 'GET', path: nodePath(site, 'a', '/vifs') })).json)
    found('the port stays bound for ever', await site.isBound('a'))
  },
}
