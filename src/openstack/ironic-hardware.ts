/**
 * Reads which machine a node is: Ironic's inventory (API 1.81) and the keys of `properties` and `extra` that name a machine. Everything else
 * of these documents ends here: plugin data, LLDP, and whatever people keep in `extra`.
 */
import { z } from 'zod'
import type { Fact, Facts, Inspected, NamingKeys } from '../core/hardware.ts'
import { isRedacted } from '../core/ironic.ts'
import { absent, known, type Reading, unknown } from '../core/reading.ts'
import { bodyOf, type Call, refusal, segment } from './call.ts'
import { isMapping, type Mapping } from './cloud-access.ts'
import { inventorySince, type VersionKeeper } from './ironic-version.ts'

export type HardwareReads = {
  /** What the last inspection found. absent: an API that is too old, or none is kept. unknown: withheld from this credential. */
  inventory(uuid: string): Promise<Reading<Inspected>>
  /** Keys of `properties` and `extra` that name the machine or its place. */
  identity(uuid: string): Promise<Reading<NamingKeys>>
}

const document = z.unknown().transform((value): Mapping => (isMapping(value) ? value : {}))
const inventoryBody = z.object({ inventory: document })
const identityBody = z.object({ properties: document, extra: document })

export function hardwareReads({ versions, send }: VersionKeeper): HardwareReads {
  return {
    inventory: async (uuid) => {
      const { used } = await versions()
      if (!inventorySince(used)) return absent(`Ironic's API ${used} keeps no inventory (1.81 and later do)`)
      const call: Call = { service: 'baremetal', method: 'GET', path: `/v1/nodes/${segment(uuid)}/inventory`, accept: [403, 404] }
      const response = await send(call)
      if (response.status === 403) return unknown('this credential may not read the inventory')
      if (response.status !== 404) return known(inventoryIn(bodyOf(call, response, inventoryBody).inventory))
      if (/inventory.{0,200}could not be found/is.test(response.text))
        return absent('Ironic keeps no inventory of this node: it was never inspected')
      if (isUnknownHere(response.text)) return absent(GONE)
      throw refusal(call, response)
    },
    identity: async (uuid) => {
      const call: Call = {
        service: 'baremetal',
        method: 'GET',
        path: `/v1/nodes/${segment(uuid)}`,
        query: [['fields', 'properties,extra']],
        accept: [404],
      }
      const response = await send(call)
      if (response.status === 404) {
        if (isUnknownHere(response.text)) return absent(GONE)
        throw refusal(call, response)
      }
      const { properties, extra } = bodyOf(call, response, identityBody)
      return known({ properties: named(properties), extra: named(extra) })
    },
  }
}

const GONE = 'Ironic does not know this node any more'
/** Only Ironic's own words mean that; a proxy's 404 or a wrong address means nothing. */
const isUnknownHere = (text: string): boolean => /could not be found/i.test(text)

const VENDOR = ['manufacturer', 'product_name', 'serial_number']
const FIRMWARE = ['vendor', 'version', 'build_date']
const BMC = ['bmc_address', 'bmc_v6address', 'bmc_mac']
const CPU = ['model_name', 'architecture', 'count', 'socket_count', 'frequency']
const MEMORY = ['physical_mb', 'total']
const BOOT = ['current_boot_mode', 'pxe_interface']
const DISK = ['name', 'vendor', 'model', 'serial', 'size', 'rotational', 'wwn', 'hctl', 'by_path']
const INTERFACE = ['name', 'mac_address', 'vendor', 'product', 'driver', 'has_carrier', 'speed_mbps', 'pci_address', 'firmware_version']

/** More disks or ports than any machine has are somebody's mistake. */
const PARTS_MAX = 256

function inventoryIn(inventory: Mapping): Inspected {
  const vendor = mappingAt(inventory, 'system_vendor')
  return {
    system_vendor: facts(vendor, VENDOR),
    firmware: facts(mappingAt(vendor, 'firmware'), FIRMWARE),
    bmc: facts(inventory, BMC),
    cpu: facts(mappingAt(inventory, 'cpu'), CPU),
    memory: facts(mappingAt(inventory, 'memory'), MEMORY),
    boot: facts(mappingAt(inventory, 'boot'), BOOT),
    disks: parts(inventory['disks'], DISK),
    interfaces: parts(inventory['interfaces'], INTERFACE),
  }
}

/** As sites are seen to call them in `properties` and `extra`; compared without case and without what stands between the words. */
const NAMING = new Set(
  `vendor manufacturer make model product productname productid systemvendor systemmodel serial serialnumber systemserial chassisserial
  boardserial servicetag assettag assetid asset sku partnumber hostname location site datacenter datacentre dc room row rack rackunit
  rackposition position unit u slot chassis enclosure biosversion firmwareversion bmcversion
  switch switchport uid nodetype`.split(/\s+/),
)

function named(keys: Mapping): Facts {
  return facts(
    keys,
    Object.keys(keys)
      .filter((key) => NAMING.has(key.toLowerCase().replace(/[-_. ]/g, '')))
      .slice(0, PARTS_MAX),
  )
}

const mappingAt = (from: Mapping, key: string): Mapping => {
  const value = from[key]
  return isMapping(value) ? value : {}
}

const parts = (value: unknown, keys: readonly string[]): Facts[] =>
  Array.isArray(value) ? value.slice(0, PARTS_MAX).flatMap((part: unknown) => (isMapping(part) ? [facts(part, keys)] : [])) : []

function facts(from: Mapping, keys: readonly string[]): Facts {
  const entries = keys.map((key): [string, Fact | null] => [key, factIn(from[key])])
  return Object.fromEntries(entries.filter((entry): entry is [string, Fact] => entry[1] !== null))
}

/** Longer is no name of anything. */
const FACT_MAX = 200

function factIn(value: unknown): Fact | null {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value
  return typeof value === 'string' && value !== '' && value.length <= FACT_MAX && !isRedacted(value) ? value : null
}
