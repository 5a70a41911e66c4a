/**
 * A node as Ironic writes it, checked, and what of it an observation may hold. driver_info, instance_info and the keys of `extra`
 * that are not ours end here: an address, or a digest, is all that goes on.
 */
import { z } from 'zod'
import { decidingRead, isRedacted } from '../core/ironic.ts'
import type { Marks, ObservedNode } from '../core/observation.ts'
import type { SeenNode } from '../core/seen.ts'
import { bmcAddress } from './bmc-address.ts'
import { digestOf } from './canonical-json.ts'
import { isMapping, type Mapping } from './cloud-access.ts'

/** Shown by every API that is spoken here (1.78 and later), be it null: a row that leaves one out is not whole, and not "nothing is set". */
const text = z.string().nullable()
const flag = z.boolean()
/** Not shown by every API, or with nothing to decide. */
const maybe = z.string().nullish()

/** Ironic withholds a whole dictionary as a text, or as `{content: text}`; both become the latter. No other text is a dictionary. */
const dictionary = z.preprocess(
  (value) => (isRedacted(value) ? { content: value } : value),
  // Not z.record: that leaves out a key `__proto__`, and what is left out has no digest.
  z.custom<Mapping>((value) => isMapping(value) && isNestedAtMost(value, DEPTH_MAX), { error: 'expected a dictionary of modest depth' }),
)

/** Python's own json refuses what is nested some 1,000 deep; this is far from it, and far from the end of our own stack. */
const DEPTH_MAX = 100

function isNestedAtMost(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((inner) => isNestedAtMost(inner, depth - 1))
}

const seenShape = {
  uuid: z.guid(),
  provision_state: z.string(),
  name: text,
  provision_updated_at: text,
  target_provision_state: text,
  power_state: text,
  target_power_state: text,
  maintenance: flag,
  maintenance_reason: text,
  fault: text,
  instance_uuid: text,
  reservation: text,
  protected: flag,
  // Its column may be null (Ironic takes that for false).
  retired: flag.nullable(),
  owner: text,
  lessee: text,
  resource_class: text,
  conductor_group: text,
  shard: maybe,
}

/** One row of a list with the fields of LIST_FIELDS. */
export const seenSchema = z.object(seenShape)

export const wireNodeSchema = z.looseObject({
  ...seenShape,
  driver: z.string(),
  allocation_uuid: text,
  conductor: text,
  last_error: text,
  automated_clean: flag.nullable(),
  power_interface: maybe,
  network_interface: maybe,
  storage_interface: maybe,
  clean_step: z.unknown(),
  traits: z.array(z.string()).nullish(),
  updated_at: maybe,
  driver_info: dictionary,
  extra: dictionary,
})
/** Holds driver_info: it must not leave the process, be stored, or be logged. */
export type WireNode = z.infer<typeof wireNodeSchema>

/** The fields of a list, for `fields=`; updated_at and conductor are refused there (measured: 400 and 500). */
export const LIST_FIELDS: readonly string[] = Object.keys(seenShape).filter((field) => field !== 'shard')

export function seenNodeOf(wire: z.infer<typeof seenSchema>): SeenNode {
  return {
    uuid: wire.uuid,
    name: wire.name,
    provision_state: wire.provision_state,
    provision_updated_at: wire.provision_updated_at,
    target_provision_state: wire.target_provision_state,
    power_state: wire.power_state,
    target_power_state: wire.target_power_state,
    maintenance: wire.maintenance,
    maintenance_reason: wire.maintenance_reason,
    fault: wire.fault,
    instance_uuid: wire.instance_uuid,
    reservation: wire.reservation,
    protected: wire.protected,
    retired: wire.retired ?? false,
    owner: wire.owner,
    lessee: wire.lessee,
    resource_class: wire.resource_class,
    conductor_group: wire.conductor_group ?? '',
    shard: wire.shard ?? null,
  }
}

/** What an observation may hold of a node. A field that the API is too old for is null. */
export function observedNode(wire: WireNode): ObservedNode {
  const deciding = {
    ...seenNodeOf(wire),
    allocation_uuid: wire.allocation_uuid,
    conductor: wire.conductor,
  }
  const power_interface = wire.power_interface ?? null
  return {
    ...deciding,
    driver: wire.driver,
    last_error: wire.last_error,
    automated_clean: wire.automated_clean,
    power_interface,
    network_interface: wire.network_interface ?? null,
    storage_interface: wire.storage_interface ?? null,
    cleanStepSet: isFilled(wire.clean_step),
    traits: wire.traits ?? [],
    updated_at: wire.updated_at ?? null,
    bmcAddress: bmcAddress({ driver: wire.driver, power_interface, driver_info: wire.driver_info }),
    marks: marksIn(wire.extra),
    hold: shortText(wire.extra, HOLD_KEY),
    shield: shortText(wire.extra, SHIELD_KEY),
    extraOthers: digestOf(Object.fromEntries(Object.entries(wire.extra).filter(([key]) => !OWN_KEYS.includes(key)))),
    digest: digestOf(decidingRead(deciding)),
  }
}

/** Whoever runs the node agrees that it is broken now and then. */
export const isCanaryAgreed = ({ extra }: WireNode): boolean => extra['anneal_canary'] === true || extra['anneal_canary'] === 'true'

const MARKS_KEY = 'hammer_error_resets'
const HOLD_KEY = 'anneal_hold'
const SHIELD_KEY = 'anneal_shield'
const OWN_KEYS: readonly string[] = [MARKS_KEY, HOLD_KEY, SHIELD_KEY]

/** More entries than this are a loop of some tool; the newest are what decides. */
const MARKS_KEPT = 100

function marksIn(extra: Record<string, unknown>): Marks {
  if (isRedacted(extra['content'])) return { kind: 'unreadable', found: 'withheld by Ironic' }
  if (!(MARKS_KEY in extra)) return { kind: 'absent' }
  const value = extra[MARKS_KEY]
  if (!Array.isArray(value)) return { kind: 'unreadable', found: value === null ? 'null' : `a ${typeof value}` }
  const entries = value.slice(-MARKS_KEPT).map((entry: unknown) => (typeof entry === 'string' ? entry : JSON.stringify(entry)))
  return { kind: 'list', entries, total: value.length }
}

/** A key's value as text of at most 200 characters; null only where the key is absent. */
function shortText(extra: Record<string, unknown>, key: string): string | null {
  if (!(key in extra)) return null
  const value = extra[key]
  const said = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/g, ' ').trim()
  return said.length <= 200 ? said : `${said.slice(0, 199)}…`
}

/** Ironic writes `{}` or null where no step runs. */
const isFilled = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length > 0

/** Names of the values we use that Ironic withheld from this credential. `******` for a password is not one of them. */
export function redactedFields(wire: WireNode): string[] {
  const used = Object.keys(wireNodeSchema.shape)
  return used.filter((field) => {
    const value = wire[field]
    return isRedacted(value) || (typeof value === 'object' && value !== null && 'content' in value && isRedacted(value.content))
  })
}
