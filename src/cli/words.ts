/**
 * A person's word from the command line: retry, approve, hold, unhold, release, pause, resume. Each is a function of commands/ with who
 * and why; a running daemon sees it in the database within a second.
 */
import type { Command } from 'commander'
import { approveCase } from '../commands/approve-case.ts'
import { holdNode, type NodeWord, pauseClouds, releaseNode, resumeClouds, retryNode, type Spoken, unholdNode } from '../commands/words.ts'
import type { Store } from '../store/store.ts'
import { readCloudNamed } from '../wiring.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { plain } from './paint.ts'
import { atPlace, type Place } from './place.ts'
import { printJson } from './print.ts'

/** What stands in the audit trail where a person gave no reason. */
const NO_REASON = 'no reason given'

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
    example: "anneal retry node-17 --why 'replaced the cable'",
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
    example: "anneal release node-17 --why 'new BMC'",
    say: releaseNode,
  },
]

export function registerWords(program: Command, io: Io): void {
  for (const word of ON_NODE) registerOnNode(program, io, word)
  program
    .command('approve')
    .argument('<case>', 'id of a case, such as c-1a2b3c4d')
    .summary('say yes to the act that a case waits for (mode approve)')
    .option('--why <text>', 'reason, for the audit trail')
    .addHelpText('after', '\nExample:\n  anneal approve c-1a2b3c4d')
    .action(async (caseId: string, options: { why?: string }, command: Command) => {
      const globals = globalsOf(command, io)
      await atPlace(io, globals, async (place) => {
        const yes = { caseId, by: io.user, why: options.why ?? NO_REASON, policyOf: place.policyOf }
        print(place, await approveCase(place.store, yes))
      })
    })
  for (const [name, say] of [['pause', pauseClouds] as const, ['resume', resumeClouds] as const]) {
    program
      .command(name)
      .summary(name === 'pause' ? 'send nothing that changes anything, in one cloud (--os-cloud) or all' : 'end a pause')
      .option('--reason <text>', 'reason, for the audit trail')
      .addHelpText('after', `\nExample:\n  anneal ${name} --os-cloud prod${name === 'pause' ? " --reason 'network works tonight'" : ''}`)
      .action(async (options: { reason?: string }, command: Command) => {
        const globals = globalsOf(command, io)
        await atPlace(io, globals, async (place) => {
          // Only what was typed counts here: a variable left over in a shell must not narrow a pause that is meant for all.
          const cloud = globals.osCloud
          if (cloud !== null) await mustExist(place, cloud)
          print(place, await say(place.store, { cloud, by: io.user, why: options.reason ?? NO_REASON }))
        })
      })
  }
}

function registerOnNode(program: Command, io: Io, { name, summary, example, needsReason, say }: OnNode): void {
  const command = program.command(name).argument('<node>', 'name or uuid').summary(summary).addHelpText('after', `\nExample:\n  ${example}`)
  if (needsReason === true) command.requiredOption('--reason <text>', 'why; whoever finds the node held reads it')
  else command.option('--why <text>', 'reason, for the audit trail')
  command.action(async (node: string, options: { why?: string; reason?: string }, asked: Command) => {
    const globals = globalsOf(asked, io)
    await atPlace(io, globals, async (place) => {
      const why = options.reason ?? options.why ?? NO_REASON
      print(place, await say(place.store, { cloud: place.cloud, node, by: io.user, why }))
    })
  })
}

/** A pause of a misspelt cloud would look like one and stop nothing. Throws ConfigError with the nearest name. */
async function mustExist({ io, config, store }: Place, cloud: string): Promise<void> {
  const known = [...config.clouds.map(({ name }) => name), ...(await store.clouds()).map((state) => state.cloud)]
  if (!known.includes(cloud)) readCloudNamed(cloud, io)
}

function print({ io, globals }: Place, spoken: Spoken): void {
  if (globals.output === 'json') printJson(io, spoken)
  else io.out.write(`${plain(spoken.message)}\n`)
}
