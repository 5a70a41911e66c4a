/**
 * The lines of `anneal explain` about the proof: each check with its verdict, and what to do where one fails. Words only.
 */
import type { ShownProof } from '../commands/explain-proof.ts'
import { CHECKS, VERDICTS } from '../core/proof.ts'
import { plain } from './paint.ts'

const widthOf = (words: readonly string[]): number => Math.max(...words.map(({ length }) => length)) + 2
const VERDICT = widthOf(VERDICTS)
const CHECK = widthOf(CHECKS)

/** Where the sentences stand. */
export const AFTER_CHECK = 2 + VERDICT + CHECK

/** Indented below a heading of their own. */
export const proofLines = ({ proof }: ShownProof): string[] =>
  proof.map(({ check, verdict, sentence }) => `  ${verdict.padEnd(VERDICT)}${check.padEnd(CHECK)}${plain(sentence)}`)
