/**
 * The simulated cloud: Keystone, Ironic, Nova, Neutron, Placement and the BMCs of one pretend site, behind the same two
 * seams (transport, datagram) that lead to a real one. It lives on a virtual clock: nothing happens until time is moved.
 * It never imports the clients that it is used to test.
 */
import type { Datagram, Transport } from '../core/seams.ts'
import { blazar } from './blazar.ts'
import { sendDatagram } from './bmc.ts'
import type { CloudOptions } from './build-world.ts'
import { buildWorld } from './build-world.ts'
import type { Delivered, Plain } from './delivery.ts'
import { deliver, transportOver } from './delivery.ts'
import type { Faults } from './faults.ts'
import { ironic } from './ironic.ts'
import { watchOrphans } from './ironic-conductor.ts'
import { watchPower, watchRecovery } from './ironic-power.ts'
import { APPCRED_SECRET, keystone, PASSWORD } from './keystone.ts'
import type { Ledger } from './ledger.ts'
import { neutron } from './neutron.ts'
import { nova } from './nova.ts'
import { cinder, glance } from './other-services.ts'
import type { People } from './people.ts'
import { people } from './people.ts'
import { placement, watchInventory } from './placement.ts'
import type { SimNode, World } from './world.ts'
import { findNode } from './world.ts'

export type SimulatedCloud = {
  transport: Transport
  datagram: Datagram
  /** One request without a client's patience, for a server in front of the cloud. */
  deliver(request: Plain): Promise<Delivered>
  /** Everything there is, for inspection; change it through `people` and `faults`. */
  state: World
  ledger: Ledger
  faults: Faults
  people: People
  node(id: string): SimNode
  /** How to log in: `user` is one of `state.users`; project users also have an application credential. */
  credentials(user: string): { authUrl: string; user: string; password: string; appcredId: string; appcredSecret: string }
  /** Moves the services to another address; tokens and their catalogs issued from now on name it. */
  moveTo(baseUrl: string): void
}

/** Sets up a cloud; its periodic tasks are events of the given clock from now on. */
export function simulatedCloud(options: CloudOptions): SimulatedCloud {
  const world = buildWorld(options)
  const services = {
    keystone: keystone(world),
    ironic: ironic(world),
    nova: nova(world),
    neutron: neutron(world),
    placement: placement(world),
    glance: glance(world),
    cinder: cinder(world),
    blazar: blazar(world),
  }
  const delivery = (request: Plain): Promise<Delivered> => deliver(world, services, request)
  watchPower(world)
  watchRecovery(world)
  watchOrphans(world)
  if (world.settings.features.placement) watchInventory(world)
  return {
    transport: transportOver(world, delivery),
    datagram: (request) => sendDatagram(world, request),
    deliver: delivery,
    state: world,
    ledger: world.ledger,
    faults: world.faults,
    people: people(world),
    node(id) {
      const node = findNode(world, id)
      if (node === undefined) throw new Error(`no node ${id} in this cloud`)
      return node
    },
    credentials: (user) => ({
      authUrl: `${world.baseUrl}/identity/v3`,
      user,
      password: PASSWORD,
      appcredId: `appcred-${user}`,
      appcredSecret: APPCRED_SECRET,
    }),
    moveTo(baseUrl) {
      world.baseUrl = baseUrl
    },
  }
}
