/**
 * Requests to the lab's Ironic itself, past the fault proxy, as a person with every right. The scenarios use it to bring about
 * a situation and to see what became of it; Anneal never goes this way.
 */
import { z } from 'zod'
import { type Answer, call } from './call.ts'
import { token } from './keystone.ts'
import { readSettings } from './settings.ts'

/** A node as Ironic answers it: the fields the lab looks at; all others are kept. */
export const LabNode = z.looseObject({
  uuid: z.string(),
  name: z.string().nullable(),
  driver: z.string(),
  provision_state: z.string(),
  target_provision_state: z.string().nullable(),
  provision_updated_at: z.string().nullable(),
  power_state: z.string().nullable(),
  target_power_state: z.string().nullable(),
  last_error: z.string().nullable(),
  maintenance: z.boolean(),
  maintenance_reason: z.string().nullable(),
  fault: z.string().nullable(),
  reservation: z.string().nullable(),
  instance_uuid: z.string().nullable(),
  instance_info: z.record(z.string(), z.unknown()),
  extra: z.record(z.string(), z.unknown()),
  protected: z.boolean(),
  resource_class: z.string().nullable(),
  network_interface: z.string().nullable(),
})
export type LabNode = z.infer<typeof LabNode>

const HistoryList = z.object({
  history: z.array(z.looseObject({ event: z.string(), event_type: z.string().nullable(), created_at: z.string() })),
})

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** One request to Ironic, sent once; the answer whatever its status. */
export async function ironic(method: string, path: string, body?: unknown): Promise<Answer> {
  const settings = readSettings()
  const auth: Record<string, string> = settings.auth === 'keystone' ? { 'x-auth-token': await token() } : {}
  const headers = { 'x-openstack-ironic-api-version': '1.82', ...auth }
  return call({ method, url: settings.ironic + path, headers, ...(body === undefined ? {} : { body }) })
}

/**
 * A request that must succeed. Waited out for 10 s: 409, since Ironic locks a node for a moment after each step, and 503, which it
 * answers while it cannot reach Keystone.
 */
export async function must(method: string, path: string, body?: unknown): Promise<unknown> {
  for (let tries = 1; ; tries++) {
    const answer = await ironic(method, path, body)
    if (answer.status < 400) return answer.json
    if (tries === 50 || (answer.status !== 409 && answer.status !== 503))
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    await pause(200)
  }
}

export async function readNode(name: string): Promise<LabNode> {
  return LabNode.parse(await must('GET', `/v1/nodes/${name}`))
}

/** Newest first. */
export async function readHistory(name: string) {
  return HistoryList.parse(await must('GET', `/v1/nodes/${name}/history?detail=true`)).history
}

/**
 * Waits until the node is in a provision state, unlocked, or until any condition on it holds; then returns it. Throws after
 * `seconds` with what the node looks like instead.
 */
export async function waitNode(name: string, until: string | ((node: LabNode) => boolean), seconds = 60): Promise<LabNode> {
  const holds = typeof until === 'string' ? (node: LabNode) => node.provision_state === until && node.reservation === null : until
  const end = Date.now() + seconds * 1000
  for (;;) {
    const node = await readNode(name)
    if (holds(node)) return node
    if (Date.now() > end) {
      const wanted = typeof until === 'string' ? until : 'the condition'
      throw new Error(
        `${name}: ${wanted} not seen in ${seconds} s; it is ${node.provision_state}, maintenance ${node.maintenance}: ${node.last_error}`,
      )
    }
    await pause(100)
  }
}

/** Sends a provision verb once and returns the status: 202 accepted, 409 locked, 400 not in this state, 403 protected. */
export async function provision(name: string, target: string): Promise<number> {
  return (await ironic('PUT', `/v1/nodes/${name}/states/provision`, { target })).status
}

/** The `deleted` verb, as undeploy sends it; then waits for the state, `error` or `available`. */
export async function undeploy(name: string, ends: 'error' | 'available' = 'available'): Promise<LabNode> {
  await must('PUT', `/v1/nodes/${name}/states/provision`, { target: 'deleted' })
  return waitNode(name, ends)
}

/** A person's maintenance with a reason, or null to clear it. */
export async function setMaintenance(name: string, reason: string | null): Promise<void> {
  if (reason === null) await must('DELETE', `/v1/nodes/${name}/maintenance`)
  else await must('PUT', `/v1/nodes/${name}/maintenance`, { reason })
}

export async function patchNode(
  name: string,
  patch: { op: 'add' | 'replace' | 'remove'; path: string; value?: unknown }[],
): Promise<LabNode> {
  return LabNode.parse(await must('PATCH', `/v1/nodes/${name}`, patch))
}

/** Adds or replaces one key of `extra`. */
export const setExtra = (name: string, key: string, value: unknown) => patchNode(name, [{ op: 'add', path: `/extra/${key}`, value }])

/** Only a node with an instance can be protected (Ironic answers 409 for others: provision state must be active or rescue). */
export const setProtected = (name: string, value: boolean) => patchNode(name, [{ op: 'replace', path: '/protected', value }])

/** Asks for a power state and does not wait: with FAKE_DELAY a fake node stays locked for so long. */
export async function power(name: string, target: 'power on' | 'power off' | 'rebooting'): Promise<void> {
  await must('PUT', `/v1/nodes/${name}/states/power`, { target })
}
