/**
 * Tells the judges of intents, read from the daemon's database as a request comes: what is committed by then, and nothing else, was
 * committed before. An intent belongs to the life in which it was made, whoever acts on it.
 */
import { existsSync } from 'node:fs'
import type { Judges, Sender } from '../src/simulator/judges.ts'
import { type IntentRow, openReader, type Reader } from './database.ts'

export type Teller = {
  begin(life: { name: string; startedAt: number }): void
  /** Nothing of the database is held any more. */
  end(): void
  /** The newest intents on this node have been read and told. */
  look(uuid: string): void
  tell(intents: readonly IntentRow[]): void
  /** The life in hand has an intent without an outcome on this node. */
  isActing(uuid: string): boolean
}

export function tellerTo(judges: Judges, database: string): Teller {
  const lives: { sender: Sender; startedAt: number }[] = []
  const told = new Set<string>()
  let reader: Reader | null = null

  const ask = (uuid: string): IntentRow[] => {
    if (reader === null && existsSync(database)) reader = openReader(database)
    return reader?.intentsOn(uuid) ?? []
  }
  const tell = (intents: readonly IntentRow[]): void => {
    for (const intent of intents.toReversed()) {
      const sender = lives.findLast(({ startedAt }) => startedAt <= intent.createdAt)?.sender
      if (told.has(intent.id) || sender === undefined) continue
      told.add(intent.id)
      judges.committed(intent, sender, intent.createdAt)
    }
  }
  return {
    begin: ({ name, startedAt }) => {
      const sender: Sender = { name, mode: 'auto' }
      lives.push({ sender, startedAt })
      judges.sender = sender
    },
    end: () => {
      reader?.close()
      reader = null
    },
    look: (uuid) => tell(ask(uuid)),
    tell,
    isActing: (uuid) => {
      const bornAt = lives.at(-1)?.startedAt ?? 0
      return ask(uuid).some(({ outcome, createdAt }) => outcome === null && createdAt >= bornAt)
    },
  }
}
