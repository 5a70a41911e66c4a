/**
 * Conductors: who answers an RPC, who holds a node's lock, work that dies with its conductor, death and restart. A worker's
 * `pause` never settles once its conductor has died, so a tear-down stops exactly where the kill met it.
 */
import type { Reply } from './answer.ts'
import { conductorOf, isAlive, recordError, write } from './ironic-node.ts'
import { FAILS_TO, fault, locked } from './ironic-states.ts'
import type { Conductor, SimNode, World } from './world.ts'

export type Work = {
  host: string
  pause(ms: number): Promise<void>
}

/** `node_locked_retry_attempts` and `_interval`: a locked node is tried 3 times, 1 s apart. */
const LOCK_TRIES = 3
const LOCK_RETRY_MS = 1000

/** The API caches which conductors live, so a death is seen this much after the heartbeat ran out (6 s as measured). */
const RING_CACHE_MS = 6000

/** oslo.messaging's rpc_response_timeout. */
const RPC_TIMEOUT_MS = 60_000

export function workOf(world: World, conductor: Conductor): Work {
  const born = conductor.incarnation
  return {
    host: conductor.host,
    pause: (ms) =>
      new Promise((resolve) => {
        world.clock.after(ms, () => {
          if (conductor.incarnation === born) resolve()
        })
      }),
  }
}

/** An update of a node is refused with 400 where nobody serves its group, and goes to the group that it would then have. */
type Update = { isUpdate: true; conductor_group?: string }

/** The conductor that takes an RPC for this node, or the error that the API answers with instead. */
export async function rpc(world: World, node: SimNode, update?: Update): Promise<{ conductor: Conductor } | { refusal: Reply }> {
  const wanted = update?.conductor_group ?? node.row.conductor_group
  const group = [...world.conductors.values()].filter((one) => one.group === wanted)
  const now = world.clock.now()
  const limit = world.settings.ironic.heartbeatTimeoutMs
  const alive = group.filter((one) => isAlive(world, one.host))
  const seen = alive.length > 0 ? alive : group.filter((one) => one.killedAt !== null && now - one.killedAt < limit + RING_CACHE_MS)
  const conductor = seen[node.order % Math.max(1, seen.length)]
  if (conductor === undefined)
    return { refusal: noConductor(world, { driver: node.row.driver, group: wanted, status: update === undefined ? 404 : 400 }) }
  if (conductor.running) return { conductor }
  if (world.settings.ironic.rpc === 'messaging') {
    await world.clock.sleep(RPC_TIMEOUT_MS)
    return { refusal: fault(500, `Timed out waiting for a reply to message ID ${world.newId().replaceAll('-', '')}`) }
  }
  const text = `Unable to establish connection to http://${conductor.host}:8089: HTTPConnectionPool(host='${conductor.host}', port=8089): Max retries exceeded with url: / (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f880fd3e410>: Failed to establish a new connection: [Errno 111] ECONNREFUSED'))`
  return { refusal: fault(500, text) }
}

function noConductor(world: World, asked: { driver: string; group: string; status: number }): Reply {
  const anyAlive = [...world.conductors.values()].some((one) => isAlive(world, one.host))
  if (!anyAlive) return fault(503, 'Resource temporarily unavailable, please retry.')
  const reason = `No conductor service registered which supports driver ${asked.driver} for conductor group "${asked.group}".`
  return fault(asked.status, `No valid host was found. Reason: ${reason}`)
}

/** The node's lock for this conductor, after the usual tries; the 409 where it stays taken. */
export async function takeLock(world: World, node: SimNode, host: string): Promise<Reply | null> {
  for (let attempt = 1; ; attempt += 1) {
    if (node.row.reservation === null) {
      node.row.reservation = host
      return null
    }
    if (attempt === LOCK_TRIES) return locked(node.row.uuid, node.row.reservation)
    await world.clock.sleep(LOCK_RETRY_MS)
  }
}

export function releaseLock(node: SimNode): void {
  node.row.reservation = null
}

/** The process is gone (kill -9): locks and states stay in the database as they are. */
export function killConductor(world: World, host: string): void {
  const conductor = world.conductors.get(host)
  if (conductor === undefined || !conductor.running) return
  conductor.running = false
  conductor.incarnation += 1
  conductor.killedAt = world.clock.now()
}

/**
 * Starts it again. It frees the locks it held and fails every unlocked node that it now manages and that stands in a state
 * nobody can resume. instance_uuid and instance_info stay: only the state changes.
 */
export function startConductor(world: World, host: string): void {
  const conductor = world.conductors.get(host)
  if (conductor === undefined || conductor.running) return
  Object.assign(conductor, { running: true, killedAt: null, startedAt: world.clock.now() })
  for (const node of world.nodes.values()) {
    if (node.row.reservation === host) releaseLock(node)
  }
  for (const node of world.nodes.values()) {
    const failed = FAILS_TO[node.row.provision_state]
    if (failed === undefined || node.row.reservation !== null || conductorOf(world, node.row) !== host) continue
    const text = `The ${node.row.provision_state} state can't be resumed by conductor ${host}. Moving to fail state.`
    failState(world, node, { to: failed, text, type: 'transition', host })
  }
}

/** A fail event: the state, its target (kept by `clean failed`), the text and its history. */
export function failState(world: World, node: SimNode, failure: { to: string; text: string; type: string; host: string }): void {
  const target = failure.to === 'clean failed' ? node.row.target_provision_state : failure.to === 'deploy failed' ? 'active' : null
  write(world, node, { provision_state: failure.to, target_provision_state: target, target_power_state: null })
  recordError(world, node, { text: failure.text, type: failure.type, host: failure.host })
}

/** `_check_orphan_nodes` has its own period of 60 s (`check_provision_state_interval`). */
const ORPHAN_PERIOD_MS = 60_000

/**
 * A living conductor frees the locks of dead ones, and fails `deploying` and `cleaning` outside maintenance. `deleting` it
 * leaves: that stays until a conductor starts (conductor/manager.py).
 */
export function watchOrphans(world: World): void {
  world.clock.after(ORPHAN_PERIOD_MS, () => {
    watchOrphans(world)
    const living = [...world.conductors.values()].find((one) => one.running)
    if (living === undefined) return
    for (const node of world.nodes.values()) {
      const holder = node.row.reservation
      if (holder === null || isAlive(world, holder)) continue
      releaseLock(node)
      const state = node.row.provision_state
      const failed = FAILS_TO[state]
      if (failed === undefined || node.row.maintenance || (state !== 'deploying' && state !== 'cleaning')) continue
      const text = 'Operation was aborted due to conductor take over'
      failState(world, node, { to: failed, text, type: 'transition', host: living.host })
    }
  })
}
