/**
 * The act `unmark`: takes back the mark of a reset that did not happen, by index after checking the exact text. JSON patch in Ironic has no
 * `test` operation, so the reply is compared; entries of others are never touched knowingly.
 */
import type { Intent } from '../core/case.ts'
import type { Outcome } from '../core/decision.ts'
import { type ActWorld, notSent, READ_LIVES_MS, readAsDecided, stopped } from './deciding-read.ts'
import { outcomeOfError } from './outcome.ts'

export async function unmark(world: ActWorld, intent: Intent): Promise<Outcome> {
  const read = await readAsDecided(world, intent)
  if ('reason' in read) return notSent(`Nothing was sent: ${read.reason}.`)
  const list = markList(read.wire.extra)
  const index = list === null || intent.mark === null ? -1 : list.indexOf(intent.mark)
  if (list === null || index < 0) return { kind: 'accepted', reason: 'The mark is not there any more.' }
  const stop = await stopped(world, intent)
  if (stop !== null) return notSent(`Nothing was sent: ${stop}.`)
  const name = read.node.name ?? intent.uuid
  return world.ironic
    .patch(intent.uuid, [{ op: 'remove', path: `/extra/hammer_error_resets/${index}` }], { sendBy: read.at + READ_LIVES_MS })
    .then(
      (wire): Outcome => {
        const left = markList(wire.extra)
        const as = JSON.stringify(list.toSpliced(index, 1))
        if (JSON.stringify(left) === as) return { kind: 'accepted', reason: `The mark ${intent.mark} was taken back from ${name}.` }
        const clash = 'somebody else wrote to the list at the same time: compare extra.hammer_error_resets'
        // Ours still stands, so what was removed was somebody else's; a later read finds it and it is taken back then.
        return left?.includes(intent.mark) === true
          ? { kind: 'unknown', reason: `Instead of the mark ${intent.mark} another entry went from ${name}, since ${clash}.` }
          : { kind: 'accepted', reason: `The mark ${intent.mark} was taken back from ${name}, but ${clash}.` }
      },
      (error: unknown) => outcomeOfError(error, `taking a mark back from ${name}`, undefined),
    )
}

function markList(extra: Record<string, unknown>): unknown[] | null {
  const value = extra['hammer_error_resets']
  return Array.isArray(value) ? value : null
}
