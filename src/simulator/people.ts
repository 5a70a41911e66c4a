/**
 * What people, tenants and machines do to the cloud by hand: the pushes that a scenario is made of. They act on the world
 * itself and at once, through the same lock and state machine where a person would go through Ironic; nothing is logged as
 * a request, because these are not the operator's.
 */
import { lend } from './blazar-people.ts'
import { setBmcMode } from './bmc.ts'
import { failState, killConductor, releaseLock, rpc, startConductor, takeLock, workOf } from './ironic-conductor.ts'
import { conductorOf, write } from './ironic-node.ts'
import { accepts } from './ironic-states.ts'
import { begin } from './ironic-verbs.ts'
import { bindPort, deleteServer, forgetServer, launch } from './nova.ts'
import type { BmcMode, CleaningWill, Server, SimNode, World } from './world.ts'
import { findNode, minorOf } from './world.ts'

export type PersonsVerb = 'deleted' | 'manage' | 'provide' | 'abort' | 'adopt' | 'unhold'

export type People = {
  /** Ends the tenant's use: a Nova delete where Nova knows the server, else Ironic's own verb. */
  undeploy(node: string): void
  /** A verb by an operator behind everybody's back; false where Ironic refused it. */
  verb(node: string, verb: PersonsVerb): Promise<boolean>
  /** A user's new server; null where Placement offers nothing. Resolves when it is active or has failed. */
  launch(node: string): Promise<Server | null>
  setMaintenance(node: string, reason: string | null): void
  clearMaintenance(node: string): void
  setProtected(node: string, value: boolean): void
  setRetired(node: string, value: boolean): void
  /** null removes the key. */
  setExtra(node: string, key: string, value: unknown): void
  setInstance(node: string, instanceUuid: string | null): void
  /** Something long holds the node's lock; false where it is held already. */
  lock(node: string, ms: number): boolean
  bmc(node: string, mode: BmcMode): void
  /** The management switch of a rack: while it is down no BMC behind it can be reached; afterwards each is what it was before. */
  switch(name: string, is: 'down' | 'up'): void
  cleaning(node: string, will: CleaningWill): void
  /** A port that nobody unbinds: `dirty-port`. Gives its id. */
  leavePort(node: string): string
  /** Puts the node straight into `error` with this text, as if a tear-down had just failed with it and Nova had believed it. */
  fail(node: string, text: string): void
  /** One of Nova's cells is out of reach, or back. */
  cell(name: string, is: 'down' | 'up'): void
  killConductor(host: string): void
  startConductor(host: string): void
  /** The node is no longer enrolled. */
  remove(node: string): void
  /** A user's lease of this very node, in whole minutes of virtual time. Throws where there is no Blazar, or it refuses. */
  lend(node: string, span: { from: number; until: number }): void
}

export function people(world: World): People {
  const one = (id: string): SimNode => {
    const node = findNode(world, id)
    if (node === undefined) throw new Error(`no node ${id} in this cloud`)
    return node
  }
  return {
    undeploy(id) {
      const node = one(id)
      const server = world.servers.get(node.row.instance_uuid ?? '')
      if (server !== undefined && !server.deleted) deleteServer(world, server, 'deleting')
      else void sendVerb(world, node, 'deleted')
    },
    verb: (id, name) => sendVerb(world, one(id), name),
    launch: (id) => launch(world, one(id), 'lab'),
    setMaintenance: (id, reason) => write(world, one(id), { maintenance: true, maintenance_reason: reason }),
    clearMaintenance: (id) => write(world, one(id), { maintenance: false, maintenance_reason: null, fault: null }),
    setProtected: (id, value) => write(world, one(id), { protected: value }),
    setRetired: (id, value) => write(world, one(id), { retired: value }),
    setExtra(id, key, value) {
      const node = one(id)
      const { [key]: _, ...others } = node.row.extra
      write(world, node, { extra: value === null ? others : { ...others, [key]: value } })
    },
    setInstance: (id, instanceUuid) => write(world, one(id), { instance_uuid: instanceUuid }),
    lock: (id, ms) => lockFor(world, one(id), ms),
    ...bmcs(world, one),
    cleaning(id, will) {
      one(id).cleaning = will
    },
    leavePort(id) {
      const node = one(id)
      const port = bindPort(world, node, { device: world.newId(), project: world.projects.get('lab')?.id ?? '' })
      node.vif = null
      return port
    },
    fail: (id, text) => failTearDown(world, one(id), text),
    cell: (name, is) => void (is === 'down' ? world.cellsDown.add(name) : world.cellsDown.delete(name)),
    killConductor: (host) => killConductor(world, host),
    startConductor: (host) => startConductor(world, host),
    remove: (id) => removeNode(world, one(id)),
    lend: (id, span) => void lend(world, { node: one(id), ...span }),
  }
}

function lockFor(world: World, node: SimNode, ms: number): boolean {
  if (node.row.reservation !== null) return false
  const conductor = world.conductors.get(conductorOf(world, node.row) ?? '')
  if (conductor === undefined) return false
  node.row.reservation = conductor.host
  void workOf(world, conductor)
    .pause(ms)
    .then(() => releaseLock(node))
  return true
}

function removeNode(world: World, { row, bmc }: SimNode): void {
  world.nodes.delete(row.uuid)
  if (row.name !== null) world.names.delete(row.name)
  world.providers.delete(row.uuid)
  world.bmcs.delete(`${bmc.host}:${bmc.port}`)
}

function bmcs(world: World, one: (id: string) => SimNode): Pick<People, 'bmc' | 'switch'> {
  /** By the switch that is down: what each BMC behind it would be like. */
  const behind = new Map<string, Map<SimNode, BmcMode>>()
  return {
    bmc(id, mode) {
      const node = one(id)
      const cut = [...behind.values()].find((nodes) => nodes.has(node))
      if (cut === undefined) setBmcMode(node.bmc, mode, world.clock.now())
      else cut.set(node, mode)
    },
    switch(name, is) {
      if (is === 'down' && !behind.has(name)) {
        const nodes = [...world.nodes.values()].filter(({ port }) => port.switch_info === name)
        behind.set(name, new Map(nodes.map((node) => [node, node.bmc.mode])))
        for (const node of nodes) setBmcMode(node.bmc, 'silent', world.clock.now())
      }
      if (is === 'down') return
      for (const [node, mode] of behind.get(name) ?? []) setBmcMode(node.bmc, mode, world.clock.now())
      behind.delete(name)
    },
  }
}

async function sendVerb(world: World, node: SimNode, verb: PersonsVerb): Promise<boolean> {
  const minor = minorOf(world.settings.ironic.version)
  const call = await rpc(world, node)
  if ('refusal' in call || !accepts(node.row.provision_state, verb, minor)) return false
  if ((await takeLock(world, node, call.conductor.host)) !== null) return false
  if (!accepts(node.row.provision_state, verb, minor)) {
    releaseLock(node)
    return false
  }
  begin(world, workOf(world, call.conductor), node, { verb })
  return true
}

function failTearDown(world: World, node: SimNode, text: string): void {
  const server = world.servers.get(node.row.instance_uuid ?? '')
  if (server !== undefined) forgetServer(world, server)
  node.vif = null
  write(world, node, { instance_uuid: null, instance_info: {}, allocation_uuid: null })
  failState(world, node, { to: 'error', text, type: 'unprovision', host: conductorOf(world, node.row) ?? 'conductor-1' })
}
