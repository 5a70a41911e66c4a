/**
 * What happens in the demo, as a script of pushes on the pretend cloud: each story says what goes wrong and when, never what the operator
 * makes of it. Six kinds of trouble; half of them are healed, and half of them must not be touched.
 */
import type { Cast } from './cast.ts'
import type { SimulatedCloud } from './cloud.ts'
import { deleteServer } from './nova.ts'
import { findNode } from './world.ts'

const SECOND = 1_000
const MINUTE = 60_000

export type Step = {
  /** Virtual milliseconds from the beginning of the demo. */
  at: number
  /** null: the whole cloud. */
  node: string | null
  text: string
  happen(): void
}

export type Story = { title: string; steps: Step[] }

/** When Neutron is away, virtual milliseconds from the beginning: nothing may be reset in between. */
export const OUTAGE = { from: 28 * MINUTE, to: 33 * MINUTE }

/**
 * In the order of their beginnings. The first four lie so far before the outage that their failures are out of the quarter of an hour
 * within which failures count as one incident.
 */
export const stories = (cloud: SimulatedCloud, cast: Cast): Story[] => [
  blip(cloud, cast.blip),
  deadBmc(cloud, cast.dead),
  liveTenant(cloud, cast.live),
  maintenance(cloud, cast.maintained),
  ...outage(cloud, cast.outage),
]

function blip({ people }: SimulatedCloud, node: string): Story {
  const launch = () => void people.launch(node)
  return {
    title: 'A BMC blip',
    steps: [
      {
        at: 2 * MINUTE,
        node,
        text: 'Its BMC stops answering, and just then its tenant deletes the instance.',
        happen: () => stopAndDelete(people, node, 'silent'),
      },
      { at: 3.5 * MINUTE, node, text: 'Its BMC answers again.', happen: () => people.bmc(node, 'ok') },
      { at: 10 * MINUTE, node, text: 'A user launches an instance on it: that is what it was healed for.', happen: launch },
    ],
  }
}

function stopAndDelete(people: SimulatedCloud['people'], node: string, mode: 'silent' | 'refusing'): void {
  people.bmc(node, mode)
  people.undeploy(node)
}

function deadBmc({ people }: SimulatedCloud, node: string): Story {
  return {
    title: 'A dead BMC',
    steps: [
      {
        at: 5 * MINUTE,
        node,
        text: 'Its BMC dies for good, and its tenant deletes the instance.',
        happen: () => stopAndDelete(people, node, 'silent'),
      },
    ],
  }
}

/** Ironic wipes instance_uuid although the tear-down failed, so only Nova still knows the tenant. */
function liveTenant({ people }: SimulatedCloud, node: string): Story {
  const wrongNode = () => {
    people.bmc(node, 'stuck')
    void people.verb(node, 'deleted')
  }
  return {
    title: 'A live tenant behind an error',
    steps: [
      {
        at: 8.5 * MINUTE,
        node,
        text: 'Somebody undeploys the wrong node by hand; power-off fails, so its tenant runs on.',
        happen: wrongNode,
      },
      {
        at: 10.5 * MINUTE,
        node,
        text: 'Its BMC obeys again: from now on a reset would delete that tenant.',
        happen: () => people.bmc(node, 'ok'),
      },
    ],
  }
}

function maintenance({ people }: SimulatedCloud, node: string): Story {
  return {
    title: "A person's maintenance",
    steps: [
      {
        at: 12 * MINUTE,
        node,
        text: 'Its BMC refuses, and its tenant deletes the instance.',
        happen: () => stopAndDelete(people, node, 'refusing'),
      },
      {
        at: 12.5 * MINUTE,
        node,
        text: 'A technician puts it into maintenance: "new mainboard on Tuesday".',
        happen: () => people.setMaintenance(node, 'new mainboard on Tuesday'),
      },
      { at: 14 * MINUTE, node, text: 'Its BMC answers again.', happen: () => people.bmc(node, 'ok') },
    ],
  }
}

/** Nova's own delete fails too while Neutron is away, so the port stays until somebody deletes the instance once more. */
function outage(cloud: SimulatedCloud, nodes: readonly string[]): Story[] {
  const { people, faults, state } = cloud
  const deletes: Step[] = nodes.map((node, i) => ({
    at: OUTAGE.from + (10 + 6 * i) * SECOND,
    node,
    text: 'Its tenant deletes the instance.',
    happen: () => people.undeploy(node),
  }))
  const again = () => {
    const uuids = new Set(nodes.map((name) => findNode(state, name)?.row.uuid))
    for (const server of state.servers.values()) if (uuids.has(server.node) && !server.deleted) deleteServer(state, server, 'deleting')
  }
  const impatient = nodes.at(-1) ?? ''
  return [
    {
      title: 'A Neutron outage',
      steps: [
        { at: OUTAGE.from, node: null, text: 'Neutron goes down.', happen: () => faults.set('neutron', { kind: 'down' }) },
        ...deletes,
        { at: OUTAGE.to, node: null, text: 'Neutron is back.', happen: () => faults.clear('neutron') },
        {
          at: OUTAGE.to + MINUTE,
          node: null,
          text: "The tenants' tools delete their instances once more, and Nova removes the ports.",
          happen: again,
        },
      ],
    },
    {
      title: 'A stranded cleaning',
      steps: [
        {
          at: OUTAGE.from + 2 * MINUTE,
          node: impatient,
          text: 'Somebody impatient undeploys it by hand while Neutron is down: it is stranded in cleaning.',
          happen: () => void people.verb(impatient, 'deleted'),
        },
      ],
    },
  ]
}
