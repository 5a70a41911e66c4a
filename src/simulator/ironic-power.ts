/**
 * Ironic's dealings with a BMC: switching power with the texts that each kind of trouble leaves, the periodic power sync
 * that takes a node over after too many failures, and the recovery that lifts its own maintenance again.
 */

import { modeAt } from './bmc.ts'
import type { Work } from './ironic-conductor.ts'
import { FAKE_DRIVER } from './ironic-drivers.ts'
import { conductorOf, recordError, write } from './ironic-node.ts'
import { between } from './seeded.ts'
import type { SimNode, World } from './world.ts'
import { minorOf } from './world.ts'

/** What Ironic gets when it asks for the power state; null = the state itself. Wrong password and dead BMC read the same over IPMI. */
export function powerTrouble(world: World, node: SimNode): string | null {
  if (node.isFake) return node.row.driver === FAKE_DRIVER ? null : 'IPMI call failed: power status.'
  const { protocol, host } = node.bmc
  const mode = modeAt(node.bmc, world.clock.now())
  if (mode === 'ok' || mode === 'slow' || mode === 'stuck') return null
  if (protocol === 'ipmi') return 'IPMI call failed: power status.'
  const url = `https://${host}/redfish/v1/Systems/1`
  if (mode === 'badpass') {
    return `HTTP GET ${url} returned code 401. Base.1.0.GeneralError: Invalid Username or Password Extended information: None`
  }
  if (mode === 'rejecting') {
    return `Redfish exception occurred. Error: HTTP GET ${url} returned code 500. Base.1.6.InternalError: The request failed due to an internal service error. Extended information: None`
  }
  const pool = `HTTPSConnectionPool(host='${host}', port=443)`
  const why =
    mode === 'frozen' || mode === 'hung'
      ? `${pool}: Read timed out. (read timeout=60)`
      : mode === 'silent'
        ? `${pool}: Max retries exceeded with url: /redfish/v1/Systems/1 (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f3a5c0e1d10>, 'Connection to ${host} timed out. (connect timeout=60)'))`
        : `${pool}: Max retries exceeded with url: /redfish/v1/Systems/1 (Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x7f3a5c0e1d10>: Failed to establish a new connection: [Errno 111] ECONNREFUSED'))`
  return `Redfish connection failed for node ${node.row.uuid}: Unable to connect to ${url}. Error: ${why}`
}

/** How long such trouble takes to show: 5.2 s for a BMC that cannot be reached, 2.3 to 2.9 s for one that answers wrongly. */
function troubleMs(world: World, node: SimNode): number {
  const unreachable = node.isFake || ['silent', 'frozen', 'hung', 'refusing'].includes(modeAt(node.bmc, world.clock.now()))
  return unreachable ? between(world.random, 5000, 5300) : between(world.random, 2100, 2700)
}

/** A stuck BMC: Ironic waits for the change that never comes (6.1 s in the lab). */
const STUCK_MS = 6060
const SWITCH_MS = 2150

/** Switches power; null when it is as wanted, else the text of the failure (already recorded as Ironic records it). */
export async function setPower(world: World, work: Work, node: SimNode, wanted: 'power on' | 'power off'): Promise<string | null> {
  const trouble = powerTrouble(world, node)
  if (trouble !== null) {
    await work.pause(troubleMs(world, node))
    recordError(world, node, { text: `Failed to change power state to '${wanted}': ${trouble}`, type: 'UNKNOWN', host: work.host })
    await work.pause(60)
    return trouble
  }
  await work.pause(node.bmc.mode === 'slow' ? 900 : 60)
  if (node.isFake) node.bmc.power = wanted
  if (node.bmc.power === wanted) {
    write(world, node, { power_state: wanted })
    return null
  }
  write(world, node, { target_power_state: wanted })
  if (node.bmc.mode === 'stuck') {
    await work.pause(STUCK_MS)
    const text = `Failed to set node power state to ${wanted}.`
    write(world, node, { target_power_state: null })
    recordError(world, node, {
      text: `Failed to change power state to '${wanted}' by '${wanted}': ${text}`,
      type: 'UNKNOWN',
      host: work.host,
    })
    await work.pause(30)
    return text
  }
  await work.pause(node.bmc.mode === 'slow' ? 4 * SWITCH_MS : SWITCH_MS)
  node.bmc.power = wanted
  write(world, node, { power_state: wanted, target_power_state: null })
  await work.pause(30)
  return null
}

/** conductor/manager.py, SYNC_EXCLUDED_STATES: `error` is not among them. */
const NOT_SYNCED: readonly string[] = ['wait call-back', 'clean wait', 'enroll', 'adopt failed']

export function watchPower(world: World): void {
  // As in Ironic's configuration, an interval of 0 switches it off.
  if (world.settings.ironic.powerSyncMs === 0) return
  world.clock.after(world.settings.ironic.powerSyncMs, () => {
    watchPower(world)
    for (const node of world.nodes.values()) syncPower(world, node)
  })
}

function syncPower(world: World, node: SimNode): void {
  const { row } = node
  const host = runningConductor(world, node)
  if (host === null || row.reservation !== null || row.maintenance || row.target_power_state !== null) return
  if (NOT_SYNCED.includes(row.provision_state)) return
  const trouble = powerTrouble(world, node)
  if (trouble !== null) {
    node.syncFailures += 1
    if (node.syncFailures > world.settings.ironic.powerSyncRetries) takeOver(world, node, { trouble, host })
    return
  }
  node.syncFailures = 0
  const { erasesLastError, history } = world.settings.ironic
  if (erasesLastError && history && row.last_error !== null) write(world, node, { last_error: null })
  if (row.power_state !== node.bmc.power) write(world, node, { power_state: node.bmc.power })
}

/** Both texts are overwritten with the same long one, whatever stood there (recorded in power-sync-takes-over). */
function takeOver(world: World, node: SimNode, found: { trouble: string; host: string }): void {
  node.syncFailures = 0
  const expected = node.row.power_state === null ? 'None' : node.row.power_state
  const text = `During sync_power_state, max retries exceeded for node ${node.row.uuid}, node state None does not match expected state '${expected}'. Updating DB state to 'None' Switching node to maintenance mode. Error: ${found.trouble}`
  write(world, node, { power_state: null, maintenance: true, maintenance_reason: text, fault: 'power failure' })
  recordError(world, node, { text, type: 'monitoring', host: found.host })
}

/** Lifts only `power failure`, and leaves provision_state and last_error as they are. */
export function watchRecovery(world: World): void {
  world.clock.after(world.settings.ironic.recoveryMs, () => {
    watchRecovery(world)
    for (const node of world.nodes.values()) {
      const { row } = node
      if (row.fault !== 'power failure' || !row.maintenance || row.reservation !== null) continue
      if (runningConductor(world, node) === null || powerTrouble(world, node) !== null) continue
      write(world, node, { maintenance: false, maintenance_reason: null, fault: null, power_state: node.bmc.power })
    }
  })
}

function runningConductor(world: World, node: SimNode): string | null {
  const host = conductorOf(world, node.row)
  return host !== null && world.conductors.get(host)?.running === true ? host : null
}

/** 60 s up to 2025.2 (API 1.101), 120 s from 2026.1 (ironic/conf/conductor.py on both branches). */
export const defaultPowerSyncMs = (version: string): number => (minorOf(version) >= 111 ? 120_000 : 60_000)
