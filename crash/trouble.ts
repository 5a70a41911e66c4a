/**
 * What befalls the pretend cloud under real daemons: most of what goes wrong in a simulated storm (simulator/script), and nodes that fail at a
 * steady rate, so that there is always something to do. What befalls the daemons themselves is the business of whoever runs them.
 */
import type { Random } from '../src/core/seams.ts'
import type { SimulatedCloud } from '../src/simulator/cloud.ts'
import { spanWord } from '../src/simulator/script/deed.ts'
import { drawnLines } from '../src/simulator/script/mischief.ts'
import type { Scene } from '../src/simulator/script/scene.ts'
import { between, chance, pick } from '../src/simulator/seeded.ts'
import type { SimNode } from '../src/simulator/world.ts'

const TEXTS = [
  'Failed to tear down: IPMI call failed: power status.',
  'Failed to tear down: Failed to set node power state to power off.',
  'Failed to tear down: Service Unavailable (HTTP 503)',
  'Failed to tear down: Unable to create neutron ports: ConnectFailure',
]

/**
 * An outage that lasts longer than a life lets no life do anything, so long ones are left out and short ones put in their place; and kills,
 * stops, clocks and second daemons are the trial's own business.
 */
const LEFT_OUT = [
  'service',
  'crash',
  'freeze',
  'clock',
  'sweep',
  'replica',
  'disk-full',
  'ambush',
  'believe-census',
  'wake',
  'redact',
  'remove',
]
const OUTAGE_MS = { least: 30_000, most: 150_000 }
/** One draw of so many is a short outage. */
const OUTAGES_IN = 10

function shortOutage(random: Random): string {
  const name = pick(random, ['ironic', 'ironic', 'neutron', 'nova', 'keystone', 'placement'])
  const kind = pick(random, ['down', '503', '502', '500', 'hang', 'lost-reply'])
  return `service ${name} ${kind} share=${between(random, 30, 99)}% for ${spanWord(between(random, OUTAGE_MS.least, OUTAGE_MS.most))}`
}

/** Goes on by the cloud's own clock until what is returned is called. @param gapMs between two pushes on average, as the cloud counts time */
export function troubleIn(scene: Scene, random: Random, gapMs: number): () => void {
  const { clock } = scene.cloud.state
  let isOver = false
  const next = (): void => {
    clock.after(Math.ceil(-Math.log(1 - random()) * gapMs), () => {
      if (isOver) return
      next()
      if (chance(random, 1 / OUTAGES_IN)) return void scene.perform(shortOutage(random))
      const lines = drawnLines(scene, random)
      if (lines.some(({ line }) => LEFT_OUT.includes(line.split(' ')[0] ?? ''))) return
      for (const { line, after } of lines) clock.after(after, () => !isOver && scene.perform(line))
    })
  }
  next()
  return () => {
    isOver = true
  }
}

/** A tear-down has just failed of a node that is in nobody's hands, if there is one. */
export function failOneOf(cloud: SimulatedCloud, random: Random): void {
  const whole = [...cloud.state.nodes.values()].filter(isWhole)
  const node = whole[Math.floor(random() * whole.length)]
  const text = TEXTS[Math.floor(random() * TEXTS.length)]
  if (node !== undefined && text !== undefined) cloud.people.fail(node.row.uuid, text)
}

const isWhole = ({ row }: SimNode): boolean =>
  (row.provision_state === 'active' || row.provision_state === 'available') && !row.maintenance && row.reservation === null

export const isFailed = ({ row }: SimNode): boolean => row.provision_state === 'error' || row.provision_state === 'clean failed'

/** As toISOString writes it; the older script's marks, which mischief writes, have no zone. */
const OURS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** The marks of ours that stand in Ironic. */
export const marksIn = (cloud: SimulatedCloud): { uuid: string; mark: string }[] =>
  [...cloud.state.nodes.values()].flatMap(({ row }) => {
    const marks = row.extra['hammer_error_resets']
    return Array.isArray(marks)
      ? marks.filter((mark) => OURS.test(String(mark))).map((mark) => ({ uuid: row.uuid, mark: String(mark) }))
      : []
  })
