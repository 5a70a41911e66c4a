/**
 * All chapters of the conformance suite, in the order in which they are told.
 */
import { keystoneOutage, rights, tokens } from './access-chapters.ts'
import { reads, refusals, versions } from './api-chapters.ts'
import { callbackTimeout, conductorDeath, powerSync, stranded } from './busy-chapters.ts'
import { locks, maintenance, patches } from './change-chapters.ts'
import { withoutMachine } from './fake-chapters.ts'
import { lists } from './list-chapters.ts'
import { bmcOutage, neutronOutage, teardown } from './outage-chapters.ts'
import { allocations, ports, servers, withoutNeutron } from './peer-chapters.ts'
import type { Chapter } from './site.ts'

export const CHAPTERS: Chapter[] = [
  ...[versions, reads, refusals, maintenance, locks, lists, patches, teardown, neutronOutage, bmcOutage, withoutMachine],
  ...[callbackTimeout, powerSync, stranded, conductorDeath],
  ...[tokens, rights, keystoneOutage],
  ...[ports, allocations, servers, withoutNeutron],
]
