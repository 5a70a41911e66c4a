/**
 * The checks of the services around Ironic. What a reset depends on (Nova's answers, Placement's, Neutron's bindings) fails where
 * this credential may not see it; a service that is merely down is a warning, because it will be waited for.
 */
import type { ServiceName } from '../core/observation.ts'
import type { Clock, Seams } from '../core/seams.ts'
import { catalogOf } from '../observe/catalog.ts'
import { neutronClient } from '../openstack/neutron.ts'
import { novaClient } from '../openstack/nova.ts'
import { placementClient } from '../openstack/placement.ts'
import { probeService } from '../openstack/probe.ts'
import type { Reached } from '../wiring.ts'
import { blazarSaying } from './check-blazar.ts'
import { type Checked, checked, fail, pass, type Saying, warn } from './checked.ts'

/** A uuid that no node has: what may be asked is the same for every node. */
const NO_NODE = '00000000-0000-0000-0000-000000000000'

const PERMISSION =
  'Give the services entry a project-scoped token that may read all projects (admin, or reader with a policy that allows it).'

/** Nova, Neutron and Placement: whether their answers can be believed. @param node uuid of a node to ask about, where one is known */
export async function checkServices(cloud: Reached, node: string | null): Promise<Checked[]> {
  const on = (name: string, ask: () => Promise<Saying>) => checked({ cloud, name, services: true }, ask)
  const uuid = node ?? NO_NODE
  return await Promise.all([
    on('nova', () => nova(cloud, uuid)),
    on('neutron', () => neutron(cloud)),
    on('placement', () => placement(cloud, uuid)),
  ])
}

async function nova(cloud: Reached, uuid: string): Promise<Saying> {
  const { name, policy } = cloud.config
  if (!(await catalogOf(cloud.services)).has('nova')) {
    if (policy.standalone) return pass('none in the catalog, and the configuration says standalone: true')
    return fail(
      'none in the catalog, so whether an instance lives on a node cannot be asked, and nothing will be reset',
      `Set standalone: true below clouds: ${name}: in anneal.yaml if no Nova places instances on these nodes; else name a services entry that sees it.`,
    )
  }
  const { passed, sentence } = await novaClient(cloud.services).positiveControl(uuid, null)
  return passed ? pass(lower(sentence)) : fail(sentence, PERMISSION)
}

async function neutron(cloud: Reached): Promise<Saying> {
  if (!(await catalogOf(cloud.services)).has('neutron'))
    return pass('none in the catalog: nodes whose network_interface is not noop cannot be torn down either')
  await neutronClient(cloud.services).probe()
  return pass('answers, and shows bindings of ports')
}

async function placement(cloud: Reached, uuid: string): Promise<Saying> {
  const found = await placementClient(cloud.services).allocations(uuid)
  return found.kind === 'known' ? pass('answers, and shows allocations') : pass(found.kind === 'absent' ? found.reason : 'answers')
}

/** Cinder and Glance matter where a node's tear-down needs them or an error names them, Blazar where nodes are lent. */
export async function checkOthers(cloud: Reached, { clock }: Pick<Seams, 'clock'>): Promise<Checked[]> {
  const on = (name: string, ask: () => Promise<Saying>) => checked({ cloud, name, services: true }, ask)
  return await Promise.all([
    on('cinder', () => probed(cloud, 'cinder', clock)),
    on('glance', () => probed(cloud, 'glance', clock)),
    on('blazar', () => blazarSaying(cloud)),
  ])
}

async function probed(cloud: Reached, name: ServiceName, clock: Clock): Promise<Saying> {
  if (!(await catalogOf(cloud.services)).has(name)) return pass('none in the catalog')
  const look = await probeService(cloud.services, name, clock)
  if (look.kind === 'known' && look.value.state === 'green') return pass(look.value.detail)
  const said = look.kind === 'known' ? look.value.detail : look.reason
  return warn(said, 'Resets of nodes that need it wait until it answers.')
}

const lower = (sentence: string): string => sentence.replace(/\.$/, '')
