/**
 * The checks of the site: what Ironic tells of failures (history, power sync, conductors), and whether this host reaches BMCs. None of them
 * can refuse a start; where one fails, Anneal sees less and waits longer.
 */
import { lookAtRedfish } from '../bmc/redfish.ts'
import { lookAtIpmi } from '../bmc/rmcp.ts'
import { canaryNode } from '../controller/canary.ts'
import { canaryUnfit } from '../core/canary.ts'
import type { BmcAddress } from '../core/observation.ts'
import type { Seams } from '../core/seams.ts'
import type { SeenNode } from '../core/seen.ts'
import { spanText } from '../core/when.ts'
import { bmcAddresses } from '../wire-cloud.ts'
import type { Reached } from '../wiring.ts'
import { type Checked, checked, pass, type Saying, warn } from './checked.ts'

/** Nodes whose history is read, and BMCs that are looked at. */
const SAMPLE = 3

export async function checkSite(cloud: Reached, nodes: readonly SeenNode[], seams: Seams): Promise<Checked[]> {
  const on = (name: string, ask: () => Promise<Saying>) => checked({ cloud, name }, ask)
  return await Promise.all([
    on('conductors', () => conductors(cloud)),
    on('history', () => history(cloud, nodes)),
    on('power sync', async () => powerSync(nodes)),
    on('bmc route', () => bmcRoute(cloud, nodes, seams)),
    ...(cloud.config.canary === null ? [] : [on('canary', () => canary(cloud))]),
  ])
}

async function canary({ ironic, config }: Reached): Promise<Saying> {
  if (config.canary === null) return pass('none')
  const { node } = config.canary
  const wire = await ironic.node(node)
  if (wire === null)
    return warn(`Ironic has no node ${node}, so nothing proves now and then that the whole path works`, 'Correct canary.node.')
  const unfit = canaryUnfit(canaryNode(wire))
  if (unfit !== null) return warn(`${node} is not broken and healed on schedule. ${unfit}`, 'docs/canary.md says what the node must be.')
  if (config.policy.mode !== 'auto')
    return warn(`${node} is fit, but in mode ${config.policy.mode} nothing is ever broken`, 'Set mode: auto, or leave it out.')
  return pass(`${node} is broken and healed every ${spanText(config.canary.every)}`)
}

async function conductors({ ironic }: Reached): Promise<Saying> {
  const listed = await ironic.conductors()
  const dead = listed.filter(({ alive }) => !alive).map(({ hostname }) => hostname)
  if (dead.length === 0) return pass(`${listed.length} alive`)
  return warn(`${dead.join(', ')} not alive (of ${listed.length}): nodes they manage wait`, 'Start them again.')
}

/** Failed nodes first: they are the ones with something to tell. */
async function history({ ironic }: Reached, nodes: readonly SeenNode[]): Promise<Saying> {
  const failed = nodes.filter(
    ({ provision_state, fault }) => provision_state === 'error' || provision_state === 'clean failed' || fault !== null,
  )
  const sample = [...failed, ...nodes].slice(0, SAMPLE)
  const read = await Promise.all(sample.map(({ uuid }) => ironic.history(uuid)))
  const events = read.reduce((sum, answer) => sum + (answer.kind === 'known' ? answer.value.length : 0), 0)
  if (events > 0) return pass('kept by Ironic')
  if (failed.length === 0) return pass('no event on the nodes that were asked, and none of them has failed')
  return warn(
    'nodes have failed and Ironic keeps no event of it: causes are read from last_error alone, which newer Ironic erases',
    'Set [conductor]node_history to True (its default).',
  )
}

function powerSync(nodes: readonly SeenNode[]): Saying {
  if (nodes.length === 0) return warn('no node to tell by', null)
  const known = nodes.filter(({ power_state }) => power_state !== null)
  if (nodes.some(({ fault }) => fault === 'power failure'))
    return pass(`at work: it has reported a power failure; ${known.length} power states are known`)
  if (known.length * 2 >= nodes.length) return pass(`${known.length} of ${nodes.length} power states are known`)
  return warn(
    `only ${known.length} of ${nodes.length} power states are known`,
    'Look at [conductor]sync_power_state_interval: without power sync Ironic does not notice dead BMCs.',
  )
}

async function bmcRoute({ ironic }: Reached, nodes: readonly SeenNode[], seams: Seams): Promise<Saying> {
  const bmcs = await bmcAddresses(ironic, some(nodes.filter(isPowerKnown), seams.random))
  if (bmcs.length === 0) return warn('no node with a BMC of known address and known power state to look at', null)
  const looks = await Promise.all(bmcs.map((bmc) => lookAt(bmc, seams)))
  const reached = looks.filter((look) => look.kind === 'known' && look.value.kind !== 'silent').length
  const which = bmcs.map(({ host, port }) => `${host}:${port}`).join(', ')
  if (reached > 0) return pass(`${reached} of ${bmcs.length} BMCs reached from here (${which})`)
  return warn(
    `none of ${bmcs.length} BMCs is reached from here (${which}): Anneal goes by Ironic's own eyes, which takes longer`,
    'Run Anneal where the BMC network is reached (UDP 623, HTTPS), as the conductors do.',
  )
}

/** Ironic reads this node's power state, so its BMC answers, whoever else may not reach it. */
const isPowerKnown = ({ power_state, fault, maintenance }: SeenNode): boolean =>
  (power_state === 'power on' || power_state === 'power off') && fault === null && !maintenance

function some<T>(from: readonly T[], random: Seams['random']): T[] {
  const rest = [...from]
  return Array.from({ length: Math.min(SAMPLE, rest.length) }, () => rest.splice(Math.floor(random() * rest.length), 1)).flat()
}

const lookAt = (bmc: BmcAddress, seams: Seams) => (bmc.protocol === 'redfish' ? lookAtRedfish(bmc, seams) : lookAtIpmi(bmc, seams))
