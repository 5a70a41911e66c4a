/**
 * What every test of a whole operator holds, too: each decision, kept or not, comes out exactly the same from the line that would be
 * recorded of it. Nothing that a decision was made on may be missing there, and no field may stand in a line that a reader refuses.
 */
import { lineOfRecorded, readRecordedLine } from '../src/commands/recorded-line.ts'
import { replaying } from '../src/commands/replay.ts'
import type { Deciding } from '../src/store/deciding.ts'
import type { Commit } from '../src/store/store.ts'

/** The same transaction; what is committed in it is decided again first, and told where it comes out otherwise. */
export const decidedAgain = (tx: Deciding, tell: (what: string) => void): Deciding => ({
  ...tx,
  commit: async (c) => {
    const now = await tx.now()
    for (const what of differencesOf(c, now)) tell(what)
    return await tx.commit(c)
  },
})

function differencesOf(c: Commit, now: number): string[] {
  const { observation, grounds, policy, decision, cause } = c
  const line = readRecordedLine(
    lineOfRecorded({ case: c.case?.id ?? null, recorded: { now, observation, grounds, policy, decision, cause } }),
  )
  if (typeof line === 'string') return [`${c.name}: a line of its decision cannot be read: ${line}`]
  const replay = replaying(null)
  replay.take(line)
  return replay
    .result()
    .differences.map(({ was, now: again, differs }) => `${c.name}: decided again, ${differs} differs: ${JSON.stringify([was, again])}`)
}
