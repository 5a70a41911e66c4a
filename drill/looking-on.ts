/**
 * Looks on in the cloud's process: which life sends what, told by the front that it came through; which intents were durable as a request
 * came, read from the database; and keeps what is asked about in the end. The judges say what breaks a promise. It changes nothing in the cloud.
 */
import type { IntentRow } from '../crash/database.ts'
import { type Places, placesOver } from '../crash/places.ts'
import { lenient } from '../crash/witness.ts'
import type { Policy } from '../src/core/policy.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import { type Judges, judgesOver, type Sender } from '../src/simulator/judges.ts'
import { isRead, type LedgerEntry } from '../src/simulator/ledger.ts'
import { nodeOf, stepOf } from '../src/simulator/promises.ts'
import { type Books, patiently } from './database.ts'
import type { SentRequest } from './stale.ts'
import type { Look } from './take-over.ts'

export type Life = { name: string; sender: Sender; claimant: string | null }

export type LookingOn = {
  judges: Judges
  begin(name: string): Life
  /** The newest intents on the node of this request are told to the judges; false where nobody could say. */
  read(uuid: string, by: Life): Promise<boolean>
  /** This life's request leaves as soon as this function has ended. */
  sends(life: Life): void
  /** What it is shown from now on it may not be able to write down, or it can again. */
  stands(life: Life, isStanding: boolean): Promise<void>
  died(life: Life, at: number): Promise<void>
  sent: SentRequest[]
  looks: Look[]
  resets(): { accepted: number; most: number }
}

const NOBODY: Sender = { name: 'settled already', mode: 'auto' }

type Watch = {
  cloud: SimulatedCloud
  judges: Judges
  books: Books
  told: Map<string, Sender>
  current: Life | null
  sent: SentRequest[]
  looks: Look[]
}

export function lookingOn(cloud: SimulatedCloud, o: { policy: Policy; books: Books; places: number }): LookingOn {
  const judges = judgesOver(cloud.state, { wall: () => Date.now(), policy: lenient(o.policy) })
  const watch: Watch = { cloud, judges, books: o.books, told: new Map(), current: null, sent: [], looks: [] }
  const places = placesOver(cloud, judges, o.places)
  let accepted = 0
  cloud.state.ledger.onlooker = {
    leaves: (entry) => {
      note(watch, places, entry)
    },
    arrives: judges.arrives,
    ends: (entry, reply) => {
      judges.ends(entry, reply)
      if (stepOf(entry) === 'deleted' && entry.effect !== null) accepted += 1
    },
  }
  return {
    judges,
    begin: (name) => ({ name, sender: { name, mode: 'auto' }, claimant: null }),
    read: (uuid, by) => tell(watch, uuid, by),
    sends: (life) => {
      watch.current = life
      judges.sender = life.sender
    },
    stands: async (life, isStanding) => {
      life.sender.isStanding = isStanding
      await forget(watch)
    },
    died: async (life, at) => {
      life.sender.diedAt = at
      const left = (await patiently(() => o.books.unsettled())).filter(({ outcome }) => outcome === null)
      const own = left.filter(({ id }) => watch.told.get(id) === life.sender)
      judges.died(new Set(own.map(({ id }) => id)))
      places.interrupted(left)
      await forget(watch)
    },
    sent: watch.sent,
    looks: watch.looks,
    resets: () => ({ accepted, most: places.most() }),
  }
}

function note({ judges, current, sent, looks }: Watch, places: Places, entry: LedgerEntry): void {
  judges.leaves(entry)
  if (current === null) return
  const uuid = nodeOf(entry)
  if (isRead(entry)) {
    const isPoll = /^\/v1\/nodes\?.*provision_state=/.test(entry.path)
    if (entry.service === 'ironic' && (uuid !== null || isPoll)) looks.push({ at: entry.left, life: current.name, uuid })
    return
  }
  const step = stepOf(entry)
  const intent = judges.bench.nodes.get(uuid ?? '')?.sent.find((one) => one.entry === entry)?.intent ?? null
  sent.push({
    ...{ at: entry.left, life: current.name, uuid, step },
    intent: intent === null ? null : { id: intent.id, createdAt: intent.createdAt },
  })
  if (uuid !== null && step === 'deleted') places.count(uuid)
}

/** Whoever first sends under an intent that is not settled has made it: nobody else may send under it then. */
async function tell({ books, judges, told }: Watch, uuid: string, by: Life): Promise<boolean> {
  const found = await books.intentsOn(uuid).catch(() => null)
  // Knows: the database is away or does not answer in time.
  if (found === null) return false
  for (const intent of found.toReversed()) {
    if (told.has(intent.id)) continue
    const sender = isOpen(intent) ? by.sender : NOBODY
    told.set(intent.id, sender)
    judges.committed(intent, sender, intent.createdAt)
  }
  return true
}

const isOpen = ({ outcome }: IntentRow): boolean => outcome === null

/** What somebody has been shown of a person's maintenance, and could not write down, nobody needs to know. */
async function forget({ books, judges }: Watch): Promise<void> {
  const known = new Set(await patiently(() => books.persons()))
  for (const [uuid, node] of judges.bench.nodes) if (node.persons !== null && !known.has(uuid)) node.persons.shown = false
}
