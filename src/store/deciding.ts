/**
 * The deciding transaction: load, sums, commit, all on one transaction that holds the cloud for itself. Whoever works in it awaits
 * nothing but what is here: the outer store would wait for the transaction, and the transaction for it.
 */
import type { Attempt, Case, Intent, Words } from '../core/case.ts'
import type { Fleet } from '../core/fleet.ts'
import type { NodeKey, PersonMemory, SeenNode } from '../core/seen.ts'
import { attemptsOn } from './attempts.ts'
import { caseOfRow } from './case-row.ts'
import { type Commit, commit } from './commit.ts'
import { type FleetAsked, fleetAround } from './fleet.ts'
import { type Home, type Queries, shortId, transaction } from './home.ts'
import { rowOfNode, seenNode } from './node-row.ts'
import { fromJsonOrNull } from './schema.ts'
import { template } from './template.ts'
import { wordsOn } from './words.ts'

export type Loaded = {
  /** The open case, or null. */
  case: Case | null
  /** All attempts on the node, of whatever case, newest first, at most 200. An unsettled one has outcome null. */
  attempts: Attempt[]
  /** What people have said, as far as it is in force. */
  words: Words
  /** The node as a listing saw it last; null where none has. */
  seen: SeenNode | null
  /** A person's maintenance as listings and passes remember it. */
  person: PersonMemory | null
  /** The cloud has not been gone through once yet (`passDone`). */
  firstPass: boolean
  /** Of the policy in force (`enrol`); empty where none was put in force yet. */
  policyHash: string
}

export type Deciding = {
  /** The database's clock, the same answer throughout the transaction. */
  now(): Promise<number>
  load(key: NodeKey): Promise<Loaded>
  /** The sums that budgets and incidents are judged by, as they stand in this transaction. */
  fleet(key: NodeKey, asked: FleetAsked): Promise<Fleet>
  /** A case id that no case has. */
  newCaseId(): Promise<string>
  /** Makes the decision durable; the intent where it is an act, else null. */
  commit(c: Commit): Promise<Intent | null>
}

/** Runs `work` as the only deciding transaction of the cloud; an error in it rolls everything back and is passed on. */
export function deciding<T>(home: Home, cloud: string, work: (tx: Deciding) => Promise<T>): Promise<T> {
  return transaction(home, { cloud }, (tx) => {
    const now = home.clock.now()
    return work({
      now: async () => now,
      load: (key) => load(tx, key, now),
      fleet: (key, asked) => fleetAround(tx, { ...asked, key, now }),
      newCaseId: () =>
        shortId(
          'c',
          home.random,
          async (id) => (await tx.selectFrom('cases').select('id').where('id', '=', id).executeTakeFirst()) !== undefined,
        ),
      commit: (c) => commit({ tx, home, now }, c),
    })
  })
}

const openCaseOf = template((db, key: NodeKey) =>
  db.selectFrom('cases').selectAll().where('cloud', '=', key.cloud).where('uuid', '=', key.uuid).where('closedAt', 'is', null),
)
const cloudOf = template((db, { cloud }: NodeKey) =>
  db.selectFrom('clouds').select(['firstPassAt', 'policyHash']).where('cloud', '=', cloud),
)

async function load(tx: Queries, key: NodeKey, now: number): Promise<Loaded> {
  const [openCase] = await openCaseOf(tx, key)
  const [node] = await rowOfNode(tx, key)
  const [cloud] = await cloudOf(tx, key)
  return {
    case: openCase === undefined ? null : caseOfRow(openCase),
    attempts: await attemptsOn(tx, key),
    words: await wordsOn(tx, key, now),
    seen: node === undefined ? null : seenNode(node),
    person: fromJsonOrNull<PersonMemory>(node?.person ?? null),
    firstPass: (cloud?.firstPassAt ?? null) === null,
    policyHash: cloud?.policyHash ?? '',
  }
}
