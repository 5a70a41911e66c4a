/** What befalls Ironic's notifications on their way to the operator. Where nobody listens at that moment, nothing comes of it. */
import { ROAD_TROUBLES } from '../message-bus.ts'
import { type Deed, DONE, deed, NODE, oneOf, SHARE } from './deed.ts'

/** States that a poll watches and one that it does not. */
const RUMOURS = ['error', 'deleting', 'available'] as const

export const BUS_DEEDS: Record<string, Deed> = {
  notifications: deed({
    says: 'Notifications are lost, come three times, or come so late that one overtakes another; all of them or a share.',
    fault: 'yes',
    takes: { trouble: oneOf(ROAD_TROUBLES) },
    options: { share: SHARE },
    lasts: true,
    does: ({ bus }, { trouble, share = 1 }) => {
      if (!bus?.isHeard()) return null
      return { undo: bus.trouble(trouble, share) }
    },
  }),
  'message-bus': deed({
    says: 'The message bus is away with all that it carried, or it only loses its connections.',
    fault: 'yes',
    takes: { what: oneOf(['away', 'drops']) },
    lasts: true,
    does: ({ bus }, { what }) => {
      if (!bus?.isHeard()) return null
      if (what === 'away') return { undo: bus.away() }
      bus.drop('connection reset')
      return DONE
    },
  }),
  rumour: deed({
    says: 'A notification says of the node that it has come into this state, which need not be so.',
    fault: 'yes',
    takes: { node: NODE, state: oneOf(RUMOURS) },
    does: (scene, { node, state }) => {
      const uuid = scene.node(node)?.row.uuid
      return uuid !== undefined && scene.bus?.rumour(uuid, state) ? DONE : null
    },
  }),
}
