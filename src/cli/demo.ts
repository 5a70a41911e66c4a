/**
 * `anneal demo`: the first five minutes. The real operator heals a pretend cloud in this one process, and tells what happens and why, until
 * the stories are over. Nothing outside is touched, nothing needs to be configured, nothing is left behind.
 */
import type { Command } from 'commander'
import { run } from '../controller/run.ts'
import { MINUTE, SECOND } from '../core/policy.ts'
import { spanText, timeText } from '../core/when.ts'
import { castOf, NODES_MIN } from '../simulator/cast.ts'
import { reckon } from '../simulator/kept-promises.ts'
import { stories } from '../simulator/stories.ts'
import type { CaseView } from '../store/case-row.ts'
import { type DemoServer, serveDemo } from './demo-dashboard.ts'
import { KEYS, listenToKeys } from './demo-keys.ts'
import { brokenPromises, type Ended, summaryText } from './demo-lines.ts'
import { CLOUD, DEMO_POLICY, type Stage, setStage } from './demo-stage.ts'
import { isForPerson, isHeld, telling } from './demo-telling.ts'
import { globalsOf } from './globals.ts'
import type { ExitCode, Io } from './io.ts'
import { paint } from './paint.ts'
import { wholeNumber } from './sweep.ts'
import { UsageError } from './usage-error.ts'
import { folded, widthFor } from './wrap.ts'

/** Each node's BMC has a socket of its own for visitors; 1,024 open files are a usual limit. */
const NODES_MAX = 500

/** One keeps up with the few nodes that fail here; each idle one would ask the database twice a second of virtual time. */
const WORKERS = 1

/** At 50 the first fault comes after 3 s, the first node is healed within 10 s (design, commands: 10 s and 30 s), and all is told in 70. */
const SPEED = 50

export type DemoOptions = { nodes: number; port: number; seed: number; speed: number; colour: boolean }

export function registerDemo(program: Command, io: Io): void {
  program
    .command('demo')
    .summary('the real operator on a pretend cloud: try it, nothing to configure')
    .description(
      'Plays seven kinds of trouble on a simulated OpenStack and lets Anneal deal with them, with the reason for everything it does and does not do. ' +
        `Serves the dashboard beside it. Ends by itself, on a terminal when you say so; leaves nothing behind. On a terminal: ${KEYS}.`,
    )
    .option('--nodes <n>', 'how many pretend nodes', wholeNumber, 60)
    .option('--port <p>', 'serve the pretend cloud on this port of 127.0.0.1 (0: any free one)', wholeNumber, 0)
    .option('--seed <s>', 'the same number gives the same story', wholeNumber, 1)
    .option('--speed <x>', 'virtual time, times as fast as real (0: as fast as it goes)', wholeNumber, SPEED)
    .addHelpText('after', '\nExample:\n  anneal demo --speed 100')
    .action(async (options: Omit<DemoOptions, 'colour'>, command: Command) => {
      io.exit(await demo({ ...options, colour: globalsOf(command, io).colour }, io))
    })
}

const NEXT =
  'Next: `anneal check` and `anneal sweep` on your own cloud; in mode observe, the default, nothing that changes anything is sent.'

type DemoIo = Pick<Io, 'out' | 'input' | 'onStop' | 'seams' | 'version' | 'dashboard'>

/** Plays the demo to its end, or until it is stopped. 0 unless a promise was broken or the stories did not come to rest. Throws UsageError. */
export async function demo(options: DemoOptions, io: DemoIo): Promise<ExitCode> {
  within('--nodes', options.nodes, { from: NODES_MIN, to: NODES_MAX })
  within('--port', options.port, { from: 0, to: 65_535 })
  within('--speed', options.speed, { from: 0, to: 1_000 })
  const stage = await setStage({ ...options, policy: DEMO_POLICY })
  const server = await serveDemo(stage, io)
  const stop = new AbortController()
  const forget = io.onStop(() => {
    // npm passes Ctrl-C on to a process that has it from the terminal already, and a second signal ends us at once.
    stage.removeFolder()
    stop.abort()
  })
  const cast = castOf(stage.cloud.state, stage.random)
  const told = telling(stage, { io, colour: options.colour })
  const unread = listenToKeys(io.input, { stage, cast, told, quit: () => stop.abort() })
  try {
    io.out.write(greeting(stage, options, io, server))
    const script = stories(stage.cloud, cast, stage.outages)
    const from = stage.clock.now()
    for (const [i, story] of script.entries()) told.play(story, { title: `${i + 1}/${script.length} ${story.title}`, from })
    stage.go()
    const operator = run(
      {
        worlds: [stage.world],
        canaries: [],
        claimant: CLOUD,
        workers: WORKERS,
        pollMs: 15 * SECOND,
        censusMs: 10 * MINUTE,
        onPass: (_key, { observation }) => stage.metrics.looked(observation),
      },
      stop.signal,
    )
    const toldToTheEnd = async (): Promise<ExitCode> => {
      const isOver = await told.untilOver(stop.signal)
      const code = await sumUp(stage, { isOver, colour: options.colour }, io)
      if (!isOver || !server.hasDashboard || !isWatched(io)) return code
      io.out.write(`The dashboard stays at ${server.address} and the cloud goes on: break more with the keys; q ends it.\n`)
      while (!stop.signal.aborted) await told.untilOver(stop.signal)
      return code
    }
    const [code] = await Promise.all([toldToTheEnd().finally(() => stop.abort()), operator])
    return code
  } finally {
    stop.abort()
    forget()
    unread()
    await server.close()
    await stage.close()
  }
}

/** A person watches, who can end it. */
const isWatched = ({ out, input }: DemoIo): boolean => out.isTTY && input.isTTY

async function sumUp(stage: Stage, { isOver, colour }: { isOver: boolean; colour: boolean }, io: DemoIo): Promise<ExitCode> {
  const ended = await outcome(stage)
  io.out.write(summaryText(ended, { width: widthFor(io.out), colour }))
  io.out.write(isOver ? `${folded(NEXT, widthFor(io.out), 0)}\n` : 'Stopped before the stories were over.\n')
  return brokenPromises(ended.reckoning).length > 0 || (isOver && ended.others.length > 0) ? 1 : 0
}

function within(option: string, value: number, { from, to }: { from: number; to: number }): void {
  if (value >= from && value <= to) return
  throw new UsageError({ what: 'usage', message: `${option} is ${value}.`, fix: `Choose from ${from} to ${to}.` })
}

function greeting(stage: Stage, { nodes, seed, speed, colour }: DemoOptions, io: DemoIo, server: DemoServer): string {
  const { folder, database, url, clock } = stage
  const { silentBmc, soak } = DEMO_POLICY
  const width = widthFor(io.out)
  return `${[
    paint(colour, 'bold', `Anneal on a pretend cloud of ${nodes} nodes: the real operator in mode auto, nothing real around it.`),
    `Virtual time runs ${speed === 0 ? 'as fast as it can' : `up to ${speed} times as fast as real time`}. Seed ${seed}: the same seed gives the same story.`,
    `Policy: the default, but a silent BMC is given up after ${silentBmc.looks} looks over ${spanText(silentBmc.over)} (default: 24 h), a case closes after ${spanText(soak)} (30 min), a quarter of the nodes may be under repair at once (5 %), and no share of a class makes an incident (5 %).`,
    ...(isWatched(io) ? [`Keys: ${KEYS}.`] : []),
    server.hasDashboard
      ? `Dashboard: ${server.address}`
      : `The dashboard is not built (\`npm run build:dashboard\`); the API is at ${server.address}/api/v1/openapi.json`,
    `The same cloud is served at ${url}; its clock shows ${timeText(clock.now()).slice(0, 10)}. From another terminal (from a checkout: ./bin/anneal):`,
    `  OS_CLIENT_CONFIG_FILE=${folder}/clouds.yaml anneal check --os-cloud ${CLOUD}`,
    `  ANNEAL_DATABASE=${database} anneal nodes`,
  ]
    // Commands are to be copied.
    .map((line) => (line.startsWith(' ') ? line : folded(line, width, 0)))
    .join('\n')}\n`
}

async function outcome({ store, cloud, outages }: Stage): Promise<Ended> {
  const cases = await store.cases({ cloud: CLOUD })
  const names = (which: (view: CaseView) => boolean): string[] =>
    [...new Set(cases.filter(which).map(({ name, uuid }) => name ?? uuid))].sort()
  const isHealed = (view: CaseView) => view.result === 'healed' || view.result === 'launched' || view.memory.provenAt !== null
  const isQuarantined = ({ decision, closedAt }: CaseView) => closedAt === null && decision?.reason === 'quarantined'
  const isEscalated = (view: CaseView) => view.closedAt === null && isForPerson(view) && !isQuarantined(view)
  const isLeft = ({ decision, closedAt }: CaseView) => closedAt === null && decision?.kind === 'leave'
  return {
    healed: names(isHealed),
    quarantined: names(isQuarantined),
    leftAlone: names(isLeft),
    held: names(isHeld),
    escalated: names(isEscalated),
    others: names((view) => ![isHealed, isQuarantined, isLeft, isHeld, isEscalated].some((is) => is(view))),
    reckoning: reckon(cloud.state, outages.windows),
  }
}
