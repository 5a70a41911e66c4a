/**
 * One line of `anneal check`: what was looked at, whether it will do, and what to do where it will not. Plain data, and the words for
 * what a cloud's error means there.
 */
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { Reached } from '../wiring.ts'
import { CloudTrouble, cloudTrouble } from './cloud-trouble.ts'

export type Checked = {
  cloud: string
  name: string
  verdict: 'pass' | 'warn' | 'fail'
  message: string
  /** What to do; null where nothing is needed. */
  fix: string | null
  /** Of a fail: somebody must change a file or a permission. Modes that act refuse to start on it. */
  isConfiguration: boolean
}

export type Saying = Pick<Checked, 'verdict' | 'message' | 'fix' | 'isConfiguration'>

export const pass = (message: string): Saying => ({ verdict: 'pass', message, fix: null, isConfiguration: false })
export const warn = (message: string, fix: string | null): Saying => ({ verdict: 'warn', message, fix, isConfiguration: false })
/** Something an operator must change. */
export const fail = (message: string, fix: string): Saying => ({ verdict: 'fail', message, fix, isConfiguration: true })

/**
 * Asks, and says what an error of the cloud means: a fault of configuration or permission fails, a service that is merely down is
 * a warning, unless nothing works without it (`vital`).
 */
export async function checked(
  of: { cloud: Reached; name: string; vital?: boolean; services?: boolean },
  ask: () => Promise<Saying>,
): Promise<Checked> {
  const { cloud, name, vital = false, services = false } = of
  const about = { cloud: cloud.config.name, name }
  try {
    return { ...about, ...(await ask()) }
  } catch (error) {
    // A check is there to say what goes wrong: a cloud's error is its answer.
    const trouble =
      error instanceof OpenStackError
        ? cloudTrouble(error, services ? cloud.servicesAccess : cloud.access)
        : error instanceof CloudTrouble
          ? error
          : null
    if (trouble === null) throw error
    const { message, fix, isConfiguration } = trouble
    return { ...about, verdict: vital || isConfiguration ? 'fail' : 'warn', message, fix, isConfiguration }
  }
}
