/**
 * What every home of the store must do, as one suite that each database runs. `open` gives an empty database; `again` opens the same
 * one once more, as another process would.
 */
import { describe } from 'node:test'
import type { Store } from '../../src/store/store.ts'
import { deliveryContract } from './contract-deliveries.ts'
import { dueContract } from './contract-due.ts'
import { fleetContract } from './contract-fleet.ts'
import { intentContract } from './contract-intents.ts'
import { leaseContract } from './contract-leases.ts'
import { passContract } from './contract-pass.ts'
import { readingContract } from './contract-reading.ts'
import { recordedContract } from './contract-recorded.ts'
import { seenContract } from './contract-seen.ts'
import { wordContract } from './contract-words.ts'
import type { HandClock } from './given.ts'

export type Opened = {
  store: Store
  clock: HandClock
  /** A second store on the same database. */
  again(): Promise<Store>
  /** Closes every store that was opened and removes the database. */
  remove(): Promise<void>
}
export type Open = () => Promise<Opened>

export function storeContract(name: string, open: Open): void {
  describe(`the store on ${name}`, () => {
    dueContract(open)
    seenContract(open)
    passContract(open)
    intentContract(open)
    fleetContract(open)
    leaseContract(open)
    wordContract(open)
    readingContract(open)
    recordedContract(open)
    deliveryContract(open)
  })
}

/** Runs a test body on an empty database and cleans up behind it. */
export const on =
  (open: Open, body: (opened: Opened) => Promise<void>): (() => Promise<void>) =>
  async () => {
    const opened = await open()
    try {
      await body(opened)
    } finally {
      await opened.remove()
    }
  }
