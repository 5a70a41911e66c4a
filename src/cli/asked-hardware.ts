/**
 * Asks a cloud which machine a node is: two reads of Ironic, where a way into the cloud is configured. A bundle is made without it too, so
 * that nothing here ends a command; what was not learnt is said with its reason.
 */
import type { Config } from '../config.ts'
import { ConfigError } from '../core/config-error.ts'
import type { Hardware } from '../core/hardware.ts'
import { type Reading, unknown } from '../core/reading.ts'
import type { NodeKey } from '../core/seen.ts'
import { withoutStops } from '../core/sentence.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { type Chosen, chosenClouds, reach } from '../wiring.ts'
import type { Globals } from './globals.ts'
import type { Io } from './io.ts'

/** `failed`: the cloud is configured and gave no answer that can be used. */
export type AskedHardware = { hardware: Hardware; failed: boolean }

export const unasked = (why: string): Hardware => ({ inventory: unknown(why), identity: unknown(why) })

export async function askedHardware(io: Io, to: { globals: Globals; config: Config }, { cloud, uuid }: NodeKey): Promise<AskedHardware> {
  const chosen = wayInto(cloud, io, to)
  if (chosen === undefined)
    return { hardware: unasked('not asked, because no way into the cloud is configured where this was made'), failed: false }
  const { ironic } = reach(chosen, io.seams)
  const [inventory, identity] = await Promise.all([answered(ironic.inventory(uuid)), answered(ironic.identity(uuid))])
  return { hardware: { inventory: inventory.reading, identity: identity.reading }, failed: inventory.failed || identity.failed }
}

function wayInto(cloud: string, io: Io, { globals, config }: { globals: Globals; config: Config }): Chosen | undefined {
  try {
    return chosenClouds(config, { ...globals, osCloud: cloud }, io)[0]
  } catch (error) {
    // Knows: whoever carries a database away has no clouds.yaml beside it, and wants what the database has.
    if (error instanceof ConfigError) return undefined
    throw error
  }
}

const answered = <T>(asked: Promise<Reading<T>>): Promise<{ reading: Reading<T>; failed: boolean }> =>
  asked
    .then((reading) => ({ reading, failed: false }))
    .catch((error: unknown) => {
      // Knows: the records are complete without it; the reader is told what the cloud said instead.
      if (error instanceof OpenStackError) return { reading: unknown(`Ironic was asked: ${withoutStops(error.sentence)}`), failed: true }
      throw error
    })
