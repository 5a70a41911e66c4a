/**
 * Leave-group-out for rules that are written by hand. For each source template what only its own texts meet is taken away, and its texts
 * are read with what is left: by `signature` whole signatures and wrappers go, by `alternative` every branch of every pattern (also of
 * the words that name a peer). What a rule that many templates meet owes to one of them cannot be taken away; for that there are the
 * figures of first contact in README.md.
 */
import { readFileSync } from 'node:fs'
import { RULES, type Rules, readTextBy, type TextReading } from '../../src/core/read-text.ts'
import { peerOf } from '../../src/core/signatures/peer.ts'
import type { Signature } from '../../src/core/signatures/signature.ts'
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

export const CORPORA = ['last-errors', 'held-out', 'unseen', 'unseen-2', 'unseen-3', 'unseen-4', 'unseen-5'] as const

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

export type Grain = 'signature' | 'alternative'

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

type Met = { template: string; text: string }

/** For each pattern of the rules, the texts that are put before it. */
function textsBefore(rows: readonly Row[]): { patterns: readonly RegExp[]; met: Met[] }[] {
  const parts = rows.flatMap((row) => partsOf(row).map((part) => ({ template: row.template, ...part })))
  const inners = ({ peers }: Signature): Met[] =>
    parts
      .filter(({ peer }) => peers === undefined || (peer !== null && peers.includes(peer)))
      .map(({ template, inner }) => ({ template, text: inner }))
  const layers = parts.flatMap(({ template, layers }) => layers.map((text) => ({ template, text })))
  const wholes = parts.map(({ template, part }) => ({ template, text: part }))
  return [
    ...[...RULES.signatures, ...RULES.lastSignatures].map((signature) => ({ patterns: signature.patterns, met: inners(signature) })),
    ...RULES.wrappers.map(({ pattern }) => ({ patterns: [pattern], met: layers })),
    ...RULES.peerWords.map(([, pattern]) => ({ patterns: [pattern], met: wholes })),
  ]
}

/** For each template, what becomes of a pattern that owes something to it alone. */
function changes(rows: readonly Row[], grain: Grain): Map<string, Map<RegExp, RegExp>> {
  const all = new Map<string, Map<RegExp, RegExp>>()
  const change = (template: string, from: RegExp, to: RegExp) => all.set(template, (all.get(template) ?? new Map()).set(from, to))
  for (const { patterns, met } of textsBefore(rows)) {
    if (grain === 'signature') {
      const templates = new Set(met.filter(({ text }) => patterns.some((pattern) => pattern.test(text))).map(({ template }) => template))
      const [only] = templates
      if (templates.size === 1 && only !== undefined) for (const pattern of patterns) change(only, pattern, NEVER)
    } else {
      for (const pattern of patterns) {
        const { tree, owned } = ownersOf(pattern, met)
        for (const [template, branches] of owned) change(template, pattern, without(tree, branches) ?? NEVER)
      }
    }
  }
  return all
}

function rulesWith(changed: ReadonlyMap<RegExp, RegExp>): Rules {
  const now = (pattern: RegExp) => changed.get(pattern) ?? pattern
  const signatures = (of: readonly Signature[]) => of.map((signature) => ({ ...signature, patterns: signature.patterns.map(now) }))
  return {
    signatures: signatures(RULES.signatures),
    lastSignatures: signatures(RULES.lastSignatures),
    wrappers: RULES.wrappers.map((wrapper) => ({ ...wrapper, pattern: now(wrapper.pattern) })),
    peerWords: RULES.peerWords.map(([peer, pattern]) => [peer, now(pattern)] as const),
  }
}

/** Every row, read by rules that owe nothing to its own template alone. */
export function leaveGroupOut(rows: readonly Row[], grain: Grain): Read[] {
  const changed = changes(rows, grain)
  return [...Map.groupBy(rows, ({ template }) => template)].flatMap(([template, group]) =>
    readAll(group, rulesWith(changed.get(template) ?? new Map())),
  )
}
