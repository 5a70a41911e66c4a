/**
 * What is asked when faults have stopped, or all but those that stay: is every node healed or with a person, for a reason that the cloud bears
 * out, and does one more pass send nothing. The store is asked for what the operator decided; whether that is so, the simulated cloud.
 */
import { HOUR, MINUTE, SECOND } from '../../core/policy.ts'
import { isForTurn } from '../../core/waiting.ts'
import { judgeBlazarAtRest } from '../../simulator/judge-blazar.ts'
import type { Judges, OnNode } from '../../simulator/judges.ts'
import type { LedgerEntry } from '../../simulator/ledger.ts'
import { isPersons, lineOf, nodeOf } from '../../simulator/promises.ts'
import type { SimNode, World } from '../../simulator/world.ts'
import type { CaseView } from '../../store/case-row.ts'
import type { Setting } from './history.ts'
import { SIMULATED_CLOUD } from './machine.ts'

/** Nothing more comes without a person. What a person holds or left out of the scope is such, too. */
const RESTING: readonly string[] = ['held', 'out-of-scope']
/** Budgets pace and never latch: a node that waited a day for its turn is told to a person, and nothing came to rest. */
export const isAtRest = ({ decision }: CaseView): boolean =>
  decision !== null &&
  (decision.kind === 'leave' || RESTING.includes(decision.reason) || (decision.kind === 'escalate' && !isForTurn(decision.reason)))

/** A person is, though it may be that no more than a turn is waited for. */
export const isTold = ({ decision }: CaseView): boolean => decision?.kind === 'escalate'

/** Whether all is mended, or what a seed or a script broke for good still is. Then whoever waits for a turn beyond its day is with a person, too, and others take theirs. */
export type Still = 'nothing' | 'something'

/** An act that comes to nothing is looked at again after 5 s, and not tried again for a minute at least (core/refused.ts). */
const AFTER_TRY_MS = 20 * SECOND

export async function askAtRest(setting: Setting, still: Still): Promise<CaseView[]> {
  const isMended = still === 'nothing'
  const when = isMended ? 'a day after the last fault' : 'with some things still broken'
  const { cloud, store, judges, clock, player } = setting
  const life = await clock.run(player.rest())
  if (!isMended) {
    // What is tried now and then as long as it cannot be done is not caught in the middle of a try.
    await clock.run(life.sweep().catch(() => null))
    await clock.advance(AFTER_TRY_MS)
  }
  const before = cloud.ledger.changes().length
  const isSwept = await clock.run(
    life.sweep().then(
      () => true,
      (error: unknown) => {
        // Knows: what stays broken may be what a sweep begins with.
        if (isMended) throw error
        return false
      },
    ),
  )
  const open = await askCases(setting, { when, isSwept, isMended })
  judges.bench.check('L3')
  const sent = sentAtRest(cloud.ledger.changes().slice(before), open)
  if (sent.length > 0) judges.bench.accuse('L3', { node: null, what: `one more pass ${when} sent ${sent.map(lineOf).join('; ')}` })
  await askNodes({ store, judges })
  return open
}

/** What was sent about nodes for which nothing more was to come; where nothing is to come for any, whatever was. */
function sentAtRest(sent: readonly LedgerEntry[], open: readonly CaseView[]): LedgerEntry[] {
  const moving = new Set(open.filter((view) => !isAtRest(view)).map(({ uuid }) => uuid))
  return sent.filter((entry) => {
    const about = entry.service === 'blazar' ? entry.about : [nodeOf(entry)]
    return moving.size === 0 || about.every((uuid) => uuid !== null && !moving.has(uuid))
  })
}

type Asking = { when: string; isSwept: boolean; isMended: boolean }

/** What nobody could look at again may say what was so in the storm. */
async function askCases(
  { store, judges: { bench } }: Pick<Setting, 'store' | 'judges'>,
  { when, isSwept, isMended }: Asking,
): Promise<CaseView[]> {
  const all = await store.cases({ limit: 100_000 })
  const open = all.filter(({ closedAt }) => closedAt === null)
  const once = await onceMembers(store)
  for (const view of open) {
    bench.check('L1')
    const { kind, reason, message, since } = view.decision ?? { kind: 'none', reason: '', message: '', since: 0 }
    const say = (what: string): void =>
      bench.accuse('L1', {
        node: view.uuid,
        what: `${what} ${kind} ${reason} ${when} (since ${new Date(since).toISOString()}): ${message}`,
      })
    const node = bench.world.nodes.get(view.uuid)
    const isSo = IS_SO[reason]
    // What was just sent changes what it was sent for.
    if (
      isSwept &&
      kind !== 'act' &&
      node !== undefined &&
      isSo !== undefined &&
      !isSo(node, { world: bench.world, known: bench.onNode(view.uuid) })
    )
      say('the cloud does not bear out')
    // The one exception (design, incident): a canary that did not heal is followed by another only on a changed reading. Else it is a person's.
    const mayWait = isMended
      ? isTold(view) && /the first try did not heal/.test(message) && isHeldBack(bench, view, { members: [...all, ...once], open })
      : isTold(view) || isMoving(bench, view)
    if (!isAtRest(view) && !mayWait) say('still')
  }
  judgeBlazarAtRest(bench, (uuid) => open.some((view) => view.uuid === uuid && (isAtRest(view) || isTold(view))))
  return open
}

type Around = { world: World; known: OnNode }

const lives = ({ servers }: World, uuid: string): boolean => [...servers.values()].some(({ node, deleted }) => node === uuid && !deleted)

/** What a decision says of its node, where the cloud can be asked whether that is so. */
const IS_SO: Record<string, (node: SimNode, around: Around) => boolean> = {
  'maintenance-by-person': ({ row }, { known }) => isPersons(row) || known.persons !== null,
  held: ({ row }, { known }) => known.held || known.personAt > Number.NEGATIVE_INFINITY || row.extra['anneal_hold'] !== undefined,
  quarantined: ({ row }) => row.maintenance && (row.maintenance_reason?.startsWith('anneal:') ?? false),
  'other-fault': ({ row }) => row.fault !== null,
  'power-failure': ({ row }) => row.fault === 'power failure',
  protected: ({ row }) => row.protected,
  'retired-uncleaned': ({ row }) => row.retired,
  'instance-may-live': ({ row }, { world }) => lives(world, row.uuid) || row.instance_uuid !== null || row.allocation_uuid !== null,
  'stuck-deleting': ({ row }) => row.provision_state === 'deleting',
  'stranded-cleaning': ({ row }) => row.provision_state === 'cleaning',
  'cleaning-failed': ({ row }) => row.provision_state === 'clean failed' || row.provision_state === 'cleaning',
  'bmc-silent': ({ bmc }) => bmc.mode !== 'ok',
  'bmc-refusing': ({ bmc }) => bmc.mode !== 'ok',
}

/** In these a node is well, or somebody's. */
const AT_HOME: readonly string[] = ['available', 'active', 'manageable', 'deploying', 'wait call-back']

/**
 * Something was done about it lately. Where each recovery ends stranded, the nodes take their turns for days, an hour between two sweeps; but none
 * of them waits for longer than the 30 h after which a person is told (core/decide.ts) and one sweep more.
 */
const isMoving = ({ world, onNode }: Judges['bench'], { uuid }: CaseView): boolean =>
  onNode(uuid).sent.some(({ entry }) => entry.effect !== null && world.clock.now() - entry.at < 31 * HOUR)

type Member = Pick<CaseView, 'uuid' | 'incidentId'>

/** A canary whose own tries are spent, or that another incident explains better, has left this one, and what it tried stays on the account. */
async function onceMembers(store: Setting['store']): Promise<Member[]> {
  const left = await store.audit({ kind: 'incident-left', limit: 100_000 })
  return left.flatMap(({ uuid, reason }) => (uuid === null ? [] : [{ uuid, incidentId: reason }]))
}

/** What is said of a tried node that will show nothing more to the others: nobody sees it again, or it is somebody's. */
const OUT_OF_REACH: readonly (string | undefined)[] = ['node-gone', 'instance-may-live']

/** Whether a reset or a recovery was accepted in its incident whose node has not come home, and is not somebody's. */
function isHeldBack(
  bench: Judges['bench'],
  { incidentId }: CaseView,
  { members, open }: { members: readonly Member[]; open: readonly CaseView[] },
): boolean {
  const away = new Set(open.filter(({ decision }) => OUT_OF_REACH.includes(decision?.reason)).map(({ uuid }) => uuid))
  const tried = members.filter((one) => one.incidentId !== null && one.incidentId === incidentId && !away.has(one.uuid))
  return tried.some(({ uuid }) => {
    const { resets, sent } = bench.onNode(uuid)
    // Where somebody else reset it behind our mark, and we died before the record, that one is taken for ours.
    const isTried = resets.length > 0 || sent.some(({ step, entry }) => (step === 'provide' || step === 'mark') && entry.effect !== null)
    return isTried && !AT_HOME.includes(bench.world.nodes.get(uuid)?.row.provision_state ?? 'available')
  })
}

/** From these Ironic takes no node by itself, as it does from `clean wait` as long as any conductor lives. */
const MAY_STRAND: readonly string[] = ['deleting', 'cleaning']
/** A repair that nobody looks at may be this young: a tenant has just left. */
const BEGUN_MS = 90 * MINUTE

/** Of every node, whether it is one that somebody must see to and that has no case; and whether all that was begun on it has an end. */
async function askNodes({ store, judges: { bench } }: Pick<Setting, 'store' | 'judges'>): Promise<void> {
  const withCase = new Set((await store.cases({ open: true })).map(({ uuid }) => uuid))
  const now = bench.world.clock.now()
  for (const node of bench.world.nodes.values()) {
    const { uuid, provision_state, provision_updated_at } = node.row
    bench.check('L1')
    const [lost] = (await store.attempts({ cloud: SIMULATED_CLOUD, uuid })).filter(({ outcome }) => outcome === null)
    if (lost !== undefined)
      bench.accuse('L1', { node: uuid, what: `its ${lost.act} of ${new Date(lost.createdAt).toISOString()} never got an outcome` })
    const isLeft = isPersons(node.row) || bench.onNode(uuid).held || node.row.extra['anneal_hold'] !== undefined
    const isStranded = MAY_STRAND.includes(provision_state) && !isLeft && now - Date.parse(provision_updated_at ?? '') > BEGUN_MS
    if ((provision_state === 'error' || provision_state === 'clean failed' || isStranded) && !withCase.has(uuid))
      bench.accuse('L1', {
        node: uuid,
        what: `${provision_state} without a case`,
      })
  }
}
