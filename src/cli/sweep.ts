/**
 * `anneal sweep`: one census and one pass over every failed node, then exit: the drop-in for a cron job. The work is the controller's; here
 * is what goes in, what is printed, and the exit code.
 */
import type { Command } from 'commander'
import { reportOfView } from '../commands/list-nodes.ts'
import { type NodeReport, needsPerson, nodeReport } from '../commands/node-report.ts'
import { type CloudConfig, inMode } from '../config.ts'
import type { Pass } from '../controller/reconcile.ts'
import { type Sweep, sweep } from '../controller/sweep.ts'
import { WATCHED_STATES } from '../core/ironic.ts'
import { HOUR } from '../core/policy.ts'
import type { NodeKey } from '../core/seen.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { Store } from '../store/store.ts'
import { type Chosen, notifierFor, type Reached, wire } from '../wiring.ts'
import { refuseIfUnfit } from './check-cloud.ts'
import { cloudTrouble, noIronic } from './cloud-trouble.ts'
import { globalsOf } from './globals.ts'
import type { ExitCode, Io } from './io.ts'
import { daemonAt } from './living-daemon.ts'
import { plainLog } from './log.ts'
import { paint, plain } from './paint.ts'
import { atPlace, oneCloud, type Place } from './place.ts'
import { colourOf, nextLook, printJson, verdictOf } from './print.ts'
import { type Progress, progress } from './progress.ts'
import { tableText } from './table.ts'
import { UsageError } from './usage-error.ts'

type Swept = { cloud: string; mode: string; listed: number; doubtful: string | null; nodes: NodeReport[] }

type Done = { swept: Swept; state: Sweep; acts: number }

/** The next sweep or a daemon sends what is not sent by then: a hanging receiver must not keep cron waiting. */
const NOTIFYING_MS = 20_000
/** Until the sweep after the next one, where cron sweeps every hour. */
const ALERTS_STAND_MS = 2 * HOUR

export function registerSweep(program: Command, io: Io): void {
  program
    .command('sweep')
    .summary('one census and one pass over every failed node, then exit')
    .description(
      'Lists the failed nodes, finds out why each failed, does (in mode auto) what is safe, and says what it did and why. For cron.',
    )
    .option('--wait', 'follow until nothing is in flight, at most 2 h')
    .option('--limit <n>', 'begin at most so many acts', wholeNumber)
    .addHelpText(
      'after',
      '\nExit code 0: fine · 1: incomplete or doubtful, or an error · 2: something needs a person.\n\nExample:\n  anneal sweep --os-cloud prod --mode auto --limit 5 --wait',
    )
    .action(async (options: { wait?: boolean; limit?: number }, command: Command) => {
      const globals = globalsOf(command, io)
      const shown = progress(io, io.seams.clock)
      try {
        await atPlace(io, globals, async (place) => {
          const done = await sweepCloud(place, { follow: options.wait === true, limit: options.limit ?? null }, shown)
          shown.end()
          io.exit(codeOf(done))
          print(place, done)
        })
      } finally {
        shown.end()
      }
    })
}

export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError({ what: 'usage', message: `${JSON.stringify(text)} is not a whole number.`, fix: 'Write it as 0, 1, 2 …' })
}

async function sweepCloud(place: Place, wish: { follow: boolean; limit: number | null }, shown: Progress): Promise<Done> {
  const { io, globals, config, store } = place
  const { seams } = io
  const chosen = besideDaemon(oneCloud(io, globals, config), await inForce(place), shown)
  const log = plainLog(shown.line)
  const { world, reached: cloud } = wire(chosen, { store, seams, log })
  const name = cloud.config.name
  shown.say(`${name}: asking whether it can work`)
  await askIronic(cloud)
  await refuseIfUnfit(cloud, seams, () => nodesToAskAbout(cloud, store))
  await putInForce(store, cloud.config)
  let looked = 0
  let acts = 0
  shown.say(`${name}: listing nodes`)
  const onPass = (pass: Pass) => {
    looked += 1
    shown.say(`${name}: ${looked} looks at nodes`)
    if (pass.decision.kind !== 'act') return
    acts += 1
    shown.line(actLine(pass))
  }
  const claimant = `sweep-${seams.newId()}`
  const state = await said(cloud, sweep(world, { claimant, ...wish, onPass }))
  shown.say(`${name}: notifying`)
  await notifierFor(config, { store, seams, log, claimant, alertsStandMs: ALERTS_STAND_MS, onTold: () => undefined }).drain(NOTIFYING_MS)
  const nodes = await reportsOf(store, state)
  return { swept: { cloud: name, mode: cloud.config.policy.mode, listed: state.listed, doubtful: state.doubtful, nodes }, state, acts }
}

/** Errors that end the sweep are said with the cloud's entry, so that a person sees what to correct. */
export function said<T>(cloud: Reached, asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    // Knows: which entry of clouds.yaml the request was made by.
    throw error instanceof OpenStackError ? cloudTrouble(error, cloud.access) : error
  })
}

/** Whether there is an Ironic behind this entry, and one that is spoken here. Throws CloudTrouble. */
export async function askIronic(cloud: Reached): Promise<void> {
  if ((await said(cloud, cloud.session.endpoint('baremetal'))) === null) throw noIronic(cloud.access)
  await said(cloud, cloud.ironic.versions())
}

/** Nodes by which permissions are tried: known ones, or on an empty database the failed ones and failing that any. */
export async function nodesToAskAbout(cloud: Reached, store: Store) {
  const known = await store.nodes({ cloud: cloud.config.name, limit: 3 })
  if (known.length > 0) return known
  const failed = await said(cloud, cloud.ironic.nodesIn('error'))
  return failed.length > 0 ? failed : await said(cloud, cloud.ironic.census())
}

/** The policy that a living daemon put in force, by cloud; empty where no daemon lives. */
async function inForce({ config, store }: Place): Promise<{ who: string; hashes: Map<string, string> } | null> {
  const who = await daemonAt(config.database, async () => (await store.replicas?.count()) ?? 0)
  if (who === null) return null
  return { who, hashes: new Map((await store.clouds()).map(({ cloud, policyHash }) => [cloud, policyHash])) }
}

/** Two policies must not both act on one store: beside a daemon with another policy this sweep only observes, and says so. */
function besideDaemon(cloud: Chosen, daemon: { who: string; hashes: Map<string, string> } | null, shown: Progress): Chosen {
  const { config } = cloud
  const theirs = daemon?.hashes.get(config.name)
  if (daemon === null || theirs === undefined || theirs === '' || theirs === config.policyHash || config.policy.mode === 'observe')
    return cloud
  shown.line(`anneal: warning: a daemon (${daemon.who}) works on ${config.name} with another mode or policy; this sweep only observes.`)
  return { ...cloud, config: inMode(config, 'observe') }
}

/** A sweep that only observes decides on no intent, so it leaves in force what is. */
async function putInForce(store: Store, { name, policy, policyHash }: CloudConfig): Promise<void> {
  if (policy.mode !== 'observe') await store.enrol(name, { mode: policy.mode, policyHash })
}

function actLine({ observation, decision, outcome }: Pass): string {
  const name = observation.node.kind === 'known' ? (observation.node.value.name ?? observation.uuid) : observation.uuid
  return plain(`${name}: ${decision.act} (${decision.reason}): ${outcome?.kind ?? 'no outcome'}. ${outcome?.reason ?? ''}`)
}

/** Every node with an open case or in a watched state: those looked at, and those that could not be. By name. */
async function reportsOf(store: Store, state: Sweep): Promise<NodeReport[]> {
  const looked = [...state.passes.entries()].filter(([, pass]) => isConcerning(pass)).map(([uuid, pass]) => ({ uuid, pass }))
  const reports: NodeReport[] = []
  for (const { uuid, pass } of looked) reports.push(await reportOfPass(store, { cloud: pass.observation.cloud, uuid }, pass))
  const left = [...state.skipped, ...state.failed].filter(({ uuid }) => !state.passes.has(uuid))
  for (const key of left) reports.push(...(await reportOfRow(store, key)))
  return reports.toSorted((a, b) => (a.name ?? a.uuid).localeCompare(b.name ?? b.uuid, 'en', { numeric: true }))
}

function isConcerning({ observation, decision, case: openCase }: Pass): boolean {
  const state = observation.node.kind === 'known' ? observation.node.value.provision_state : null
  return openCase !== null || decision.kind !== 'resolve' || WATCHED_STATES.some((watched) => watched === state)
}

async function reportOfPass(store: Store, key: NodeKey, pass: Pass): Promise<NodeReport> {
  const { observation, case: ofNode, diagnosis, decision, outcome } = pass
  const acknowledged = ofNode === null ? null : ((await store.caseById(ofNode.id))?.acknowledged ?? null)
  if (observation.node.kind === 'known') {
    const { uuid, name, provision_state } = observation.node.value
    return nodeReport({ uuid, name, provision_state, case: ofNode, diagnosis, decision, outcome, acknowledged })
  }
  const [view] = await store.nodes(key)
  const { name, provision_state } = view ?? { name: ofNode?.name ?? null, provision_state: null }
  return nodeReport({ uuid: key.uuid, name, provision_state, case: ofNode, diagnosis, decision, outcome, acknowledged })
}

async function reportOfRow(store: Store, key: NodeKey): Promise<NodeReport[]> {
  const [view] = await store.nodes(key)
  if (view === undefined) return []
  const openCase = view.caseId === null ? null : await store.caseById(view.caseId)
  return [reportOfView({ view, case: openCase, attempts: await store.attempts(key) })]
}

function codeOf({ swept: { nodes, doubtful }, state }: Done): ExitCode {
  const unread = nodes.some(({ decision }) => decision?.reason === 'node-unreadable' || decision?.reason === 'census-doubtful')
  if (doubtful !== null || unread || state.skipped.length > 0 || state.failed.length > 0 || !state.finished) return 1
  return nodes.some(needsPerson) ? 2 : 0
}

function print({ io, globals }: Place, done: Done): void {
  const { swept } = done
  if (globals.output === 'json') {
    printJson(io, swept)
    return
  }
  const now = io.seams.clock.now()
  const { colour } = globals
  const text = tableText(
    swept.nodes,
    [
      { head: 'NODE', text: ({ name, uuid }) => name ?? uuid },
      { head: 'STATE', text: ({ provision_state }) => provision_state ?? '?' },
      { head: 'CAUSE', text: ({ diagnosis }) => diagnosis?.cause ?? '-' },
      { head: 'DECISION', text: verdictOf, colour: colourOf },
      { head: 'NEXT LOOK', text: ({ decision }) => nextLook(decision?.until ?? null, now) },
      { head: 'MESSAGE', text: ({ decision }) => decision?.message ?? '', wraps: true },
    ],
    { out: io.out, colour },
  )
  io.out.write(`${text}${paint(colour, 'bold', summaryOf(done))}\n`)
}

function summaryOf({ swept, state, acts }: Done): string {
  const { cloud, mode, listed, doubtful, nodes } = swept
  const parts = [`${cloud}: ${listed} nodes, ${nodes.length} of concern`]
  parts.push(mode === 'observe' ? 'mode observe, nothing was sent' : `${acts} ${acts === 1 ? 'act' : 'acts'}, mode ${mode}`)
  const persons = nodes.filter(needsPerson).length
  if (persons > 0) parts.push(`${persons} ${persons === 1 ? 'needs' : 'need'} a person`)
  if (listed === 0 && doubtful === null) parts.push('if there are nodes, this credential is not shown them: see `anneal check`')
  if (doubtful !== null) parts.push(`doubtful: ${doubtful}`)
  if (state.failed.length > 0) parts.push(`${state.failed.length} could not be looked at`)
  if (state.skipped.length > 0) parts.push(`${state.skipped.length} in another worker's hands`)
  if (!state.finished) parts.push('still in flight after 2 h')
  return `${parts.join('; ').replace(/\.$/, '')}.`
}
