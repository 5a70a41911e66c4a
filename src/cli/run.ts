/**
 * `anneal run`: the daemon. It watches every configured cloud until it is told to stop, logs what it decides and does, and finishes what
 * it has in hand. The work is the controller's.
 */
import type { Command } from 'commander'
import { type CanaryWatch, canaryWatch } from '../controller/canary.ts'
import type { Log } from '../controller/cloud-world.ts'
import type { Pass } from '../controller/reconcile.ts'
import { run } from '../controller/run.ts'
import { DAY, MINUTE } from '../core/policy.ts'
import type { Clock } from '../core/seams.ts'
import type { NodeKey } from '../core/seen.ts'
import { timeText } from '../core/when.ts'
import { openMetrics } from '../http/metrics.ts'
import { takeRunLock } from '../store/run-lock.ts'
import type { Store } from '../store/store.ts'
import { chosenClouds, earFor, notifierFor, type Reached, wire } from '../wiring.ts'
import { refuseIfUnfit } from './check-cloud.ts'
import { CloudTrouble } from './cloud-trouble.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { runLog } from './log.ts'
import { atPlace, type Place } from './place.ts'
import { serverFor } from './server.ts'
import { askIronic, nodesToAskAbout } from './sweep.ts'

export function registerRun(program: Command, io: Io): void {
  program
    .command('run')
    .summary('the daemon: watches every configured cloud until it is stopped')
    .description(
      'Polls the failed states, takes a census now and then, and works on what is due. Serves the HTTP API and metrics where server.listen says ' +
        '(127.0.0.1:8780). Logs to stderr: JSON lines, or short lines on a terminal.',
    )
    .addHelpText(
      'after',
      '\nSIGTERM or SIGINT: finishes what is in hand, then ends; a second one ends at once.\n\nExample:\n  anneal run --config /etc/anneal/anneal.yaml --mode auto',
    )
    .action(async (_options, command: Command) => {
      const globals = globalsOf(command, io)
      await atPlace(io, globals, runHere)
    })
}

/** How a daemon's claims are told from a sweep's. */
const CLAIMANT = 'run-'

/** Alerts are sent again every minute; a restart or an upgrade takes less than this, and must not look like an end. */
const ALERTS_STAND_MS = 10 * MINUTE

async function runHere(place: Place): Promise<void> {
  const { io, globals, config, store } = place
  const { seams } = io
  const log = runLog(io, seams.clock, { level: config.log, colour: globals.colour && io.err.isTTY })
  const chosen = chosenClouds(config, globals, io)
  const clouds = chosen.map((cloud) => cloud.config)
  const canaries: CanaryWatch[] = []
  const stateOfCanaries = () => canaries.map((canary) => canary.state())
  const receivers = config.receivers.map(({ name }) => name)
  const ears = clouds.flatMap((cloud) => earFor(cloud, { store, seams, log, pollMs: config.poll }) ?? [])
  const hearing = () => ears.map((ear) => ear.state())
  const metrics = await openMetrics({ store, clock: seams.clock, clouds, canaries: stateOfCanaries, receivers, hearing })
  const wired = chosen.map((cloud) => wire(cloud, { store, seams, log, counted: metrics.asked }))
  // Several replicas share a PostgreSQL database; a SQLite file is one daemon's.
  const lock = config.database.kind === 'sqlite' ? takeRunLock(config.database.path) : null
  for (const { world, reached } of wired) if (reached.config.canary !== null) canaries.push(canaryWatch(world, reached.config.canary))
  const server = serverFor(place, { clouds, metrics, log, canaries: stateOfCanaries })
  const stop = new AbortController()
  const forget = io.onStop(() => {
    log('info', 'stopping: what is in hand is finished first; a second signal ends at once')
    server.isStopping()
    stop.abort()
  })
  try {
    await server.open()
    // The lock says that no other daemon lives: what one had in hand when it was killed is anybody's again.
    if (lock !== null) await store.unclaimAll(CLAIMANT)
    const claimant = `${CLAIMANT}${seams.newId()}`
    const said = tell(log)
    const options = {
      claimant,
      workers: config.workers,
      pollMs: config.poll,
      censusMs: config.census,
      onPass: (key: NodeKey, pass: Pass) => {
        said(key, pass)
        metrics.looked(pass.observation)
      },
    }
    // Side by side, and each at work as soon as it can be: one that hangs keeps no other waiting.
    const beginning = wired.map(({ reached }) => beginWith(reached, { place, log, signal: stop.signal }))
    const watching = wired.map(async ({ world }, at) => {
      await beginning[at]
      const own = {
        canaries: canaries.filter((canary) => canary.state().cloud === world.cloud),
        ears: ears.filter((ear) => ear.cloud === world.cloud),
      }
      await run({ ...options, ...own, worlds: [world] }, stop.signal)
    })
    const telling = notifierFor(config, { store, seams, log, claimant, alertsStandMs: ALERTS_STAND_MS, onTold: metrics.told })
    const all = Promise.all(beginning).then(() => {
      if (!stop.signal.aborted) server.isAtWork()
    })
    const beside = [telling.run(stop.signal), prune(store, { clock: seams.clock, log }, stop.signal)]
    await together([all, ...watching, ...beside], (error) => {
      if (wired.length > 1) log('error', 'stopping: what is in hand is finished first', { error: messageOf(error) })
      server.isStopping()
      stop.abort()
    })
    log('info', 'stopped')
  } finally {
    await server.close()
    forget()
    lock?.release()
  }
}

/** One that fails ends all: `failed` is told at once, and what it stops comes to its end. */
async function together(tasks: readonly Promise<unknown>[], failed: (error: unknown) => void): Promise<void> {
  try {
    await Promise.all(tasks)
  } catch (error) {
    failed(error)
    await Promise.allSettled(tasks)
    throw error
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Throws CloudTrouble where the cloud's configuration is wrong; one that is merely down is waited for by its polls. Whoever is stopped
 * meanwhile puts nothing in force any more.
 */
async function beginWith(cloud: Reached, { place, log, signal }: { place: Place; log: Log; signal: AbortSignal }): Promise<void> {
  const { io, config, store } = place
  await mustBeRight(cloud, log)
  await refuseIfUnfit(cloud, io.seams, () => nodesToAskAbout(cloud, store))
  if (signal.aborted) return
  const { name, policy, policyHash } = cloud.config
  await store.enrol(name, { mode: policy.mode, policyHash })
  // A restart is a wake: what was decided under another mode or policy is decided again now.
  await store.wake(await store.openCaseKeys(name))
  log('info', 'watching', { cloud: name, mode: policy.mode, poll: `${config.poll / 1000} s`, database: config.database.shown })
}

/** A wrong password mends itself as little in mode observe as in any other; what is merely down is waited for. Throws CloudTrouble. */
async function mustBeRight(cloud: Reached, log: Log): Promise<void> {
  await askIronic(cloud).catch((error: unknown) => {
    // Knows: the next poll asks again.
    if (!(error instanceof CloudTrouble) || error.isConfiguration) throw error
    log('warn', 'not reached yet', { cloud: cloud.config.name, error: error.message, fix: error.fix })
  })
}

/** Logs what changed: the same decision again says nothing new. */
function tell(log: ReturnType<typeof runLog>): (key: NodeKey, pass: Pass) => void {
  const before = new Map<string, string>()
  return (key, { observation, case: ofNode, diagnosis, decision, outcome }) => {
    const { kind, reason, message, act, until } = decision
    const id = `${key.cloud} ${key.uuid}`
    const name = observation.node.kind === 'known' ? observation.node.value.name : (ofNode?.name ?? null)
    const about = { cloud: key.cloud, node: name ?? key.uuid, uuid: key.uuid, case: ofNode?.id ?? null }
    const is = `${kind} ${reason}`
    const isRoutine = ofNode === null && (kind === 'wait' || kind === 'resolve')
    if (kind === 'act')
      log(outcome?.kind === 'accepted' ? 'info' : 'warn', 'act', {
        ...about,
        act,
        reason,
        outcome: outcome?.kind ?? null,
        message: outcome?.reason ?? message,
      })
    else if (before.get(id) !== is && !isRoutine)
      log(kind === 'escalate' ? 'warn' : 'info', 'decision', {
        ...about,
        kind,
        reason,
        cause: diagnosis?.cause ?? null,
        act,
        until: until === null ? null : timeText(until),
        message,
      })
    if (kind === 'resolve') before.delete(id)
    else before.set(id, is)
  }
}

/** Between two handfuls of old rows the daemon does its work. */
const PRUNE_PAUSE_MS = 100

/** Old observations go once a day. */
async function prune(store: Store, { clock, log }: { clock: Clock; log: Log }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      while (!signal.aborted && (await store.prune(await store.now())) > 0) await clock.sleep(PRUNE_PAUSE_MS, signal)
    } catch (error) {
      // An outer loop: what could not be removed today goes another day, and the work goes on.
      log('warn', 'old observations not removed', { error: error instanceof Error ? error.message : String(error) })
    }
    await clock.sleep(DAY, signal)
  }
}
