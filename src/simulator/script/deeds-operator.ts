/**
 * What people say to the operator, and what befalls its process, its machine's clock and its disk. `ambush` lets any deed fall between two
 * of its requests, `stays` lets one outlast the storm.
 */
import { type Deed, DONE, deed, NODE, NUMBER, oneOf, SHIFT, SPAN, TEXT } from './deed.ts'
import { MOMENTS, type Scene, sprang } from './scene.ts'
import { POLICY } from './site.ts'

/** A node's uuid, for words that are about one. */
const uuidOf = (scene: Scene, name: string): string | null => scene.node(name)?.row.uuid ?? null

const word = (says: string, say: (scene: Scene, uuid: string) => Promise<void>): Deed =>
  deed({
    says,
    fault: 'no',
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
    says: '`anneal hold NODE`; at the end of the span `anneal unhold`.',
    fault: 'no',
    takes: { node: NODE },
    lasts: true,
    does: (scene, { node }) => {
      const uuid = uuidOf(scene, node)
      if (uuid === null) return null
      void scene.operator.hold(uuid)
      return { undo: () => void scene.operator.unhold(uuid) }
    },
  }),
  unhold: word('`anneal unhold NODE`.', ({ operator }, uuid) => operator.unhold(uuid)),
  retry: word('`anneal retry NODE`.', ({ operator }, uuid) => operator.retry(uuid)),
  reject: deed({
    says: '`anneal reject` of what one of the cases waits for; whoever approves leaves it at that until something else is asked.',
    fault: 'no',
    takes: {},
    does: ({ operator }) => {
      void operator.reject()
      return DONE
    },
  }),
  release: word('`anneal release NODE`.', ({ operator }, uuid) => operator.release(uuid)),
  wake: word('A notification comes in: the node is looked at soon.', ({ operator }, uuid) => operator.wake(uuid)),
  pause: deed({
    says: '`anneal pause`; at the end of the span `anneal resume`.',
    fault: 'no',
    takes: {},
    lasts: true,
    does: ({ operator }) => {
      void operator.pause()
      return { undo: () => void operator.resume() }
    },
  }),
  'believe-census': deed({
    says: 'A person says that the last census counted rightly.',
    fault: 'no',
    takes: {},
    does: ({ operator }) => {
      void operator.believeCensus()
      return DONE
    },
  }),
  crash: deed({
    says: 'The operator dies at once, or while it writes: at the await of this number (0) behind its next intent. It is back after a while (30s).',
    fault: 'yes',
    takes: { at: oneOf(['now', 'writing']) },
    options: { step: NUMBER, back: SPAN },
    waits: true,
    does: (scene, { at, step = 0, back = DEAD_MS }) => {
      scene.operator.crash(at === 'now' ? 'now' : step, back, () => {
        sprang(scene, `crash ${at}`)
        if (at === 'writing') scene.diedAt.set(step, (scene.diedAt.get(step) ?? 0) + 1)
      })
      return DONE
    },
  }),
  freeze: deed({
    says: 'The operator stands still wherever it is for so long (5m), and goes on as if nothing had been.',
    fault: 'yes',
    takes: {},
    options: { span: SPAN },
    does: ({ operator }, { span = STANDING_MS }) => {
      operator.freeze(span)
      return DONE
    },
  }),
  clock: deed({
    says: "The wall clock of the operator's machine is set forward or back; behind the span it is put right again.",
    fault: 'yes',
    takes: { shift: SHIFT },
    lasts: true,
    does: ({ operator }, { shift }) => {
      operator.jumpClock(shift)
      return { undo: () => operator.jumpClock(-shift) }
    },
  }),
  sweep: deed({
    says: 'A second operator on the same database makes one sweep.',
    fault: 'no',
    takes: {},
    does: ({ operator }) => {
      operator.sweepBeside()
      return DONE
    },
  }),
  replica: deed({
    says: 'A second operator works on the same database for so long (5m). With a policy of its own, which is in force from then on, the first one only observes, and is begun anew at the end.',
    fault: 'no',
    takes: {},
    options: { span: SPAN, policy: POLICY },
    does: ({ operator }, { span = STANDING_MS, policy = null }) => {
      operator.replica(span, policy)
      return DONE
    },
  }),
  upgrade: deed({
    says: 'An operator of the next version starts beside the other and changes the database: the older one decides nothing more, and is stopped after so long (5m).',
    fault: 'no',
    takes: {},
    options: { span: SPAN },
    does: ({ operator }, { span = STANDING_MS }) => {
      operator.upgrade(span)
      return DONE
    },
  }),
  'disk-full': deed({
    says: 'Nothing that is written to the database finds room.',
    fault: 'yes',
    takes: {},
    lasts: true,
    does: ({ operator }) => {
      operator.fillDisk(true)
      return { undo: () => operator.fillDisk(false) }
    },
  }),
  stays: deed({
    says: 'The line is performed when the calm has put everything else right. All must come to rest with it, and again once it is mended.',
    fault: 'no',
    takes: { line: TEXT },
    waits: true,
    does: (scene, { line }) => {
      scene.staying.push(line)
      return DONE
    },
  }),
  ambush: deed({
    says: "The line is performed when the operator is about to send its next mark, verb, quarantine or change of Blazar, on that request's node, which it calls `@`.",
    fault: 'no',
    takes: { moment: oneOf(MOMENTS), line: TEXT },
    waits: true,
    does: (scene, { moment, line }) => {
      scene.ambushes.push({ moment, line })
      return DONE
    },
  }),
}
