/**
 * Everything an operator may turn, with its default and the reason for it. `config.ts` makes a Policy per cloud from
 * anneal.yaml; nothing re-validates it later. Times are milliseconds.
 */

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export type Mode = 'observe' | 'approve' | 'auto'

export type Policy = {
  mode: Mode
  /** True only where the operator says that no Nova places instances on these nodes. */
  standalone: boolean
  /** Empty list = no limit by this field. Names are exact or end in `*`. */
  scope: { conductor_group: string[]; owner: string[]; shard: string[]; resource_class: string[]; name: string[] }
  /** Whether Ironic's conductor cleans automatically; the API does not tell. Needed only for retired nodes. */
  automatedClean: 'on' | 'off' | 'unknown'
  /**
   * off: Blazar is not asked. observe: its leases are read, and nothing is ever sent. chameleon: nodes may be shielded, which needs
   * Chameleon's fork. Whether its monitor runs cannot be read; only the monitor makes a host reservable again.
   */
  blazar: {
    mode: 'off' | 'observe' | 'chameleon'
    monitor: 'on' | 'off' | 'unknown'
    /** A pending lease that Blazar's monitor took from the node gets it back once it is proven healed. */
    giveBack: boolean
    /** Blazar's own `healing_interval`: so long before its start a lease is taken from a host that is not reservable. */
    healingInterval: number
    /** So long before a lease starts on a node that is not well, people are told. */
    warnBefore: number
    /** What the holder of a lease is told, with {node}, {lease}, {start}, {end} and {cause}; null: nothing. */
    tellHolder: string | null
  }
  dirtyPort: 'human' | 'allow'
  uncleaned: 'allow' | 'human'
  resets: { max: number; window: number | 'lifetime' }
  /** Reset n not before spacing[n-1] after the failure it answers (the last one serves all later). */
  spacing: number[]
  /** Share of the spacing added at random, so that nodes that failed together do not act together. */
  jitter: number
  soak: number
  silentBmc: { looks: number; over: number }
  refusingBmc: { looks: number; over: number }
  inFlight: { classShare: number; classMax: number; cloudShare: number; cloudMax: number }
  starts: { min: number; share: number }
  incident: { cases: number; within: number; classShare: number; secondCanary: number }
  /** Power sync's interval is not in the API: this long after the failure Ironic would have noticed a dead BMC. */
  ironicEyes: number
  /** Neither we nor Ironic can tell: one reset this long after the failure. */
  lastResort: number
  /** A transition without a lock, or a target power state without one, is stuck after this. */
  stuck: number
  /** A lock whose holder's heartbeat is dead is stuck after this. */
  holderDead: number
  /** A mark of somebody else younger than this means that another tool is at work. */
  foreignWriter: number
  /** Nova tries a delete a second time by itself; a bound port may yet go. */
  waitForNova: number
  /** A reset that shows no end after this frees its place and counts as failed. */
  progress: number
  /** No wait on one reason stays silent longer. */
  silence: number
  /** The same while a lease runs on the node. */
  silenceWithLease: number
  /** Ironic's own recovery of a power failure is waited for this long. */
  powerFailure: number
  /** After an unknown outcome nothing changing is sent to the node for this long (Ironic's RPC may still deliver). */
  unknownOutcome: number
  /** An intent that nobody settled is settled by a read this long after its deadline, on the database's clock. */
  settleAfter: number
  /** Two good answers of a service must lie at least this far apart where something pointed at it. */
  serviceSecondAnswer: number
  /** A service that went away twice within three times this must answer well for this long. */
  serviceSteady: number
  /** Two 404 of Nova must lie at least this far apart where instance_uuid is set. */
  undeadGap: number
  /** Ironic said "concurrent action limit": nothing starts in this cloud for this long. */
  slowCloud: number
  /** How soon a waiting node is looked at again where nothing says more exactly when. */
  look: number
}

export const DEFAULT_POLICY: Policy = {
  mode: 'observe',
  standalone: false,
  scope: { conductor_group: [], owner: [], shard: [], resource_class: [], name: [] },
  automatedClean: 'unknown',
  // healing_interval is 60 min in Blazar; a warning must come before that.
  blazar: { mode: 'observe', monitor: 'unknown', giveBack: false, healingInterval: HOUR, warnBefore: 90 * MINUTE, tellHolder: null },
  dirtyPort: 'human',
  uncleaned: 'allow',
  resets: { max: 3, window: 7 * DAY },
  spacing: [2 * MINUTE, 15 * MINUTE, 45 * MINUTE],
  jitter: 0.1,
  soak: 30 * MINUTE,
  silentBmc: { looks: 3, over: 24 * HOUR },
  refusingBmc: { looks: 3, over: 1 * HOUR },
  inFlight: { classShare: 0.05, classMax: 25, cloudShare: 0.01, cloudMax: 25 },
  starts: { min: 10, share: 0.01 },
  incident: { cases: 3, within: 15 * MINUTE, classShare: 0.05, secondCanary: 45 * MINUTE },
  ironicEyes: 10 * MINUTE,
  lastResort: 15 * MINUTE,
  stuck: 15 * MINUTE,
  holderDead: 10 * MINUTE,
  foreignWriter: 1 * HOUR,
  waitForNova: 10 * MINUTE,
  progress: 2 * HOUR,
  silence: 24 * HOUR,
  silenceWithLease: 2 * HOUR,
  powerFailure: 24 * HOUR,
  unknownOutcome: 150 * SECOND,
  settleAfter: 180 * SECOND,
  serviceSecondAnswer: 30 * SECOND,
  serviceSteady: 5 * MINUTE,
  undeadGap: 5 * MINUTE,
  slowCloud: 1 * MINUTE,
  look: 1 * MINUTE,
}
