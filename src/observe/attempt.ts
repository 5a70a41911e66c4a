/**
 * Where a failed read becomes a reading: the observing room's one place that catches. It knows the one error that clients throw;
 * everything else is a bug and goes on.
 */
import { type Reading, unknown } from '../core/reading.ts'
import { withoutStops } from '../core/sentence.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'

/** `withheld`: the cloud answered 403, so it is this credential that may not see it. */
export type Attempted<T> = { reading: Reading<T>; withheld: boolean }

export async function attempt<T>(ask: () => Promise<Reading<T>>): Promise<Attempted<T>> {
  try {
    return { reading: await ask(), withheld: false }
  } catch (error) {
    if (error instanceof OpenStackError) return { reading: unknown(reasonOf(error)), withheld: error.status === 403 && error.kind === null }
    throw error
  }
}

/** Who was asked and what came back. Reasons stand in the middle of sentences, so they end without a full stop. */
export function reasonOf(error: OpenStackError): string {
  const whom = error.kind === 'keystone' ? 'identity' : error.service
  const answer = error.status === null ? 'gave no answer' : `answered ${error.status}`
  return `the ${whom} service ${answer} (${withoutStops(error.sentence)})`
}
