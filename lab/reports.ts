/**
 * What `anneal sweep -o json` and `anneal explain NODE -o json` print, checked against the published shape, and waiting on it. The
 * scenarios judge the product by this and by Ironic; nothing of the product's own code is used to read it.
 */
import { z } from 'zod'
import { anneal, type Desk } from './anneal.ts'
import { pause, readNode } from './ironic.ts'
import { uuidOf } from './nodes.ts'
import { changes, type JournalEntry } from './proxy-control.ts'

const Time = z.iso.datetime()

export const NodeReport = z.looseObject({
  uuid: z.string(),
  name: z.string().nullable(),
  provision_state: z.string().nullable(),
  case: z
    .string()
    .regex(/^c-[0-9a-z]{8}$/)
    .nullable(),
  diagnosis: z.object({ cause: z.string(), transient: z.enum(['yes', 'no', 'maybe']), evidence: z.array(z.string()) }).nullable(),
  decision: z
    .object({
      kind: z.enum(['act', 'wait', 'leave', 'escalate', 'resolve']),
      reason: z.string(),
      message: z.string(),
      act: z.string().nullable(),
      until: Time.nullable(),
    })
    .nullable(),
  outcome: z.object({ kind: z.string(), reason: z.string() }).nullable(),
})
export type NodeReport = z.infer<typeof NodeReport>

const SweepReport = z.looseObject({
  cloud: z.string(),
  mode: z.string(),
  listed: z.number(),
  doubtful: z.string().nullable(),
  nodes: z.array(NodeReport),
})

const Explanation = NodeReport.extend({
  timeline: z.array(z.object({ at: Time, kind: z.string(), message: z.string() })),
  attempts: z.array(
    z.looseObject({ number: z.number(), act: z.string(), at: Time, outcome: z.string().nullable(), result: z.string().nullable() }),
  ),
  result: z.string().nullable(),
  budget: z.looseObject({ spent: z.number(), max: z.number() }),
  incident: z.looseObject({ id: z.string(), key: z.string(), value: z.string(), members: z.number(), proven: z.number() }).nullable(),
})
export type Explanation = z.infer<typeof Explanation>

/** One sweep; throws with what was printed where that is not the published shape. */
export async function sweep(at: Desk, ...args: string[]) {
  const ran = await anneal(['sweep', '-o', 'json', ...args], at, { seconds: 120 })
  const parsed = SweepReport.safeParse(ran.json)
  if (!parsed.success) throw new Error(`sweep ended with ${ran.code} and printed: ${ran.stdout}${ran.stderr}`)
  const of = (name: string) => parsed.data.nodes.find((node) => node.name === name) ?? null
  return { ...parsed.data, code: ran.code, of }
}

export async function explain(at: Desk, name: string): Promise<Explanation> {
  const ran = await anneal(['explain', name, '-o', 'json'], at)
  const parsed = Explanation.safeParse(ran.json)
  if (!parsed.success) throw new Error(`explain ${name} ended with ${ran.code} and printed: ${ran.stdout}${ran.stderr}`)
  return parsed.data
}

/** Waits until what `explain` says of a node fits; throws after `seconds` with what it says instead. */
export async function explained(
  at: Desk,
  name: string,
  until: string | ((told: Explanation) => boolean),
  seconds = 60,
): Promise<Explanation> {
  const fits = typeof until === 'string' ? (told: Explanation) => told.decision?.reason === until : until
  const end = Date.now() + seconds * 1000
  for (;;) {
    const told = await explain(at, name)
    if (fits(told)) return told
    if (Date.now() > end) {
      const wanted = typeof until === 'string' ? until : 'the condition'
      const story = told.timeline.map((line) => `${line.at} ${line.kind} ${line.message}`).join('\n')
      throw new Error(`${name}: ${wanted} not seen in ${seconds} s; it says ${told.decision?.reason}: ${told.decision?.message}\n${story}`)
    }
    await pause(1000)
  }
}

/** What the runbook's list holds: one timestamp for each reset performed; [] where the key is absent. */
export async function marksOf(name: string): Promise<string[]> {
  const marks = (await readNode(name)).extra['hammer_error_resets']
  return z.array(z.string()).parse(marks ?? [])
}

/** Changing requests about this node that came through the proxy and reached Ironic, oldest first. */
export async function changesOf(name: string): Promise<JournalEntry[]> {
  return (await changes()).filter((entry) => entry.path.includes(uuidOf(name)) || entry.path.includes(`/${name}`))
}

/** The `deleted` verbs that reached Ironic, oldest first. */
export const resetsOf = async (name: string): Promise<JournalEntry[]> =>
  (await changesOf(name)).filter((entry) => entry.method === 'PUT' && entry.path.endsWith('/states/provision'))
