/**
 * An intent becomes one step. The switch is exhaustive, each act has its own file, and whatever the cloud does comes back as an outcome:
 * nothing is repeated, nothing is waited for.
 */
import type { Intent } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { type ActWorld, notSent } from './deciding-read.ts'
import { giveBack } from './give-back.ts'
import { quarantine, release } from './quarantine.ts'
import { recoverCleaning } from './recover-cleaning.ts'
import { reset } from './reset.ts'
import { shield, unshield } from './shield.ts'
import { unmark } from './unmark.ts'

export async function act(world: ActWorld, intent: Intent): Promise<Outcome> {
  try {
    return await step(world, intent)
  } catch (error) {
    // Each act turns a failed changing request into its outcome itself, so what arrives here failed on a read before one.
    if (error instanceof OpenStackError) {
      const what = error.service === 'reservation' ? 'Blazar' : 'the node'
      // These two read once more between their two requests.
      const head = intent.act === 'shield' || intent.act === 'unshield' ? 'Nothing more was sent' : 'Nothing was sent'
      return notSent(`${head}: ${what} could not be read (${error.sentence}).`)
    }
    throw error
  }
}

function step(world: ActWorld, intent: Intent): Promise<Outcome> {
  switch (intent.act) {
    case 'reset':
      return reset(world, intent)
    case 'quarantine':
      return quarantine(world, intent)
    case 'release':
      return release(world, intent)
    case 'unmark':
      return unmark(world, intent)
    case 'recover-cleaning':
      return recoverCleaning(world, intent)
    case 'shield':
      return shield(world, intent)
    case 'unshield':
      return unshield(world, intent)
    case 'give-back':
      return giveBack(world, intent)
    default:
      return intent.act satisfies never
  }
}
