/**
 * Finds out whom a failed conversation was with: by the innermost address in the text, else by the words around it. It does
 * not judge what went wrong. An address wins over words because wrappers name what Ironic wanted, addresses whom it asked.
 */
import type { ServiceName } from '../observation.ts'
import type { Peer } from './signature.ts'

const SERVICES: readonly ServiceName[] = ['keystone', 'neutron', 'cinder', 'glance', 'nova', 'placement']

export const serviceOf = (peer: Peer | null): ServiceName | null => SERVICES.find((service) => service === peer) ?? null

/** Addresses, most telling first: API paths, then host names, then the default ports of the services. */
const ADDRESSES: readonly (readonly [Peer, RegExp])[] = [
  ['bmc', /\/redfish\/v1|\/rest\/v1|\/wsman|\/sessionservice|\/api\/sessions/i],
  ['agent', /:9999\b|\/v1\/commands/i],
  ['keystone', /\/v3\/auth|\/v2\.0\/tokens|\/identity(?:\/|$)|keystone|:(?:5000|35357)\b/i],
  ['neutron', /:9696\b|neutron|\/\/[^/]+\/network(?:ing)?(?:\/|$)|\/v2\.0\/(?:ports|networks|subnets|agents|security-groups)/i],
  ['cinder', /:8776\b|cinder|\/v3\/volumes|\/\/[^/]+\/volume(?:\/|$)/i],
  ['glance', /:9292\b|glance|\/v2\/images|\/\/[^/]+\/image(?:\/|$)/i],
  ['placement', /placement|:8778\b|\/resource_providers/i],
  ['nova', /:8774\b|nova|\/v2\.1\/|\/\/[^/]+\/compute(?:\/|$)/i],
  ['swift', /:8080\/v1\/AUTH|swift|\/v1\/AUTH_/i],
  ['inspector', /:5050\b|inspector/i],
  ['rpc', /:(?:5672|5671|8089)\b|^amqp|rabbit/i],
  ['ironic', /:6385\b|ironic-api|\/baremetal(?:\/|$)/i],
  ['image-server', /\.(?:qcow2|img|raw|iso|kernel|initramfs|vmlinuz|gz)\b|\/(?:images|agent_images|httpboot|boot-)/i],
]

/** Redfish paths, and sushy's own sentence for an answer that is an error. */
const BMC_ADDRESS = /\/redfish\/v1|\bHTTP (?:GET|POST|PATCH|PUT|DELETE|HEAD) \S{1,400} returned code/i

/** Words, asked only where no address tells. */
export const PEER_WORDS: readonly (readonly [Peer, RegExp])[] = [
  [
    'agent',
    /\bto the agent\b|\bagent (?:api|driver|command)\b|connection to agent failed|\b(?:clean|deploy|service) step \S{1,80} failed on node \S{1,60}\. |\bagent returned error for|command status errored/i,
  ],
  [
    'database',
    /pymysql|psycopg2|sqlite3|sqlalchemy|oslo_db|PendingRollback|(?:Operational|Interface|Programming|Integrity)Error|\bDB(?:Connection|Deadlock|Error)|MySQL|PostgreSQL|WSREP/i,
  ],
  ['rpc', /amqp|rabbit|oslo_?messaging|messagingtimeout|message id [0-9a-f]{8}|json.?rpc/i],
  ['cinder', /cinder|block storage|\bvolume [0-9a-f]{8}-/i],
  ['neutron', /neutron|\bVIFs?\b|given network|security groups/i],
  ['keystone', /keystone|identity service|auth\/tokens/i],
  ['glance', /glance/i],
  ['swift', /swift/i],
  ['inspector', /inspector/i],
  ['placement', /placement/i],
  ['nova', /\bnova\b/i],
  [
    'bmc',
    /redfish|\bipmi|idrac|\bdrac\b|\bilo\b|\birmc\b|\bsnmp\b|\bBMC\b|ComputerSystem|wsman|Chassis Power|RAKP \d|Session Privilege|RAW command|RMCP|open session|cipher suite|missing from the resource|lifecycle controller|power state|in the resource \/|X-Auth-Token|\b(?:Redfish|Drac|Ilo|IRMC|IPMI|SNMP|XClarity|IBMC)\w*(?:Error|Failure)\b|\bPDU\b|virtual (?:USB|media|CD|floppy)|xclarity|\bXCC\b|\bC?IMC\b|\bUCSM?\b|oneview|\biBMC\b|\bAMT\b|WS-?Man|proliantutils|\bSCCI\b|\bELCM\b|dracclient|'interface': '(?:raid|bios|management|firmware|power)'|\bboot[_ ]interface\b/i,
  ],
  ['image-server', /image href|download(?:ing)? (?:of )?image|fetch(?:ing)? image/i],
]

const ADDRESS =
  /https?:\/\/[^\s'"),;]{1,400}|\bamqps?:\/\/[^\s'"),;]{1,200}|host='([^']{1,200})', port='?(\d{1,5})'?\)(?:: Max retries exceeded with url: (\S{1,400}))?/gi

/** States in which Ironic speaks with nothing but the BMC. */
const BMC_ONLY_STATES: readonly string[] = ['enroll', 'verifying', 'manageable']

/** The last address that tells wins: inner exceptions stand to the right of what wraps them. */
export function peerOf(text: string, provision_state: string, words = PEER_WORDS): Peer | null {
  // A BMC's answer quotes addresses of its own (of images it should mount); the conversation was still with the BMC.
  if (BMC_ADDRESS.test(text)) return 'bmc'
  let found: Peer | null = null
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[1] === undefined ? match[0] : `https://${match[1]}:${match[2]}${match[3] ?? ''}`
    found = ADDRESSES.find(([, pattern]) => pattern.test(address))?.[0] ?? found
  }
  if (found !== null) return found
  const named = words.find(([, pattern]) => pattern.test(text))
  if (named !== undefined) return named[0]
  return BMC_ONLY_STATES.includes(provision_state) ? 'bmc' : null
}
