/**
 * Nodes that failed as the runbook's first cause makes them fail: the BMC did not do as it was told while the tenant's tear-down ran, and
 * does again now. Beside it the budgets with which Anneal answers in seconds. What a scenario does to such nodes next is its own.
 */
import { undeploy } from './ironic.ts'
import { bmc, deleteInstance } from './lab.ts'
import { freshNode, numberOf } from './nodes.ts'

/**
 * Seconds in place of minutes. The nodes of the lab share conductor, switch and BMC network, so three that fail together would be one
 * incident with one canary; where that is not the point, it takes 100 of them. One in flight for each switch stays.
 */
export const QUICK = {
  look: '1s',
  spacing: ['1s'],
  jitter: 0,
  soak: '1s',
  waitForNova: '1s',
  serviceSecondAnswer: '1s',
  serviceSteady: '5s',
  incident: { cases: 100 },
} as const

/** anneal.yaml in mode auto with the quick budgets, for these nodes only: desks side by side never meet on a node. */
export const autoFor = (...names: string[]) => ({
  mode: 'auto',
  poll: '1s',
  budgets: QUICK,
  clouds: { lab: { scope: { name: names } } },
})

/**
 * Made anew and failed: in `error`, with BMCs that work again. `behind: 'nova'`: somebody undeployed past Nova, so that its server and
 * allocation are still there though Ironic has forgotten the instance.
 */
export async function failNodes(names: readonly string[], options: { behind?: 'nova' } = {}): Promise<void> {
  const numbers = names.map(numberOf)
  await Promise.all(names.map((name) => freshNode(name, { instance: true })))
  await bmc('fail', ...numbers)
  await Promise.all(names.map((name) => (options.behind === 'nova' ? undeploy(name, 'error') : deleteInstance(name))))
  await bmc('unfail', ...numbers)
}
