/**
 * A written scenario, played line by line: its head sets the site up, deeds are done, `advance` lets time go by, and the lines that ask
 * (`show`, `explain`, `cases`, `sent`, `promises`) print what there is to see. The same text in, the same text out.
 */
import type { Policy } from '../../core/policy.ts'
import { timeText } from '../../core/when.ts'
import { lineOf, PROMISES } from '../../simulator/promises.ts'
import { DEEDS } from '../../simulator/script/all-deeds.ts'
import { NODE, readLine, ScriptError, SPAN, wordsOf } from '../../simulator/script/deed.ts'
import { isHead } from '../../simulator/script/site.ts'
import { ended, type History, reckoning, type Setting, setUp } from './history.ts'
import { SIMULATED_CLOUD } from './machine.ts'
import { entriesOf, type Trace, type TraceEntry } from './trace.ts'

export type PlayedScript = { history: History; text: string; entries: TraceEntry[] }

type Asked = (setting: Setting, word: string) => Promise<string[]>

/** Lines that ask and change nothing; each takes a node's name, or nothing. */
const LOOKS: Record<string, { takes: boolean; look: Asked }> = {
  show: { takes: true, look: show },
  explain: { takes: true, look: explain },
  cases: { takes: false, look: cases },
  sent: { takes: false, look: sent },
  promises: { takes: false, look: promises },
}

/** Lines that are played by more than a deed. */
const isCalm = (line: string): boolean => line === 'calm'

/** Comments and empty lines are for the reader. Numbers are those of the file, from 1. */
function linesOf(text: string): { number: number; line: string }[] {
  return text
    .split('\n')
    .map((line, at) => ({ number: at + 1, line: line.trim() }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
}

/** Throws ScriptError naming the first line that cannot be read; nothing has been played then. */
function checked(text: string): { head: string[]; body: { number: number; line: string }[] } {
  const lines = linesOf(text)
  const at = lines.findIndex(({ line }) => !isHead(line))
  const headEnd = at < 0 ? lines.length : at
  const body = lines.slice(headEnd)
  for (const { number, line } of body) {
    try {
      checkLine(line)
    } catch (error) {
      if (error instanceof ScriptError) throw new ScriptError(`Line ${number}: ${error.message}`)
      throw error
    }
  }
  return { head: lines.slice(0, headEnd).map(({ line }) => line), body }
}

function checkLine(line: string): void {
  const [verb = '', word = '', ...rest] = wordsOf(line)
  if (isHead(line)) throw new ScriptError(`"${line}" belongs to the head, before the first deed.`)
  if (isCalm(line)) return
  const look = LOOKS[verb]
  const field = verb === 'advance' ? SPAN : look?.takes === true ? NODE : null
  if (field !== null && (field.read(word) === undefined || rest.length > 0))
    throw new ScriptError(`"${line}": ${field.what} is wanted behind ${verb}.`)
  if (look?.takes === false && word !== '') throw new ScriptError(`"${line}": nothing is wanted behind ${verb}.`)
  if (field === null && look === undefined) readLine(line, DEEDS)
}

/** @param base the policy that the head's `policy` lines are laid over */
export async function playScript(text: string, base: Policy, watched: Trace | null = null): Promise<PlayedScript> {
  const { head, body } = checked(text)
  const setting = await setUp(head, base, watched)
  const said: string[] = []
  const say = (lines: readonly string[]): void => void said.push(...lines.map((line) => `    ${line}`))
  let history: History | null = null
  try {
    for (const { line } of body) {
      said.push(`> ${line}`)
      const [verb = '', word = ''] = wordsOf(line)
      const look = LOOKS[verb]
      if (isCalm(line)) {
        history = await ended(setting)
        say([`at rest after ${Math.round(history.calmed / 60_000)} min of calm`])
      } else if (verb === 'advance') await setting.clock.advance(SPAN.read(word) ?? 0)
      else if (look !== undefined) say(await look.look(setting, word))
      else if (!setting.scene.perform(line)) say(['nothing to do that to'])
    }
    const entries = watched === null ? [] : entriesOf(watched, setting.scene)
    return { history: history ?? (await reckoning(setting)), text: `${said.join('\n')}\n`, entries }
  } finally {
    await setting.store.close()
  }
}

const keyOf = ({ scene }: Setting, name: string): { cloud: string; uuid: string } | null => {
  const node = scene.node(name)
  return node === null ? null : { cloud: SIMULATED_CLOUD, uuid: node.row.uuid }
}

const time = (at: number): string => timeText(at).slice(11, 19)

async function show(setting: Setting, name: string): Promise<string[]> {
  const key = keyOf(setting, name)
  const node = setting.scene.node(name)
  if (key === null || node === null) return [`${name} is not there`]
  const { provision_state, power_state, maintenance, maintenance_reason, fault, extra } = node.row
  const of = await setting.store.caseOf(key)
  const marks = extra['hammer_error_resets']
  return [
    `${time(setting.clock.now())} ${provision_state}, ${power_state ?? 'power unknown'}${maintenance ? `, maintenance "${maintenance_reason ?? ''}"` : ''}${fault === null ? '' : `, fault ${fault}`}`,
    ...(marks === undefined ? [] : [`marks ${JSON.stringify(marks)}`]),
    ...(of === null
      ? ['no case']
      : [
          `case ${of.closedAt === null ? 'open' : `closed ${of.result}`}, ${of.diagnosis === null ? 'no diagnosis' : `${of.diagnosis.cause} (transient: ${of.diagnosis.transient})`}`,
        ]),
    ...(of?.decision ? [`${of.decision.kind} ${of.decision.reason}: ${of.decision.message}`] : []),
  ]
}

async function explain(setting: Setting, name: string): Promise<string[]> {
  const key = keyOf(setting, name)
  if (key === null) return [`${name} is not there`]
  const of = await setting.store.caseOf(key)
  const timeline = await setting.store.timeline(key)
  return [
    ...(of?.diagnosis?.evidence ?? []).map((line) => `+ ${line}`),
    ...(of?.diagnosis?.against ?? []).map((line) => `- ${line}`),
    ...timeline.map(({ at, kind, message }) => `${time(at)} ${kind}: ${message}`),
  ]
}

async function cases({ store }: Setting): Promise<string[]> {
  const open = await store.cases({ open: true })
  const lines = open.map(({ name, uuid, decision }) => `${name ?? uuid}: ${decision?.kind} ${decision?.reason}`)
  return lines.length === 0 ? ['no open case'] : lines.toSorted()
}

async function sent({ cloud, scene }: Setting): Promise<string[]> {
  const lines = cloud.ledger.changes().map((entry) => named(lineOf(entry), scene.cloud))
  return lines.length === 0 ? ['nothing that changes anything'] : lines
}

const named = (line: string, cloud: Setting['cloud']): string =>
  [...cloud.state.nodes.values()].reduce((text, { row }) => text.replaceAll(row.uuid, row.name ?? row.uuid), line)

async function promises({ judges }: Setting): Promise<string[]> {
  if (judges.broken.length === 0) return ['all kept']
  return judges.broken.map(({ promise, node, what }) => `${promise} broken (${PROMISES[promise]}): ${node ?? 'cloud'} ${what}`)
}
