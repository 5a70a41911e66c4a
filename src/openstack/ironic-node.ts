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

const text = z.string().nullish()
const flag = z.boolean().nullish()
/** Ironic withholds a whole dictionary as a text, or as `{content: text}`; both become the latter. */
const dictionary = z.preprocess(
  (value) => (typeof value === 'string' ? { content: value } : (value ?? {})),
  z.record(z.string(), z.unknown()),
)

const seenShape = {
  uuid: z.string().min(1),
  provision_state: z.string(),
  name: text,
  provision_updated_at: text,
  target_provision_state: text,
  power_state: text,
  target_power_state: text,
  maintenance: z.boolean(),
  maintenance_reason: text,
  fault: text,
  instance_uuid: text,
  reservation: text,
  protected: flag,
  retired: flag,
  owner: text,
  lessee: text,
  resource_class: text,
  conductor_group: text,
  shard: text,
}

/** One row of a list with the fields of LIST_FIELDS. */
export const seenSchema = z.object(seenShape)

export const wireNodeSchema = z.looseObject({
  ...seenShape,
  driver: z.string(),
  allocation_uuid: text,
  conductor: text,
  last_error: text,
  automated_clean: flag,
  power_interface: text,
  network_interface: text,
  storage_interface: text,
  clean_step: z.unknown(),
  traits: z.array(z.string()).nullish(),
  updated_at: text,
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
    name: wire.name ?? null,
    provision_state: wire.provision_state,
    provision_updated_at: wire.provision_updated_at ?? null,
    target_provision_state: wire.target_provision_state ?? null,
    power_state: wire.power_state ?? null,
    target_power_state: wire.target_power_state ?? null,
    maintenance: wire.maintenance,
    maintenance_reason: wire.maintenance_reason ?? null,
    fault: wire.fault ?? null,
    instance_uuid: wire.instance_uuid ?? null,
    reservation: wire.reservation ?? null,
    protected: wire.protected ?? false,
    retired: wire.retired ?? false,
    owner: wire.owner ?? null,
    lessee: wire.lessee ?? null,
    resource_class: wire.resource_class ?? null,
    conductor_group: wire.conductor_group ?? '',
    shard: wire.shard ?? null,
  }
}

/** What an observation may hold of a node. Fields that the API is too old for are null or false. */
export function observedNode(wire: WireNode): ObservedNode {
  const deciding = {
    ...seenNodeOf(wire),
    allocation_uuid: wire.allocation_uuid ?? null,
    conductor: wire.conductor ?? null,
  }
  const power_interface = wire.power_interface ?? null
  return {
    ...deciding,
    driver: wire.driver,
    last_error: wire.last_error ?? null,
    automated_clean: wire.automated_clean ?? null,
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
