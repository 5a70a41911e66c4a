/**
 * All checks of one cloud, in the order in which a person reads them; and the part of them that modes which act insist on before they
 * start.
 */

import type { Seams } from '../core/seams.ts'
import type { SeenNode } from '../core/seen.ts'
import type { Reached } from '../wiring.ts'
import { checkIronic, checkLogin, checkReading, checkWriting } from './check-access.ts'
import { checkOthers, checkServices } from './check-services.ts'
import { checkSite } from './check-site.ts'
import { type Checked, checked, pass } from './checked.ts'
import { CloudTrouble } from './cloud-trouble.ts'

const MEANS = {
  observe: 'observe: it looks and says what it would do; nothing is sent that changes anything',
  approve: 'approve: acts wait for `anneal approve`',
  auto: 'auto: it acts by itself',
} as const

/** Every check. `say` is told what is being done. */
export async function checkCloud(cloud: Reached, seams: Seams, say: (doing: string) => void): Promise<Checked[]> {
  const { name, policy } = cloud.config
  say(`${name}: logging in`)
  const lines: Checked[] = [{ cloud: name, name: 'mode', ...pass(MEANS[policy.mode]) }, ...(await checkLogin(cloud, seams.clock.now()))]
  if (lines.some(({ verdict }) => verdict === 'fail')) return lines
  lines.push(await checkIronic(cloud))
  if (lines.some(({ verdict }) => verdict === 'fail')) return lines
  say(`${name}: listing nodes`)
  const nodes = await listed(cloud)
  if (!Array.isArray(nodes)) return [...lines, nodes]
  say(`${name}: asking services and BMCs`)
  const [reading, writing, services, others, site] = await Promise.all([
    checkReading(cloud, nodes, nodes.length),
    checkWriting(cloud),
    checkServices(cloud, nodes[0]?.uuid ?? null),
    checkOthers(cloud, seams),
    checkSite(cloud, nodes, seams),
  ])
  return [...lines, reading, writing, ...services, ...others, ...site]
}

/** The nodes, or the line that says why there are none to be had. */
async function listed(cloud: Reached): Promise<SeenNode[] | Checked> {
  let nodes: SeenNode[] = []
  const line = await checked({ cloud, name: 'reading', vital: true }, async () => {
    nodes = await cloud.ironic.census()
    return pass('listed')
  })
  return line.verdict === 'pass' ? nodes : line
}

/**
 * Refuses a mode that acts where configuration or permission would make its judgement blind or its acts fail. What is merely down is
 * not a reason: it is waited for. Throws CloudTrouble. @param someNodes nodes to ask about; asked only once Ironic answers
 */
export async function refuseIfUnfit(cloud: Reached, seams: Seams, someNodes: () => Promise<SeenNode[]>): Promise<void> {
  const { mode } = cloud.config.policy
  if (mode === 'observe') return
  const lines = await checkLogin(cloud, seams.clock.now())
  if (lines.every(({ verdict }) => verdict !== 'fail')) lines.push(await checkIronic(cloud))
  if (lines.every(({ verdict }) => verdict !== 'fail')) {
    const known = await someNodes().catch((error: unknown) => {
      // Knows: a cloud that fails just now is waited for like any other; the pass itself tells on what is withheld.
      if (error instanceof CloudTrouble && !error.isConfiguration) return []
      throw error
    })
    const asked = [checkReading(cloud, known, null), checkWriting(cloud), checkServices(cloud, known[0]?.uuid ?? null)]
    lines.push(...(await Promise.all(asked)).flat())
  }
  const unfit = lines.find((line) => line.verdict === 'fail' && line.isConfiguration)
  if (unfit === undefined) return
  throw new CloudTrouble({
    what: `cloud ${cloud.config.name}, ${unfit.name}`,
    message: `${unfit.message.replace(/\.?$/, '.')} Mode ${mode} does not start so.`,
    fix: `${unfit.fix ?? ''} Mode observe runs meanwhile.`.trim(),
    isConfiguration: true,
  })
}
