/**
 * What is the same for all nodes of a cloud, remembered for a moment: how its services answer, which conductors live, that the
 * token passed Nova's positive control, and which nodes hang on one thing. One object serves all clouds and all observations of a process; it asks nothing itself.
 */
import type { ServiceLook } from '../core/observation.ts'
import type { Reading } from '../core/reading.ts'
import type { Clock } from '../core/seams.ts'
import type { Attempted } from './attempt.ts'
import type { BlazarSite } from './blazar.ts'
import type { ConductorRow } from './conductor.ts'
import { type SharedRead, sharedRead } from './shared-read.ts'
import type { Neighbour } from './world.ts'

/** Design section 6: 15 s, so that the two good answers 30 s apart are never one and the same look. */
const KEEP_MS = 15_000

/**
 * Leases begin and end by the minute, and a site has thousands of them: one reading a minute serves all nodes. An answer that did not come is
 * kept as well, so that a Blazar which hangs makes one look in a minute wait and not each; nothing waits for what it says.
 */
const BLAZAR_MS = 60_000

/**
 * A control counts for 60 s (design section 6). It is kept shorter by the 10 s that the answer may take which it vouches for.
 */
const CONTROL_MS = 50_000

export type Control = { passed: boolean; sentence: string }

export type ServiceWatch = {
  /** Key: cloud and service. */
  look: SharedRead<Reading<ServiceLook>>
  /** Key: cloud. Only a list that could be read is kept. */
  conductors: SharedRead<Attempted<ConductorRow[]>>
  /** Key: cloud, and the instance that the control was about. Only a passed control is kept. */
  control: SharedRead<Control>
  /** Key: cloud, and the thing that the nodes hang on. In a wave the same few are asked about for each of its nodes. */
  neighbours: SharedRead<Neighbour[]>
  /** Key: cloud. Hosts, and who has them when. */
  blazar: SharedRead<Reading<BlazarSite>>
}

export function serviceWatch(clock: Clock): ServiceWatch {
  return {
    look: sharedRead({ clock, forMs: KEEP_MS }),
    conductors: sharedRead({ clock, forMs: KEEP_MS, keep: ({ reading }) => reading.kind === 'known' }),
    control: sharedRead({ clock, forMs: CONTROL_MS, keep: (control) => control.passed }),
    neighbours: sharedRead({ clock, forMs: KEEP_MS }),
    blazar: sharedRead({ clock, forMs: BLAZAR_MS }),
  }
}
