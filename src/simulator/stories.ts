/**
 * What happens in the demo, as a script of pushes on the pretend cloud: each story says what goes wrong and when, never what the operator
 * makes of it. Seven kinds of trouble; some are healed, and some must not be touched. What a reader breaks beside them stands in
 * own-stories.ts.
 */
import { type Cast, nameOf } from './cast.ts'
import type { SimulatedCloud } from './cloud.ts'
import { deleteServer } from './nova.ts'

const SECOND = 1_000
const MINUTE = 60_000

export type Step = {
  /** Virtual milliseconds from the beginning of the story's reckoning: of the demo, or of the key. */
  at: number
  /** null: the whole cloud. */
  node: string | null
  text: string
  happen(): void
}

export type Story = { title: string; steps: Step[] }

/** When Neutron was away, virtual times; `to` is null while it is. Nothing may be reset in between. */
export type Outages = {
  readonly windows: { from: number; to: number | null }[]
  begin(): void
  end(): void
}

/** Several outages may overlap: Neutron is back with the last of them. */
export function neutronOutages({ faults, state }: SimulatedCloud): Outages {
  const windows: Outages['windows'] = []
  let open = 0
  return {
    windows,
    begin: () => {
      open += 1
      if (open > 1) return
      faults.set('neutron', { kind: 'down' })
      windows.push({ from: state.clock.now(), to: null })
    },
    end: () => {
      open -= 1
      if (open > 0) return
      faults.clear('neutron')
      const last = windows.at(-1)
      if (last !== undefined) last.to = state.clock.now()
    },
  }
}

/** A quarter of an hour after the blip, which leaves the same text: within that time failures count as one incident. */
const RACK_AT = 18 * MINUTE
/** When the rack's nodes are back. */
const OUTAGE_AT = 28 * MINUTE

/** In the order of their beginnings. */
export const stories = (cloud: SimulatedCloud, cast: Cast, outages: Outages): Story[] => [
  blip(cloud, cast.blip),
  deadBmc(cloud, cast.dead),
  liveTenant(cloud, cast.live),
  maintenance(cloud, cast.maintained),
  darkRack(cloud, { ...cast.rack, at: RACK_AT }),
  ...outage(cloud, cast.outage, outages),
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
      { at: 8 * MINUTE, node, text: 'A user launches an instance on it: that is what it was healed for.', happen: launch },
    ],
  }
}

export function stopAndDelete(people: SimulatedCloud['people'], node: string, mode: 'silent' | 'refusing'): void {
  people.bmc(node, mode)
  people.undeploy(node)
}

function deadBmc({ people }: SimulatedCloud, node: string): Story {
  return {
    title: 'A dead BMC',
    steps: [
      {
        at: 4.5 * MINUTE,
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
        at: 6.5 * MINUTE,
        node,
        text: 'Somebody undeploys the wrong node by hand; power-off fails, so its tenant runs on.',
        happen: wrongNode,
      },
      {
        at: 8.5 * MINUTE,
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
        at: 9.5 * MINUTE,
        node,
        text: 'Its BMC refuses, and its tenant deletes the instance.',
        happen: () => stopAndDelete(people, node, 'refusing'),
      },
      {
        at: 10 * MINUTE,
        node,
        text: 'A technician puts it into maintenance: "new mainboard on Tuesday".',
        happen: () => people.setMaintenance(node, 'new mainboard on Tuesday'),
      },
      { at: 11 * MINUTE, node, text: 'Its BMC answers again.', happen: () => people.bmc(node, 'ok') },
    ],
  }
}

/** Between two of many tenants who delete at the same time. */
const APART_MS = 1_500

/** Over before the demo's policy would give up a silent BMC, and before Ironic's power sync takes out every node of the rack. */
const RACK_DARK_MS = 100 * SECOND

/** A switch of a rack dies; meanwhile some tenants in it delete. */
export function darkRack({ people, state }: SimulatedCloud, rack: { switch: string; nodes: readonly string[]; at: number }): Story {
  const behind = [...state.nodes.values()].filter(({ port }) => port.switch_info === rack.switch).length
  const deletes: Step[] = rack.nodes.map((node, i) => ({
    at: rack.at + 5 * SECOND + i * APART_MS,
    node,
    text: 'Its tenant deletes the instance.',
    happen: () => people.undeploy(node),
  }))
  return {
    title: 'A rack switch',
    steps: [
      {
        at: rack.at,
        node: null,
        text: `The management switch ${rack.switch} dies: none of its ${behind} BMCs can be reached.`,
        happen: () => people.switch(rack.switch, 'down'),
      },
      ...deletes,
      {
        at: rack.at + RACK_DARK_MS,
        node: null,
        text: `The switch ${rack.switch} is back.`,
        happen: () => people.switch(rack.switch, 'up'),
      },
    ],
  }
}

function outage(cloud: SimulatedCloud, nodes: readonly string[], outages: Outages): Story[] {
  const { people } = cloud
  const impatient = nodes.at(-1) ?? ''
  return [
    neutronAway(cloud, { nodes, at: OUTAGE_AT, outages }),
    {
      title: 'A stranded cleaning',
      steps: [
        {
          at: OUTAGE_AT + 2 * MINUTE,
          node: impatient,
          text: 'Somebody impatient undeploys it by hand while Neutron is down: it is stranded in cleaning.',
          happen: () => void people.verb(impatient, 'deleted'),
        },
      ],
    },
  ]
}

const NEUTRON_AWAY_MS = 5 * MINUTE

/** Nova's own delete fails too while Neutron is away, so the port stays until somebody deletes the instance once more. */
export function neutronAway(cloud: SimulatedCloud, away: { nodes: readonly string[]; at: number; outages: Outages }): Story {
  const { people, state } = cloud
  const { nodes, at, outages } = away
  const deletes: Step[] = nodes.map((node, i) => ({
    at: at + 10 * SECOND + i * APART_MS,
    node,
    text: 'Its tenant deletes the instance.',
    happen: () => people.undeploy(node),
  }))
  const again = () => {
    for (const server of state.servers.values()) {
      const isLeft = server.status === 'ERROR' && server.actions.at(-1)?.action === 'delete'
      if (isLeft && !server.deleted) deleteServer(state, server, 'deleting')
    }
  }
  return {
    title: 'A Neutron outage',
    steps: [
      { at, node: null, text: 'Neutron goes down.', happen: outages.begin },
      ...deletes,
      { at: at + NEUTRON_AWAY_MS, node: null, text: 'Neutron is back.', happen: outages.end },
      {
        at: at + NEUTRON_AWAY_MS + MINUTE,
        node: null,
        text: "The tenants' tools delete their instances once more, and Nova removes the ports.",
        happen: again,
      },
    ],
  }
}

/** The switches of the site, each with the names of the nodes behind it that fit. */
export function racksOf({ state }: SimulatedCloud, fits: (name: string) => boolean): Map<string, string[]> {
  const racks = new Map<string, string[]>()
  for (const node of state.nodes.values()) {
    const name = nameOf(node)
    if (fits(name)) racks.set(node.port.switch_info, [...(racks.get(node.port.switch_info) ?? []), name])
  }
  return racks
}
