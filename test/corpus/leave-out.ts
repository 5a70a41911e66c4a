/**
 * Leave-group-out for rules that are written by hand: for each source template, every alternative of every pattern that only its own
 * texts meet is taken away (of signatures, wrappers and the words that name a peer), and the texts are read with what is left. What a
 * rule that many templates meet owes to one of them cannot be taken away; that is what the first-contact figures are for.
 */
import { readFileSync } from 'node:fs'
import { RULES, type Rules, readTextBy, type TextReading } from '../../src/core/read-text.ts'
import { peerOf } from '../../src/core/signatures/peer.ts'
import { normalised, splitCleanUp, unwrapped } from '../../src/core/unwrap.ts'
import { type Branch, branchesOf, type Tree, treeOf, without } from './branches.ts'

export type Row = {
  id: string
  text: string
  provision_state: string
  driver: string
  template: string
  cause: string
  transient: string
  note: string
}
export type Read = { row: Row; reading: TextReading }

export const CORPORA = ['last-errors', 'held-out', 'unseen', 'unseen-2', 'unseen-3'] as const

export function corpus(name: string): Row[] {
  const rows: Row[] = JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8'))
  return rows
}

export const isRight = ({ row, reading }: Read): boolean => row.cause === reading.cause

/** A person's matter, or a lasting fault, that would be waited out. */
export const isDangerous = ({ row, reading }: Read): boolean =>
  (row.cause === 'config' || (row.cause === 'bmc-fault' && row.transient === 'no')) && reading.transient === 'yes'

export const readAll = (rows: readonly Row[], rules: Rules = RULES): Read[] => rows.map((row) => ({ row, reading: readTextBy(rules, row) }))

/** The texts that a row puts before each kind of rule. */
function partsOf({ text, provision_state }: Row) {
  return splitCleanUp(normalised(text)).flatMap((part) => {
    if (part === null) return []
    const { inner, layers } = unwrapped(part, RULES.wrappers)
    return [{ part, inner, layers, peer: peerOf(part, provision_state) }]
  })
}

type Owners = { tree: Tree; owned: Map<string, Set<Branch>> }

/** For one pattern: which of its alternatives only one template meets. */
function ownersOf(pattern: RegExp, met: readonly { template: string; text: string }[]): Owners {
  const tree = treeOf(pattern)
  const hits = met.filter(({ text }) => pattern.test(text))
  const owned = new Map<string, Set<Branch>>()
  for (const { branch, siblings } of branchesOf(tree)) {
    const alone = without(tree, new Set(siblings))
    const templates = new Set(hits.filter(({ text }) => alone?.test(text)).map(({ template }) => template))
    const [only] = templates
    if (templates.size === 1 && only !== undefined) owned.set(only, (owned.get(only) ?? new Set()).add(branch))
  }
  return { tree, owned }
}

const NEVER = /(?!)/

/** Rules as they would be had nobody seen the texts of a template. */
export function rulesWithout(rows: readonly Row[]): (template: string) => Rules {
  const parts = rows.flatMap((row) => partsOf(row).map((part) => ({ template: row.template, ...part })))
  const owners = new Map<RegExp, Owners>()
  const learn = (pattern: RegExp, met: readonly { template: string; text: string }[]) => owners.set(pattern, ownersOf(pattern, met))
  for (const { peers, patterns } of [...RULES.signatures, ...RULES.lastSignatures]) {
    const met = parts.filter(({ peer }) => peers === undefined || (peer !== null && peers.includes(peer)))
    for (const pattern of patterns)
      learn(
        pattern,
        met.map(({ template, inner }) => ({ template, text: inner })),
      )
  }
  const layers = parts.flatMap(({ template, layers }) => layers.map((text) => ({ template, text })))
  for (const { pattern } of RULES.wrappers) learn(pattern, layers)
  for (const [, pattern] of RULES.peerWords)
    learn(
      pattern,
      parts.map(({ template, part }) => ({ template, text: part })),
    )

  return (template) => {
    const less = (pattern: RegExp): RegExp => {
      const known = owners.get(pattern)
      const out = known?.owned.get(template)
      return known === undefined || out === undefined ? pattern : (without(known.tree, out) ?? NEVER)
    }
    const lessOf = (signatures: Rules['signatures']) =>
      signatures.map((signature) => ({ ...signature, patterns: signature.patterns.map(less) }))
    return {
      signatures: lessOf(RULES.signatures),
      lastSignatures: lessOf(RULES.lastSignatures),
      wrappers: RULES.wrappers.map((wrapper) => ({ ...wrapper, pattern: less(wrapper.pattern) })),
      peerWords: RULES.peerWords.map(([peer, pattern]) => [peer, less(pattern)] as const),
    }
  }
}

/** Every row, read by rules that owe nothing to its own template alone. */
export function leaveGroupOut(rows: readonly Row[]): Read[] {
  const rulesFor = rulesWithout(rows)
  const groups = Map.groupBy(rows, ({ template }) => template)
  return [...groups].flatMap(([template, group]) => readAll(group, rulesFor(template)))
}
