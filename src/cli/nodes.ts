/**
 * `anneal nodes` and `anneal cases`: what is, out of the database, as the last polls and passes left it.
 */
import type { Command } from 'commander'
import { listCases } from '../commands/list-cases.ts'
import { type ListedNode, listNodes } from '../commands/list-nodes.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { atCloud } from './place.ts'
import { colourOf, nextLook, printJson, relative, verdictOf } from './print.ts'
import { tableText } from './table.ts'

export function registerNodes(program: Command, io: Io): void {
  program
    .command('nodes')
    .summary('nodes that have failed, have a case, or wait for somebody')
    .option('--state <state>', 'only nodes in this provision_state')
    .option('--all', 'every node that is known')
    .addHelpText('after', "\nExample:\n  anneal nodes --state 'clean failed'")
    .action(async (options: { state?: string; all?: boolean }, command: Command) => {
      const globals = globalsOf(command, io)
      await atCloud(io, globals, async ({ store, cloud }) => {
        const nodes = inOrder(await listNodes(store, { cloud, state: options.state ?? null, all: options.all === true }))
        if (globals.output === 'json') return printJson(io, { nodes })
        const now = io.seams.clock.now()
        const several = new Set(nodes.map((node) => node.cloud)).size > 1
        const text = tableText(
          nodes,
          [
            ...(several ? [{ head: 'CLOUD', text: (node: ListedNode) => node.cloud }] : []),
            { head: 'NODE', text: ({ name, uuid }) => name ?? uuid },
            { head: 'STATE', text: ({ provision_state }) => provision_state ?? '?' },
            { head: 'CASE', text: (node) => node.case ?? '-' },
            { head: 'CAUSE', text: ({ diagnosis }) => diagnosis?.cause ?? '-' },
            { head: 'DECISION', text: (node) => (node.held ? `${verdictOf(node)} (held)` : verdictOf(node)), colour: colourOf },
            { head: 'NEXT LOOK', text: ({ decision }) => nextLook(decision?.until ?? null, now) },
            { head: 'MESSAGE', text: ({ decision }) => decision?.message ?? '', wraps: true },
          ],
          { out: io.out, colour: globals.colour },
        )
        io.out.write(text === '' ? `${await emptyNodes(store.countNodes(cloud === null ? {} : { cloud }), options)}\n` : text)
      })
    })
}

/** node-2 before node-10, as people count. */
const inOrder = (nodes: ListedNode[]): ListedNode[] =>
  nodes.toSorted((a, b) => a.cloud.localeCompare(b.cloud) || (a.name ?? a.uuid).localeCompare(b.name ?? b.uuid, 'en', { numeric: true }))

async function emptyNodes(known: Promise<number>, { state }: { state?: string }): Promise<string> {
  const count = await known
  if (count === 0) return 'No node is known yet: run `anneal sweep` once.'
  if (state !== undefined) return `None of ${count} known nodes is ${state}.`
  return `No node needs anything (${count} are known; --all lists them).`
}

export function registerCases(program: Command, io: Io): void {
  program
    .command('cases')
    .summary('open cases, newest first')
    .option('--closed', 'closed ones instead')
    .addHelpText('after', '\nExample:\n  anneal cases --closed -o json')
    .action(async (options: { closed?: boolean }, command: Command) => {
      const globals = globalsOf(command, io)
      const closed = options.closed === true
      await atCloud(io, globals, async ({ store, cloud }) => {
        const cases = await listCases(store, { cloud, closed })
        if (globals.output === 'json') return printJson(io, { cases })
        const now = io.seams.clock.now()
        const text = tableText(
          cases,
          [
            { head: 'CASE', text: ({ id }) => id },
            { head: 'NODE', text: ({ name, uuid }) => name ?? uuid },
            { head: 'CAUSE', text: ({ cause }) => cause ?? '-' },
            { head: 'INCIDENT', text: ({ incident }) => incident ?? '-' },
            { head: 'OPENED', text: ({ openedAt }) => relative(openedAt, now) },
            ...(closed
              ? [
                  { head: 'CLOSED', text: ({ closedAt }: (typeof cases)[number]) => relative(closedAt, now) },
                  { head: 'RESULT', text: ({ result }: (typeof cases)[number]) => result ?? '-' },
                ]
              : []),
            { head: 'DECISION', text: verdictOf, colour: colourOf },
            { head: 'MESSAGE', text: ({ decision }) => decision?.message ?? '', wraps: true },
          ],
          { out: io.out, colour: globals.colour },
        )
        io.out.write(text === '' ? `No case is ${closed ? 'closed' : 'open'}.\n` : text)
      })
    })
}
