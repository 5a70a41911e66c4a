/**
 * Which machine a node is, as a vendor asks for it: make, serial numbers, parts. Plain data for a person; no decision looks at it and nothing
 * of it is stored. Its fields are an allow-list.
 */
import type { Reading } from './reading.ts'

export type Hardware = {
  /** What Ironic's last inspection found. absent: Ironic is too old to keep it, or keeps none of this node. */
  inventory: Reading<Inspected>
  /** Keys of `properties` and `extra` that name the machine or its place, as people or tools wrote them. */
  identity: Reading<NamingKeys>
}

/** What a key may hold: a short text or a number. */
export type Fact = string | number | boolean
export type Facts = Record<string, Fact>

export type Inspected = {
  system_vendor: Facts
  firmware: Facts
  bmc: Facts
  cpu: Facts
  memory: Facts
  boot: Facts
  disks: Facts[]
  interfaces: Facts[]
}

export type NamingKeys = { properties: Facts; extra: Facts }
