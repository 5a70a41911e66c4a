/**
 * What the conformance suite needs of a place that runs an Ironic: raw requests, time, and hands on what stands around it. Two places
 * exist, the simulator (simulator-site.ts) and the lab (lab-site.ts). Nothing here knows which one it is, and no client of ours is used:
 * the suite is about what is answered, not about what we make of it.
 */

export type Ask = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: unknown
  /** Sent as it is, with this content type, instead of `body`. */
  raw?: { type: string; text: string }
  /** Ironic's microversion; 1.82 unless told, null for no header at all. */
  version?: string | null
  headers?: Record<string, string>
  /** A user's token; a person with every right unless told, null for no token. Without Keystone nobody has one. */
  as?: User | null
}

export type Peer = 'neutron' | 'placement' | 'nova'

export type User =
  | 'sys-member'
  | 'sys-reader'
  | 'proj-admin'
  | 'proj-member'
  | 'bm-admin'
  | 'bm-observer'
  /** bm-admin by an application credential. */
  | 'appcred'

/** Header names in lower case; `json` is undefined where the text is none; `seconds` on the place's own clock. */
export type Answer = { status: number; headers: Record<string, string>; text: string; json: unknown; seconds: number }

/** refusing: process gone · silent: a black hole · badpass · rejecting: an IPMI error to every command · stuck: power never changes. */
export type BmcMode = 'ok' | 'refusing' | 'silent' | 'badpass' | 'rejecting' | 'stuck'

/** A node that a chapter is given: active with an instance and powered on, unless told. */
export type Wish = {
  state?: 'active' | 'available'
  network_interface?: 'noop' | 'flat'
  resource_class?: string
  /** Driver fake-hardware, without a machine. */
  fake?: boolean
  /** The project `lab` owns it. */
  owned?: boolean
}

export type Site = {
  ironic(ask: Ask): Promise<Answer>
  /** Neutron, Placement or Nova, below its endpoint in the catalog; without a microversion. */
  peer(peer: Peer, ask: Ask): Promise<Answer>
  keystone(ask: Ask): Promise<Answer>
  /** A password login; `scope` null is the system, undefined none. The answer's token is not kept. */
  login(who: { user: string; password?: string; project?: string | null }): Promise<Answer>
  now(): number
  pass(ms: number): Promise<void>
  /** Uuid of the chapter's node, and its name in this place. */
  node(key: string): { uuid: string; name: string }
  bmc(key: string, mode: BmcMode): Promise<void>
  /** Answering or not; a real one is stopped for 503. */
  neutron(mode: 'ok' | '503'): Promise<void>
  /** Whether Neutron still has the node's VIF bound to it. */
  isBound(key: string): Promise<boolean>
  /** Writes a lock into Ironic's database, or takes it away. */
  lock(key: string, holder: string | null): Promise<void>
  /** SIGKILL to the conductor while the API lives on; and its start. */
  kill(): Promise<void>
  start(): Promise<void>
  keystoneProcess(act: 'stop' | 'start'): Promise<void>
  /** The same words for the same thing in both places: uuids, addresses, times. */
  plain(value: unknown): unknown
}

/**
 * How a place is set up for chapters. plain: API and conductor in one, no cleaning, no power sync, at most 5 nodes in deletion.
 * busy: json-rpc, cleaning on, power sync every 2 s, recovery every 3 s, a conductor is dead after 10 s. keystone: plain, with Keystone.
 * services: keystone, with Neutron, Placement and Nova, which know of each active node what a deployment leaves with them.
 */
export type Setting = 'plain' | 'busy' | 'keystone' | 'services'

/** A story told once; `found` names what it found on the way. Names are unique over the whole suite. */
export type Chapter = {
  title: string
  setting: Setting
  nodes: Record<string, Wish>
  /** It disturbs others that use the same Ironic. */
  alone?: boolean
  tell(site: Site, found: (name: string, finding: unknown) => void): Promise<void>
}

export type Findings = Record<string, unknown>

/** Tells a chapter and gives what it found, in the words of both places. */
export async function findingsOf(chapter: Chapter, site: Site): Promise<Findings> {
  const findings: Findings = {}
  await chapter.tell(site, (name, finding) => {
    if (name in findings) throw new Error(`${chapter.title}: two findings are named ${name}`)
    findings[name] = site.plain(finding)
  })
  return findings
}
