/**
 * The act `recover-cleaning`, one step at a time: `manage` from `clean failed` or a stranded `cleaning`, and in a later pass `provide` from
 * `manageable`.
 */
import type { Intent } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import { type ActWorld, notSent, READ_LIVES_MS, readAsDecided, stopped } from './deciding-read.ts'
import { outcomeOfError } from './outcome.ts'

const FROM = { manage: ['clean failed', 'cleaning'], provide: ['manageable'] } as const

export async function recoverCleaning(world: ActWorld, intent: Intent): Promise<Outcome> {
  const { step } = intent
  if (step === null) throw new Error(`intent ${intent.id} is a recovery without a step`)
  const read = await readAsDecided(world, intent)
  if ('reason' in read) return notSent(`Nothing was sent: ${read.reason}.`)
  const { node } = read
  const states: readonly string[] = FROM[step]
  if (!states.includes(node.provision_state) || node.instance_uuid !== null)
    return notSent(`Nothing was sent: it is ${node.provision_state} now.`)
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`Nothing was sent: ${stop}.`)
  const what = `${step} on ${node.name ?? intent.uuid}`
  return world.ironic.provision(intent.uuid, step, { sendBy: read.at + READ_LIVES_MS }).then(
    (): Outcome => ({ kind: 'accepted', reason: `Ironic accepted ${what}.` }),
    (error: unknown) => outcomeOfError(error, what, undefined),
  )
}
