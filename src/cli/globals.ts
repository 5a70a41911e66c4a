/**
 * The options that every command takes, as they were given. What they mean for configuration and clouds is place.ts.
 */
import type { Command } from 'commander'
import type { Mode } from '../core/policy.ts'
import type { Io } from './io.ts'

export type Globals = {
  osCloud: string | null
  config: string | null
  output: 'table' | 'json'
  mode: Mode | null
  /** Colours: on a terminal, unless told otherwise. */
  colour: boolean
}

/** What the command line said, over all levels of commands. */
export function globalsOf(command: Command, io: Io): Globals {
  const given: { osCloud?: string; config?: string; output?: 'table' | 'json'; mode?: Mode; color?: boolean } = command.optsWithGlobals()
  return {
    osCloud: given.osCloud ?? null,
    config: given.config ?? null,
    output: given.output ?? 'table',
    mode: given.mode ?? null,
    colour: given.color !== false && hasColour(io),
  }
}

/** no-color.org: any value of NO_COLOR switches colours off. */
const hasColour = ({ out, env }: Io): boolean => out.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
