/**
 * What the lab answered when it was last asked, chapter by chapter: one file a setting under test/samples/conformance. `npm test` holds
 * the simulator against it; the lab's own run holds the lab against it, and writes it with UPDATE_GOLDEN=1
 * (then `npm run format`).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { Findings, Setting } from './site.ts'

/** Findings by the title of their chapter. */
export type Told = Record<string, Findings>

const file = (setting: Setting) => new URL(`../samples/conformance/${setting}.json`, import.meta.url)

export const recorded = (setting: Setting): Told =>
  z.record(z.string(), z.record(z.string(), z.unknown())).parse(JSON.parse(readFileSync(file(setting), 'utf8')))

export function record(setting: Setting, told: Told): void {
  writeFileSync(file(setting), `${JSON.stringify(told, null, 2)}\n`)
}

export const allOf = (told: Told): Findings => Object.assign({}, ...Object.values(told))
