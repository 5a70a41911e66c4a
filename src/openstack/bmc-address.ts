/**
 * Where a node's BMC is, out of its driver_info: address and port and nothing else, so that no credential gets any further.
 * Which keys count is decided by the power interface, because that is what failed when a tear-down could not switch power.
 */
import { isIP } from 'node:net'
import type { BmcAddress } from '../core/observation.ts'
import { withoutSlashes } from './service-type.ts'

type Keys = Record<string, unknown>

/** null: a driver without a BMC of its own (fake-hardware, snmp, agent-power), or keys that name none. */
export function bmcAddress(node: { driver: string; power_interface: string | null; driver_info: Keys }): BmcAddress | null {
  const { driver, power_interface, driver_info: keys } = node
  const power = power_interface ?? ''
  if (power.includes('ipmi')) return ipmi(keys, driver)
  if (power.includes('redfish')) return redfish(keys)
  if (power === 'ilo' || driver.startsWith('ilo')) return web(keys['ilo_address'], keys['client_port'])
  if (power === 'irmc' || driver === 'irmc') return web(keys['irmc_address'], keys['irmc_port'])
  if (power.includes('wsman')) return web(keys['drac_address'], keys['drac_port'])
  if (power !== '') return null
  if (driver === 'ipmi') return ipmi(keys, driver)
  if (driver === 'redfish' || driver === 'idrac') return redfish(keys)
  return null
}

/** ipmitool on iRMC hardware takes the address from irmc_address. */
function ipmi(keys: Keys, driver: string): BmcAddress | null {
  const host = hostIn(keys['ipmi_address'] ?? (driver === 'irmc' ? keys['irmc_address'] : undefined))
  return host === null ? null : { protocol: 'ipmi', host, port: portIn(keys['ipmi_port']) ?? 623 }
}

/** redfish_address may be an address, or a URL with scheme, port and path; without a scheme Ironic itself takes https. */
function redfish(keys: Keys): BmcAddress | null {
  const given = keys['redfish_address']
  if (typeof given !== 'string' || given === '' || given.length > URL_MAX) return null
  const url = URL.parse(given.includes('://') ? given : `https://${bracketed(given)}`)
  const host = hostIn(url?.hostname)
  if (url === null || host === null) return null
  const plain = url.protocol === 'http:'
  const path = withoutSlashes(url.pathname)
  return {
    protocol: 'redfish',
    host,
    port: url.port === '' ? (plain ? 80 : 443) : Number(url.port),
    ...(plain ? { scheme: 'http' as const } : {}),
    ...(path === '' ? {} : { path }),
  }
}

/** iLO, iRMC and iDRAC serve Redfish on their web port. */
function web(address: unknown, port: unknown): BmcAddress | null {
  const host = hostIn(address)
  return host === null ? null : { protocol: 'redfish', host, port: portIn(port) ?? 443 }
}

/** Longer is no address that anybody typed. */
const URL_MAX = 2_048

/** A name or an address, brackets taken off: nothing that could hold a user, a path or a control character. */
function hostIn(value: unknown): string | null {
  const host = typeof value === 'string' ? value.replace(/^\[|\]$/g, '') : ''
  if (host.includes(':') && isIP(host) !== 6) return null
  return /^[\p{L}\p{N}._:%-]{1,253}$/u.test(host) ? host : null
}

/** A bare IPv6 address has two colons or more and needs brackets in a URL. */
const bracketed = (host: string): string => (/^[0-9a-f:.]+$/i.test(host) && host.split(':').length > 2 ? `[${host}]` : host)

function portIn(value: unknown): number | null {
  const port = typeof value === 'number' ? value : typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null
}
