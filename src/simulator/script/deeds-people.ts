/**
 * What tenants, people and the older script do by hand: they delete, launch, set maintenance, protect, hold, write to `extra`. The judges
 * are told of every hand, so that they know what to hold the operator to; nothing here is a request of the operator's.
 */
import { deleteServer, handOver } from '../nova.ts'
import type { SimNode } from '../world.ts'
import { type Deed, DONE, deed, JSON_VALUE, NAME, NODE, oneOf, SPAN, TEXT } from './deed.ts'
import type { Scene } from './scene.ts'

const isLet = ({ row }: SimNode): boolean => row.provision_state === 'active' && !row.protected
export const isOurQuarantine = ({ row }: SimNode): boolean => row.maintenance_reason?.startsWith('anneal:') === true

/** The deed on the node of this name, where there is one and it fits. */
const on =
  <G extends { node: string }>(
    fits: (node: SimNode) => boolean,
    does: (scene: Scene, node: SimNode, given: G) => { undo: () => void } | typeof DONE,
  ) =>
  (scene: Scene, given: G) => {
    const node = scene.node(given.node)
    return node === null || !fits(node) ? null : does(scene, node, given)
  }

const any = () => true

export const PEOPLE_DEEDS: Record<string, Deed> = {
  delete: deed({
    says: 'The tenant deletes the server: Nova asks Ironic to tear the node down.',
    fault: 'no',
    takes: { node: NODE },
    does: on(isLet, ({ cloud }, { row }) => {
      cloud.people.undeploy(row.uuid)
      return DONE
    }),
  }),
  // Nova deletes the port with the server this time, if Neutron lets it.
  'delete-again': deed({
    says: "Tenants' tools delete once more what Nova could not delete.",
    fault: 'no',
    takes: {},
    does: ({ cloud: { state } }) => {
      const left = [...state.servers.values()].filter(
        ({ deleted, status, actions }) => !deleted && status === 'ERROR' && actions.at(-1)?.action === 'delete',
      )
      for (const server of left) deleteServer(state, server, 'deleting')
      return left.length === 0 ? null : DONE
    },
  }),
  launch: deed({
    says: 'A tenant launches a server on the available node.',
    fault: 'no',
    takes: { node: NODE },
    does: on(
      ({ row }) => row.provision_state === 'available',
      ({ cloud }, { row }) => {
        void cloud.people.launch(row.uuid)
        return DONE
      },
    ),
  }),
  // The wrong node is undeployed by hand, behind Nova: its instance lives on there.
  undeploy: deed({
    says: 'A person undeploys the node by hand, behind Nova, where its server lives on.',
    fault: 'yes',
    takes: { node: NODE },
    does: on(isLet, ({ cloud, judges }, { row }) => {
      judges.hand(row.uuid, 'moved')
      void cloud.people.verb(row.uuid, 'deleted')
      return DONE
    }),
  }),
  // Somebody heals the node by other means and a tenant has it at once: what was read of it a moment ago is a lie now.
  'hand-over': deed({
    says: 'Somebody heals the node by other means and a tenant has it at once.',
    fault: 'yes',
    takes: { node: NODE },
    does: on(
      ({ row }) => row.reservation === null && (row.provision_state === 'error' || row.provision_state === 'available'),
      ({ cloud, judges }, node) => {
        judges.hand(node.row.uuid, 'moved')
        handOver(cloud.state, node)
        return DONE
      },
    ),
  }),
  undead: deed({
    says: 'Its instance_uuid names a server that Nova does not know (any more).',
    fault: 'yes',
    takes: { node: NODE },
    does: on(
      ({ row }) => row.provision_state === 'error' && row.instance_uuid === null,
      ({ cloud, judges }, { row }) => {
        judges.hand(row.uuid, 'moved')
        cloud.people.setInstance(row.uuid, cloud.state.newId())
        return DONE
      },
    ),
  }),
  verb: deed({
    says: 'A person sends a verb by hand.',
    fault: 'no',
    takes: { node: NODE, verb: oneOf(['manage', 'provide']) },
    does: on(any, ({ cloud, judges }, { row }, { verb }: { node: string; verb: 'manage' | 'provide' }) => {
      const fits = verb === 'manage' ? ['clean failed', 'available'] : ['manageable']
      if (!fits.includes(row.provision_state) || row.reservation !== null) return null
      judges.hand(row.uuid, 'moved')
      void cloud.people.verb(row.uuid, verb)
      return DONE
    }),
  }),
  maintenance: deed({
    says: 'A person puts the node into maintenance; at the end of the span it is cleared, and any hold that came of it lifted.',
    fault: 'no',
    takes: { node: NODE },
    options: { reason: TEXT },
    lasts: true,
    does: on(
      (node) => node.row.reservation === null && !isOurQuarantine(node),
      (scene, node, { reason }: { node: string; reason?: string }) => {
        const { people } = scene.cloud
        const { uuid } = node.row
        people.setMaintenance(uuid, reason ?? null)
        scene.judges.hand(uuid, 'maintenance')
        return {
          undo: () => {
            if (!scene.cloud.state.nodes.has(uuid)) return
            if (node.row.maintenance && !isOurQuarantine(node)) people.clearMaintenance(uuid)
            scene.judges.hand(uuid, 'cleared')
            void scene.operator.unhold(uuid)
          },
        }
      },
    ),
  }),
  // By hand, which is a person's word like `release`.
  'end-quarantine': deed({
    says: "A person clears Anneal's maintenance by hand, which is a word like `release`.",
    fault: 'no',
    takes: { node: NODE },
    does: on(
      (node) => isOurQuarantine(node) && node.row.reservation === null,
      ({ cloud, judges }, { row }) => {
        cloud.people.clearMaintenance(row.uuid)
        judges.hand(row.uuid, 'cleared')
        judges.said({ kind: 'release', uuid: row.uuid })
        return DONE
      },
    ),
  }),
  extra: deed({
    says: 'Somebody writes a key of `extra`; at the end of the span it is removed.',
    fault: 'no',
    takes: { node: NODE, key: NAME, value: JSON_VALUE },
    lasts: true,
    does: on(any, (scene, { row: { uuid } }, { key, value }: { node: string; key: string; value: { value: unknown } }) => {
      const { people, state } = scene.cloud
      people.setExtra(uuid, key, value.value)
      scene.judges.hand(uuid, key === 'anneal_hold' ? 'hold' : 'other')
      return {
        undo: () => {
          if (!state.nodes.has(uuid)) return
          people.setExtra(uuid, key, null)
          scene.judges.hand(uuid, key === 'anneal_hold' ? 'hold' : 'other')
        },
      }
    }),
  }),
  protect: deed({
    says: 'The node is protected against tear-down.',
    fault: 'no',
    takes: { node: NODE },
    lasts: true,
    does: on(
      ({ row }) => !row.protected,
      (scene, { row: { uuid } }) => {
        const { people, state } = scene.cloud
        people.setProtected(uuid, true)
        scene.judges.hand(uuid, 'other')
        return {
          undo: () => {
            if (!state.nodes.has(uuid)) return
            people.setProtected(uuid, false)
            scene.judges.hand(uuid, 'other')
          },
        }
      },
    ),
  }),
  // The older script writes its mark without a zone, and then its verb.
  'script-marks': deed({
    says: 'The older cron script writes its mark, dated so long ago (0s).',
    fault: 'yes',
    takes: { node: NODE },
    options: { ago: SPAN },
    does: on(any, (scene, node, given: { node: string; ago?: number }) => scriptMarks(scene, node, given)),
  }),
  'script-resets': deed({
    says: 'The older cron script writes its mark and then resets the node.',
    fault: 'yes',
    takes: { node: NODE },
    does: on(
      ({ row }) => row.provision_state === 'error' && !row.maintenance && row.reservation === null,
      (scene, node) => {
        scriptMarks(scene, node, {})
        scene.judges.hand(node.row.uuid, 'moved')
        void scene.cloud.people.verb(node.row.uuid, 'deleted')
        return DONE
      },
    ),
  }),
}

function scriptMarks(scene: Scene, node: SimNode, { ago = 0 }: { ago?: number }): typeof DONE {
  const { uuid, extra } = node.row
  const list = extra['hammer_error_resets']
  const text = new Date(scene.cloud.state.clock.now() - ago).toISOString().slice(0, -1)
  scene.cloud.people.setExtra(uuid, 'hammer_error_resets', [...(Array.isArray(list) ? list : []), text])
  scene.judges.hand(uuid, 'other')
  return DONE
}
