/**
 * The keys of the demo, on a terminal: a reader breaks something and watches what becomes of it. Each key plays one story of its own on
 * nodes that no other story needs; `h` a second time lifts the hold.
 */
import { type Cast, namesIn } from '../simulator/cast.ts'
import { ownBmc, ownHold, ownNeutron, ownRack } from '../simulator/own-stories.ts'
import type { Story } from '../simulator/stories.ts'
import { CLOUD, type Stage } from './demo-stage.ts'
import type { Telling } from './demo-telling.ts'
import type { Io } from './io.ts'

export const KEYS = 'b breaks a BMC · n stops Neutron · r breaks a rack switch · h holds a node (again: lifts the hold) · q ends it'

/** Listens until what it returns is called. Without a terminal nothing is listened to. */
export function listenToKeys(input: Io['input'], on: { stage: Stage; cast: Cast; told: Telling; quit: () => void }): () => void {
  if (!input.isTTY) return () => {}
  const { stage, cast, told, quit } = on
  const { cloud, random, outages, store } = stage
  const taken = new Set(namesIn(cast))
  const own = { cloud, random, taken }
  const you = { by: 'you', why: 'a key of the demo' }
  const keyOf = (node: string) => ({ cloud: CLOUD, uuid: cloud.node(node).row.uuid })
  let held: string | null = null

  const begin = (story: Story | null): void => {
    if (story === null) {
      told.say({ node: null, what: 'you', text: 'There is no node with a tenant left to break; wait for one.' })
      return
    }
    for (const { node } of story.steps) if (node !== null) taken.add(node)
    told.play(story, { title: story.title })
  }
  const hold = (node: string): void => {
    held = node
    void store.hold(keyOf(node), you)
  }
  const unhold = (node: string): void => {
    held = null
    told.say({ node, what: 'you', text: 'You lift the hold (`anneal unhold`).' })
    void store.unhold(keyOf(node), you)
  }
  let neutronBackAt = 0
  const neutron = (): void => {
    const { clock } = stage
    if (outages.windows.at(-1)?.to === null || clock.now() < neutronBackAt) {
      told.say({ node: null, what: 'you', text: 'Neutron is down already.' })
      return
    }
    const story = ownNeutron({ ...own, outages })
    neutronBackAt = clock.now() + Math.max(0, ...(story?.steps ?? []).map(({ at }) => at))
    begin(story)
  }
  const acts: Record<string, () => void> = {
    b: () => begin(ownBmc(own)),
    n: neutron,
    r: () => begin(ownRack(own)),
    h: () => (held === null ? begin(ownHold(own, hold)) : unhold(held)),
    q: quit,
    // Ctrl-D: the end of what is typed.
    '\u0004': quit,
  }
  return input.keys((key) => acts[key.toLowerCase()]?.())
}
