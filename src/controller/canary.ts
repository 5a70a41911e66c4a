/**
 * Takes a cloud's self-canary one step further: a node without a machine, that is deployed, broken, and left to the usual passes to heal. It sends
 * nothing to a node that is not such a one, nothing unless the mode is auto, and nothing that is not on record first. What comes next is
 * core/canary.ts; whether the node is healed is for the passes, and this only sees it.
 */
import {
  CANARY_DRIVER,
  type CanaryNode,
  type CanaryPlan,
  type CanaryRequest,
  type CanaryRound,
  type CanaryState,
  canaryStep,
  canaryTrouble,
} from '../core/canary.ts'
import type { NodeKey } from '../core/seen.ts'
import type { PatchOperation } from '../openstack/ironic.ts'
import { isCanaryAgreed, observedNode, type WireNode } from '../openstack/ironic-node.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { CloudWorld } from './cloud-world.ts'

export type CanaryWatch = {
  /** One step, or none. Rejects with OpenStackError where Ironic could not be asked. */
  look(): Promise<void>
  state(): CanaryState
}

/** As with a mark: what the reply showed decides for no longer than this. */
const REPLY_LIVES_MS = 2_000

/** Nothing listens there, so a conductor's ipmitool is refused at once by its own machine, and no network is asked. */
const NOWHERE = { ipmi_address: '127.0.0.1', ipmi_port: 1 } as const

type World = Pick<CloudWorld, 'cloud' | 'policy' | 'ironic' | 'store' | 'seams' | 'log'>

export function canaryWatch(world: World, plan: CanaryPlan): CanaryWatch {
  const since = world.seams.clock.now()
  let seen: { message: string; round: CanaryRound | null; healedAt: number | null } = {
    message: 'It was not looked at yet.',
    round: null,
    healedAt: null,
  }
  return {
    look: async () => {
      seen = { ...seen, ...(await step(world, plan)) }
      seen.healedAt = seen.round?.healedAt ?? seen.healedAt
    },
    state: () => ({
      cloud: world.cloud,
      node: plan.node,
      message: seen.message,
      healedAt: seen.healedAt,
      isUnderWay: seen.round?.healedAt === null,
      trouble: canaryTrouble(plan, seen.round, { since, now: world.seams.clock.now() }),
    }),
  }
}

async function step(world: World, plan: CanaryPlan): Promise<{ message: string; round?: CanaryRound | null }> {
  const { cloud, store, seams } = world
  const wire = await world.ironic.node(plan.node)
  if (wire === null) return { message: `Ironic has no node ${plan.node}.` }
  const key: NodeKey = { cloud, uuid: wire.uuid }
  let round = await store.canaryRound(key)
  const note = async (event: Parameters<typeof store.noteCanary>[1]['event'], message: string): Promise<boolean> => {
    const isNoted = await store.noteCanary(key, { event, seen: round, message })
    round = await store.canaryRound(key)
    return isNoted
  }
  const node = canaryNode(wire)
  if (node.provision_state === 'error' && round !== null && round.failedAt === null)
    await note('failed', 'It is in error, as it was to be.')
  const next = canaryStep({ node, plan, round, notNow: await notNow(world, key), now: seams.clock.now() })
  const stopped = await stoppedBy(world, key)
  if (next.kind === 'wait' || next.kind === 'refuse') return { message: next.message, round }
  if (next.kind === 'healed') {
    const ofRound = await store.caseOf(key)
    if (ofRound === null || ofRound.openedAt < (round?.begunAt ?? 0))
      return { message: 'It is back, and no case of it was ever opened.', round }
    if (ofRound.closedAt === null) return { message: 'It is back; its case is still open.', round }
    if (ofRound.result !== 'healed') return { message: `Its case closed as ${ofRound.result}, and not as healed.`, round }
    await note('healed', 'It was broken, found, diagnosed, reset and proven: the whole path works.')
    return { message: 'Its last round was healed.', round }
  }
  if (stopped !== null) return { message: stopped, round }
  if (next.kind === 'begin') await note('begun', 'A round begins: it is deployed, broken, and left to be healed.')
  else if (await note(next.step, ABOUT[next.step])) await sent(world, key, next.step)
  return { message: next.kind === 'begin' ? 'A round has begun.' : ABOUT[next.step], round }
}

const ABOUT: Record<CanaryRequest, string> = {
  deploy: 'It is deployed, without an instance.',
  'tear-down': 'Its driver is set to ipmi with an address at which nothing answers, and it is told to go: the tear-down will fail.',
  mend: 'Its driver is set back, so that the next tear-down works.',
}

/** Why nothing may be sent to it: the mode, or a person's word. */
async function stoppedBy({ cloud, policy, store }: World, key: NodeKey): Promise<string | null> {
  if (policy.mode !== 'auto') return `The mode is ${policy.mode}: the canary is broken in auto alone, where it is healed by itself.`
  const pause = await store.pausedBy(cloud)
  if (pause !== null) return `Paused by ${pause.by}: ${pause.why}`
  const hold = (await store.holds(cloud)).find(({ uuid }) => uuid === key.uuid)
  return hold === undefined ? null : `Held by ${hold.by}: ${hold.why}`
}

/** A canary among real failures would be counted with them, and healed in its turn among them. */
async function notNow({ cloud, store }: World, key: NodeKey): Promise<string | null> {
  const [other] = (await store.cases({ cloud, open: true, limit: 2 })).filter(({ uuid }) => uuid !== key.uuid)
  return other === undefined ? null : 'other nodes have open cases.'
}

/** The node as the canary's judgement wants it; of driver_info only whether it is broken. */
export const canaryNode = (wire: WireNode): CanaryNode => ({
  ...observedNode(wire),
  isAgreed: isCanaryAgreed(wire),
  isBroken: wire.driver === 'ipmi' && Object.entries(NOWHERE).every(([key, value]) => wire.driver_info[key] === value),
})

/** The interfaces that go with a node's networks and disks are the site's, and stay. */
const kept = ({ network_interface, storage_interface }: WireNode): PatchOperation[] =>
  Object.entries({ network_interface, storage_interface }).flatMap(([name, value]): PatchOperation[] =>
    typeof value === 'string' ? [{ op: 'replace', path: `/${name}`, value }] : [],
  )

const breaking = (wire: WireNode): PatchOperation[] => [
  { op: 'replace', path: '/driver', value: 'ipmi' },
  ...Object.entries(NOWHERE).map(([name, value]): PatchOperation => ({ op: 'add', path: `/driver_info/${name}`, value })),
  ...kept(wire),
]
const mending = (wire: WireNode): PatchOperation[] => [
  { op: 'replace', path: '/driver', value: CANARY_DRIVER },
  ...Object.keys(NOWHERE).map((name): PatchOperation => ({ op: 'remove', path: `/driver_info/${name}` })),
  ...kept(wire),
]
/** Changes nothing; its reply is the node as it stands under its lock. */
const AGREED: PatchOperation = { op: 'add', path: '/extra/anneal_canary', value: true }

/** Whether the node, as the reply to a patch showed it under its lock, is still one that this step may be sent to. */
const isFor: Record<'deploy' | 'tear-down', (node: CanaryNode) => boolean> = {
  deploy: ({ driver, provision_state, isAgreed, instance_uuid }) =>
    isAgreed && driver === CANARY_DRIVER && provision_state === 'available' && instance_uuid === null,
  'tear-down': ({ provision_state, isAgreed, isBroken, instance_uuid }) =>
    isAgreed && isBroken && provision_state === 'active' && instance_uuid === null,
}

async function sent({ cloud, ironic, seams, log }: World, { uuid }: NodeKey, step: CanaryRequest): Promise<void> {
  const { clock } = seams
  const began = clock.monotonic()
  const sendBy = began + REPLY_LIVES_MS
  try {
    const wire = await ironic.node(uuid)
    if (wire === null || !isCanaryAgreed(wire)) return
    if (step === 'mend') {
      if (canaryNode(wire).isBroken) await ironic.patchDriver(uuid, mending(wire), { sendBy })
      return
    }
    if (step === 'tear-down' && !(wire.driver === CANARY_DRIVER || canaryNode(wire).isBroken)) return
    const reply =
      step === 'deploy' ? await ironic.patch(uuid, [AGREED], { sendBy }) : await ironic.patchDriver(uuid, breaking(wire), { sendBy })
    if (!isFor[step](canaryNode(reply))) return
    await ironic.provision(uuid, step === 'deploy' ? 'active' : 'deleted', { sendBy: clock.monotonic() + REPLY_LIVES_MS })
  } catch (error) {
    // Knows: what became of it is read off the node at the next look, and a step that came to nothing is taken again.
    if (!(error instanceof OpenStackError)) throw error
    log('warn', 'a step of the canary failed', { cloud, uuid, step, error: error.message })
  }
}
