/**
 * A written scenario, played line by line: its head sets the site up, deeds are done, `advance` lets time go by, and the lines that ask
 * (looks.ts) print what there is to see. The same text in, the same text out.
 */
import type { Policy } from '../../core/policy.ts'
import { spanText } from '../../core/when.ts'
import { DEEDS } from '../../simulator/script/all-deeds.ts'
import { linesOver, NODE, readLine, ScriptError, SPAN, TEXT, wordsOf } from '../../simulator/script/deed.ts'
import { isHead, readHead } from '../../simulator/script/site.ts'
import type { CaseView } from '../../store/case-row.ts'
import { ended, type History, reckoning, setUp } from './history.ts'
import { caseLine, LOOKS, timeOf } from './looks.ts'
import { entriesOf, type Trace, type TraceEntry } from './trace.ts'

export type PlayedScript = { history: History; text: string; entries: TraceEntry[] }

/** Lines that are played by more than a deed. */
const isCalm = (line: string): boolean => line === 'calm'

/** Comments and empty lines are for the reader. */
const isForReaders = (line: string): boolean => line === '' || line.startsWith('#')

type Numbered = { number: number; line: string }

/** Numbers are those of the file, from 1. Comments before the first deed belong to the head. */
function linesOf(text: string): Numbered[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line, at) => ({ number: at + 1, line: line.trim() }))
}

/** Throws ScriptError naming the first line that cannot be read; nothing has been played then. */
function checked(text: string): { head: string[]; body: Numbered[]; preface: string[] } {
  const lines = linesOf(text)
  const at = lines.findIndex(({ line }) => !isForReaders(line) && !isHead(line))
  const body = at < 0 ? [] : lines.slice(at)
  const top = at < 0 ? lines : lines.slice(0, at)
  const head = top.filter(({ line }) => isHead(line))
  for (const one of head) numbered(one, () => readHead([one.line]))
  let isOver = false
  for (const one of body.filter(({ line }) => !isForReaders(line))) {
    numbered(one, () => checkLine(one.line, isOver))
    isOver ||= isCalm(one.line)
  }
  return { head: head.map(({ line }) => line), body, preface: top.map(({ line }) => line).filter((line) => line.startsWith('#')) }
}

function numbered({ number }: Numbered, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (error instanceof ScriptError) throw new ScriptError(`Line ${number}: ${error.message}`)
    throw error
  }
}

/** Where a deed is said to be done later, its last word is the line. */
const quoted = (line: string): string => String(TEXT.read(wordsOf(line).at(-1) ?? ''))
const INNER: Record<string, (line: string) => string> = { ambush: quoted, stays: quoted }

function checkLine(line: string, isOver: boolean): void {
  const [verb = '', word = '', ...rest] = wordsOf(line)
  if (isHead(line)) throw new ScriptError(`"${line}" belongs to the head, before the first deed.`)
  const look = LOOKS[verb]
  if (isOver && look === undefined)
    throw new ScriptError(`"${line}": behind calm only lines that ask may stand: ${Object.keys(LOOKS).join(', ')}.`)
  if (isCalm(line)) return
  if (look === undefined && verb !== 'advance') {
    for (const one of linesOver(line)) readLine(one, DEEDS)
    const inner = INNER[verb]?.(line)
    // Which node an ambush springs on is known then; any name stands in for it.
    if (inner !== undefined) readLine(inner.replaceAll('@', 'n'), DEEDS)
    return
  }
  if (look?.takes === 'nothing' && word !== '') throw new ScriptError(`"${line}": nothing is wanted behind ${verb}.`)
  if (word === '' && look !== undefined && look.takes !== 'node') return
  const field = look === undefined ? SPAN : NODE
  if (field.read(word) === undefined || rest.length > 0) throw new ScriptError(`"${line}": ${field.what} is wanted behind ${verb}.`)
}

/** @param base the policy that the head's `policy` lines are laid over */
export async function playScript(text: string, base: Policy, watched: Trace | null = null): Promise<PlayedScript> {
  const { head, body, preface } = checked(text)
  const setting = await setUp(head, base, watched)
  const said: string[] = [...preface, ...head]
  const say = (lines: readonly string[]): void => void said.push(...lines.map((line) => `    ${line}`))
  let history: History | null = null
  try {
    for (const { line } of body) {
      if (isForReaders(line)) {
        said.push(line)
        continue
      }
      said.push(`${timeOf(setting, setting.clock.now())} > ${line}`)
      const [verb = '', word = ''] = wordsOf(line)
      const look = LOOKS[verb]
      if (isCalm(line)) {
        history = await ended(setting, (open) => say(['at rest with what stays broken:', ...standing(open)]))
        say([`at rest after ${spanText(history.calmed)} of calm:`, ...standing(await setting.store.cases({ open: true }))])
      } else if (verb === 'advance') await setting.clock.advance(SPAN.read(word) ?? 0)
      else if (look !== undefined) say(await look.look(setting, word))
      else if (linesOver(line).filter((one) => setting.scene.perform(one)).length === 0) say(['nothing to do that to'])
    }
    const entries = watched === null ? [] : entriesOf(watched, setting.scene)
    return { history: history ?? (await reckoning(setting)), text: `${said.join('\n')}\n`, entries }
  } finally {
    await setting.store.close()
  }
}

const standing = (open: readonly CaseView[]): string[] => (open.length === 0 ? ['no open case'] : open.map(caseLine).toSorted())
