/**
 * What a running command says about its work. `run` logs: JSON lines for machines, short lines for a person at a terminal. Everything
 * else says only what went wrong, one line each.
 */
import { pino } from 'pino'
import type { LogLevel } from '../config.ts'
import type { Log } from '../controller/cloud-world.ts'
import type { Clock } from '../core/seams.ts'
import { timeText } from '../core/when.ts'
import type { Io } from './io.ts'
import { type Colour, paint, plain } from './paint.ts'

/** The daemon's log, on stderr. */
export function runLog(io: Pick<Io, 'err'>, clock: Clock, wish: { level: LogLevel; colour: boolean }): Log {
  const stamp = () => `,"time":"${timeText(clock.now())}"`
  const formatters = { level: (label: string) => ({ level: label }) }
  const options = { level: wish.level, base: null, timestamp: stamp, formatters }
  if (!io.err.isTTY) {
    const logger = pino(options, { write: (line: string) => void io.err.write(line) })
    return (level, message, fields = {}) => logger[level](fields, message)
  }
  // `silent` is above every level and has no number.
  const least = pino.levels.values[wish.level] ?? Number.POSITIVE_INFINITY
  return (level, message, fields = {}) => {
    if ((pino.levels.values[level] ?? 0) < least) return
    io.err.write(`${lineOf({ at: clock.now(), level, message, fields }, wish.colour)}\n`)
  }
}

type Entry = { at: number; level: 'info' | 'warn' | 'error'; message: string; fields: Record<string, unknown> }

const COLOURS: Record<Entry['level'], Colour | null> = { info: null, warn: 'yellow', error: 'red' }

function lineOf({ at, level, message, fields }: Entry, colour: boolean): string {
  const said = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => `${paint(colour, 'dim', `${name}=`)}${plain(typeof value === 'string' ? value : JSON.stringify(value))}`)
  const head = COLOURS[level]
  const text = level === 'info' ? message : `${level}: ${message}`
  return [paint(colour, 'dim', timeText(at).slice(11, 19)), head === null ? text : paint(colour, head, text), ...said].join(' ')
}

/** For commands that end: warnings and errors, as lines above the progress. */
export const plainLog =
  (line: (text: string) => void): Log =>
  (level, message, fields = {}) => {
    if (level === 'info') return
    const why = Object.values(fields).filter((value) => typeof value === 'string' || typeof value === 'number')
    line(`anneal: ${level === 'warn' ? 'warning' : 'error'}: ${plain([message, ...why].join(' · '))}`)
  }
