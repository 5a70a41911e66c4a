/**
 * What people say to the operator, and what befalls its process, its machine's clock and its disk. `ambush` lets any deed fall between two
 * of its requests, `stays` lets one outlast the storm.
 */
import { type Deed, DONE, deed, NODE, NUMBER, oneOf, SHIFT, SPAN, TEXT } from './deed.ts'
import { MOMENTS, type Scene } from './scene.ts'

/** A node's uuid, for words that are about one. */
const uuidOf = (scene: Scene, name: string): string | null => scene.node(name)?.row.uuid ?? null

const word = (say: (scene: Scene, uuid: string) => Promise<void>): Deed =>
  deed({
    takes: { node: NODE },
    does: (scene, { node }) => {
      const uuid = uuidOf(scene, node)
      if (uuid === null) return null
      void say(scene, uuid)
      return DONE
    },
  })

/** A crash without a span is over after this. */
const DEAD_MS = 30_000
const STANDING_MS = 300_000

export const OPERATOR_DEEDS: Record<string, Deed> = {
  hold: deed({
    takes: { node: NODE },
    lasts: true,
    does: (scene, { node }) => {
      const uuid = uuidOf(scene, node)
      if (uuid === null) return null
      void scene.operator.hold(uuid)
      return { undo: () => void scene.operator.unhold(uuid) }
    },
  }),
  unhold: word(({ operator }, uuid) => operator.unhold(uuid)),
  retry: word(({ operator }, uuid) => operator.retry(uuid)),
  release: word(({ operator }, uuid) => operator.release(uuid)),
  wake: word(({ operator }, uuid) => operator.wake(uuid)),
  pause: deed({
    takes: {},
    lasts: true,
    does: ({ operator }) => {
      void operator.pause()
      return { undo: () => void operator.resume() }
    },
  }),
  'believe-census': deed({
    takes: {},
    does: ({ operator }) => {
      void operator.believeCensus()
      return DONE
    },
  }),
  crash: deed({
    takes: { at: oneOf(['now', 'writing']) },
    options: { step: NUMBER, back: SPAN },
    does: ({ operator }, { at, step = 0, back = DEAD_MS }) => {
      operator.crash(at === 'now' ? 'now' : step, back)
      return DONE
    },
  }),
  freeze: deed({
    takes: {},
    options: { span: SPAN },
    does: ({ operator }, { span = STANDING_MS }) => {
      operator.freeze(span)
      return DONE
    },
  }),
  clock: deed({
    takes: { shift: SHIFT },
    does: ({ operator }, { shift }) => {
      operator.jumpClock(shift)
      return DONE
    },
  }),
  sweep: deed({
    takes: {},
    does: ({ operator }) => {
      operator.sweepBeside()
      return DONE
    },
  }),
  replica: deed({
    takes: {},
    options: { span: SPAN },
    does: ({ operator }, { span = STANDING_MS }) => {
      operator.replica(span)
      return DONE
    },
  }),
  'disk-full': deed({
    takes: {},
    lasts: true,
    does: ({ operator }) => {
      operator.fillDisk(true)
      return { undo: () => operator.fillDisk(false) }
    },
  }),
  stays: deed({
    takes: { line: TEXT },
    does: (scene, { line }) => {
      scene.staying.push(line)
      return DONE
    },
  }),
  ambush: deed({
    takes: { moment: oneOf(MOMENTS), line: TEXT },
    does: (scene, { moment, line }) => {
      scene.ambushes.push({ moment, line })
      return DONE
    },
  }),
}
