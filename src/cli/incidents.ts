/**
 * `anneal incidents`: several cases with one cause, what they share, and what became of the node that went first.
 */
import type { Command } from 'commander'
import { type ListedIncident, listIncidents } from '../commands/list-incidents.ts'
import { globalsOf } from './globals.ts'
import type { Io } from './io.ts'
import { atCloud } from './place.ts'
import { printJson, relative } from './print.ts'
import { tableText } from './table.ts'

export function registerIncidents(program: Command, io: Io): void {
  program
    .command('incidents')
    .summary('what several cases share: key, members, canary, resets spent')
    .option('--closed', 'closed ones instead')
    .addHelpText('after', '\nExample:\n  anneal incidents --closed')
    .action(async (options: { closed?: boolean }, command: Command) => {
      const globals = globalsOf(command, io)
      const closed = options.closed === true
      await atCloud(io, globals, async ({ store, cloud }) => {
        const incidents = await listIncidents(store, { cloud, closed })
        if (globals.output === 'json') return printJson(io, { incidents })
        const now = io.seams.clock.now()
        const several = new Set(incidents.map((one) => one.cloud)).size > 1
        const text = tableText(
          incidents,
          [
            ...(several ? [{ head: 'CLOUD', text: (one: ListedIncident) => one.cloud }] : []),
            { head: 'INCIDENT', text: ({ id }) => id },
            { head: 'SHARED', text: ({ key, value }) => `${key} ${value}` },
            { head: 'OPENED', text: ({ openedAt }) => relative(openedAt, now) },
            ...(closed ? [{ head: 'CLOSED', text: ({ closedAt }: ListedIncident) => relative(closedAt, now) }] : []),
            { head: 'CANARY', text: canaryText },
            { head: 'HEALED', text: ({ healed, members }) => `${healed} of ${members.length}` },
            { head: 'IN HAND', text: ({ inFlight }) => String(inFlight) },
            { head: 'RESETS', text: ({ resetsSpent }) => String(resetsSpent) },
            { head: 'NODE-HOURS', text: ({ nodeHours }) => nodeHours.toFixed(1) },
            ...(incidents.some(({ acknowledged }) => acknowledged !== null)
              ? [{ head: 'SEEN BY', text: ({ acknowledged }: ListedIncident) => acknowledged?.by ?? '' }]
              : []),
            { head: 'NODES', text: ({ members }) => namesOf(members), wraps: true },
          ],
          { out: io.out, colour: globals.colour },
        )
        io.out.write(text === '' ? `No incident is ${closed ? 'closed' : 'open'}.\n` : text)
      })
    })
}

const canaryText = ({ canary }: ListedIncident): string =>
  canary === null ? 'none yet' : `${canary.name ?? canary.uuid}: ${canary.result ?? 'no result yet'}`

const namesOf = (members: ListedIncident['members']): string =>
  members
    .map(({ name, uuid }) => name ?? uuid)
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .join(', ')
