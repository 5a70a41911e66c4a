/**
 * A person's word from the command line: retry, approve, reject, acknowledge, hold, unhold, release, pause, resume. Each is a function of commands/ with who
 * and why; a running daemon sees it in the database within a second.
 */
import type { Command } from 'commander'
import { acknowledgeById } from '../commands/acknowledge.ts'
import { approveCase, rejectCase } from '../commands/approve-case.ts'
import { believeCensus } from '../commands/believe-census.ts'
import {
  type CloudWord,
  holdNode,
  NO_REASON,
  type NodeWord,
  pauseClouds,
  releaseNode,
  resumeClouds,
  retryNode,
  type Spoken,
  unholdNode,
} from '../commands/words.ts'
import type { Store } from '../store/store.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { plain } from './paint.ts'
import { atCloud, atPlace, mustExist, type Place } from './place.ts'
import { printJson } from './print.ts'

/** One option under two names: nobody should have to remember which word has which. */
const REASON = ['--why, --reason <text>', 'stands in the audit trail'] as const

type OnNode = {
  name: string
  summary: string
  example: string
  /** `--reason` must be given. */
  needsReason?: boolean
  say: (store: Store, word: NodeWord) => Promise<Spoken>
}

const ON_NODE: readonly OnNode[] = [
  {
    name: 'retry',
    summary: 'one attempt out of turn: lifts spacing, pacing and the count, never a safety gate',
    example: "anneal retry node-17 --reason 'replaced the cable'",
    say: retryNode,
  },
  {
    name: 'hold',
    summary: 'leave this node alone until unhold',
    example: "anneal hold node-17 --reason 'vendor visit on Tuesday'",
    needsReason: true,
    say: holdNode,
  },
  { name: 'unhold', summary: 'give a held node back', example: 'anneal unhold node-17', say: unholdNode },
  {
    name: 'release',
    summary: 'lift our own quarantine of a node that was mended',
    example: "anneal release node-17 --reason 'new BMC'",
    say: releaseNode,
  },
]

type OnCase = {
  name: string
  argument: readonly [string, string]
  summary: string
  say: (place: Place, word: { id: string; by: string; why: string }) => Promise<Spoken>
}

const A_CASE = ['<case>', 'id of a case, such as c-1a2b3c4d'] as const

const ON_CASE: readonly OnCase[] = [
  {
    name: 'approve',
    argument: A_CASE,
    summary: 'say yes to the act that a case waits for (mode approve)',
    say: ({ store, policyOf }, { id, ...said }) => approveCase(store, { ...said, caseId: id, policyOf }),
  },
  {
    name: 'reject',
    argument: A_CASE,
    summary: 'say no to it: it is not asked again until something changes',
    say: ({ store, policyOf }, { id, ...said }) => rejectCase(store, { ...said, caseId: id, policyOf }),
  },
  {
    name: 'acknowledge',
    argument: ['<case-or-incident>', 'id of a case or an incident, such as c-1a2b3c4d or i-1a2b3c4d'],
    summary: 'say that you have seen it: nobody is told of it again until it changes',
    say: ({ store }, word) => acknowledgeById(store, word),
  },
]

export function registerWords(program: Command, io: Io): void {
  for (const word of ON_NODE) registerOnNode(program, io, word)
  for (const word of ON_CASE) registerOnCase(program, io, word)
  registerPause(program, io)
  registerResume(program, io)
}

function registerOnCase(program: Command, io: Io, { name, argument, summary, say }: OnCase): void {
  program
    .command(name)
    .argument(...argument)
    .summary(summary)
    .option(...REASON)
    .addHelpText('after', `\nExample:\n  anneal ${name} c-1a2b3c4d --reason 'vendor comes on Tuesday'`)
    .action(async (id: string, options: { reason?: string }, command: Command) => {
      const globals = globalsOf(command, io)
      await atPlace(io, globals, async (place) => {
        print(place, await say(place, { id, by: io.user, why: options.reason ?? NO_REASON }))
      })
    })
}

function registerPause(program: Command, io: Io): void {
  program
    .command('pause')
    .summary('send nothing that changes anything, in one cloud (--os-cloud) or all')
    .option(...REASON)
    .addHelpText('after', "\nExample:\n  anneal pause --os-cloud prod --reason 'network works tonight'")
    .action((options: { reason?: string }, command: Command) =>
      sayOfClouds(io, command, { say: pauseClouds, why: options.reason ?? NO_REASON }),
    )
}

function registerResume(program: Command, io: Io): void {
  program
    .command('resume')
    .summary('end a pause, or believe a census that is in doubt')
    .option(...REASON)
    .option('--believe-census', 'nodes were taken away on purpose: go on with as many as were counted last (ends no pause)')
    .addHelpText(
      'after',
      "\nExample:\n  anneal resume --os-cloud prod\n  anneal resume --os-cloud prod --believe-census --reason 'rack 7 was sold'",
    )
    .action((options: { reason?: string; believeCensus?: boolean }, command: Command) =>
      sayOfClouds(io, command, { say: options.believeCensus === true ? believeCensus : resumeClouds, why: options.reason ?? NO_REASON }),
    )
}

type OfClouds = { say: (store: Store, word: CloudWord) => Promise<Spoken>; why: string }

async function sayOfClouds(io: Io, command: Command, { say, why }: OfClouds): Promise<void> {
  const globals = globalsOf(command, io)
  await atPlace(io, globals, async (place) => {
    // Only what was typed counts here: a variable left over in a shell must not narrow a pause that is meant for all.
    const cloud = globals.osCloud
    if (cloud !== null) await mustExist(place, cloud)
    print(place, await say(place.store, { cloud, by: io.user, why }))
  })
}

function registerOnNode(program: Command, io: Io, { name, summary, example, needsReason, say }: OnNode): void {
  const command = program.command(name).argument('<node>', 'name or uuid').summary(summary).addHelpText('after', `\nExample:\n  ${example}`)
  if (needsReason === true) command.requiredOption('--why, --reason <text>', 'whoever finds the node held reads it')
  else command.option(...REASON)
  command.action(async (node: string, options: { reason?: string }, asked: Command) => {
    const globals = globalsOf(asked, io)
    await atCloud(io, globals, async (place) => {
      const why = options.reason ?? NO_REASON
      print(place, await say(place.store, { cloud: place.cloud, node, by: io.user, why }))
    })
  })
}

function print({ io, globals }: Place, spoken: Spoken): void {
  if (globals.output === 'json') printJson(io, spoken)
  else io.out.write(`${plain(spoken.message)}\n`)
}
