/**
 * What was done in a history, as marks and spans in lanes: each node has a lane for what befell it, and above the nodes there is one for
 * each service, conductor and rack, for the operator itself and for the rest. Nothing is drawn here; what overlaps in a lane is put into
 * rows below each other.
 */
import { spanOf } from '../../simulator/script/deed.ts'
import { SERVICES } from '../../simulator/world.ts'
import type { TraceEntry } from './trace.ts'

/** `to` is null for what is done at once. */
export type Happening = { at: number; to: number | null; text: string; label: string }
export type Lane = { name: string; rows: Happening[][] }

type Deed = TraceEntry & { kind: 'deed' }

const isDeed = (entry: TraceEntry): entry is Deed => entry.kind === 'deed' && entry.text !== 'calm'
export const calmsOf = (entries: readonly TraceEntry[]): number[] =>
  entries.filter((entry) => entry.kind === 'deed' && entry.text === 'calm').map(({ at }) => at)

/** Without a word for it these last so long (deeds-operator.ts). */
const USUAL_MS: Record<string, number> = { crash: 30_000, freeze: 300_000, replica: 300_000, upgrade: 300_000 }
/** Without `for` these last until the next of its kind on the same thing, or the calm. */
const STATES: readonly string[] = ['bmc', 'rack', 'route', 'service', 'noise', 'conductor', 'cleaning']
const ENDS = /^(bmc|rack|cleaning) \S+ ok$/

const OF_THE_OPERATOR = ['crash', 'freeze', 'clock', 'sweep', 'replica', 'upgrade', 'disk-full', 'pause']

function laneName(text: string): string {
  const [verb = '', what = ''] = text.split(' ')
  if (verb === 'service' || verb === 'noise' || verb === 'conductor') return what
  if (verb === 'rack') return `rack ${what}`
  if (verb === 'route') return 'BMC route'
  return OF_THE_OPERATOR.includes(verb) ? 'operator' : 'others'
}

/** What the lane or the length of the bar says already is left out. */
const labelOf = (text: string): string =>
  text
    .replace(/^(service|conductor|rack) \S+ |^route /, '')
    .replace(/^noise \S+/, 'noise')
    .replace(/ for \S+$| (span|back)=\S+/, '')

function endOf(deed: Deed, { deeds, end }: { deeds: readonly Deed[]; end: (after: number) => number }): number | null {
  const { text, at } = deed
  const words = text.split(' ')
  const [verb = '', what = ''] = words
  const said = / for (\S+)$/.exec(text)?.[1] ?? /(?:span|back)=(\S+)/.exec(text)?.[1] ?? (verb === 'lock' ? words[2] : undefined)
  const ms = spanOf(said ?? '') ?? USUAL_MS[verb] ?? null
  if (ENDS.test(text)) return null
  if (ms === null && !STATES.includes(verb)) return null
  const next = deeds.find((other) => other.at > at && other.text.startsWith(`${verb} ${what} `))?.at
  const most = Math.min(end(at), STATES.includes(verb) ? (next ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY)
  return ms === null ? most : Math.min(most, at + ms)
}

/** Each lane of the whole cloud, in an order that is always the same; and each node's. */
export function lanesOf(entries: readonly TraceEntry[], ended: number): { cloud: Lane[]; node: (name: string) => Happening[][] } {
  const deeds = entries.filter(isDeed)
  const calms = calmsOf(entries)
  const end = (after: number): number => calms.find((at) => at > after) ?? ended
  const lanes = new Map<string, Happening[]>()
  for (const deed of deeds) {
    const key = deed.node === null ? laneName(deed.text) : `node ${deed.node}`
    const label = deed.node === null ? labelOf(deed.text) : deed.text
    const happening = { at: deed.at, to: endOf(deed, { deeds, end }), text: deed.text, label }
    lanes.set(key, [...(lanes.get(key) ?? []), happening])
  }
  const names = [...lanes.keys()].filter((name) => !name.startsWith('node '))
  const order = (name: string): number => {
    const service = SERVICES.map(String).indexOf(name)
    return service >= 0 ? service : name === 'operator' ? 98 : name === 'others' ? 99 : 50
  }
  return {
    cloud: names.toSorted((a, b) => order(a) - order(b) || (a < b ? -1 : 1)).map((name) => ({ name, rows: inRows(lanes.get(name) ?? []) })),
    node: (name) => inRows(lanes.get(`node ${name}`) ?? []),
  }
}

/** What overlaps stands below each other. */
function inRows(all: readonly Happening[]): Happening[][] {
  const rows: Happening[][] = []
  for (const one of all) {
    const free = rows.find((row) => row.every(({ at, to }) => (to ?? at) < one.at || (one.to ?? one.at) < at))
    if (free === undefined) rows.push([one])
    else free.push(one)
  }
  return rows
}
