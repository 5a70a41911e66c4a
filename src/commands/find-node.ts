/**
 * The one node that a person means by a uuid or a name. It asks the database only: a node that no listing has shown is not
 * known here, whatever Ironic would say.
 */
import { nearest } from '../core/config-error.ts'
import type { NodeKey } from '../core/seen.ts'
import type { Store } from '../store/store.ts'
import { CommandError } from './command-error.ts'

export type FoundNode = NodeKey & { name: string | null }

type Wish = { cloud: string | null; node: string }
/** What is asked of the database; one that is only read will do. */
type Known = Pick<Store, 'findNodes' | 'countNodes' | 'nodes'>

/** Throws CommandError where no node, or more than one, fits. @param wish cloud null = any cloud */
export async function findNode(store: Known, wish: Wish): Promise<FoundNode> {
  const found = await store.findNodes(wish.cloud, wish.node)
  const [only, ...others] = found
  if (only === undefined) throw await unknownNode(store, wish)
  if (others.length === 0) return only
  const list = found.map(({ cloud, uuid }) => `${uuid} in ${cloud}`).join(', ')
  const isUuid = found.every(({ uuid }) => uuid === only.uuid)
  throw new CommandError('ambiguous', {
    what: wish.node,
    message: `${found.length} nodes have this ${isUuid ? 'uuid' : 'name'}: ${list}.`,
    fix: `Name ${isUuid ? '' : 'the uuid, or '}the cloud with --os-cloud.`,
  })
}

/** How many names are compared: enough for most sites, and bounded for the largest. */
const NAMES_MAX = 5_000
const OFFERED = 3
/** Ironic's own bound on names. SQLite refuses to look for a part of 50,000 letters. */
const NAME_MAX = 255

async function unknownNode(store: Known, { cloud, node }: Wish): Promise<CommandError> {
  const where = cloud === null ? {} : { cloud }
  const known = await store.countNodes(where)
  if (known === 0) {
    const message = cloud === null ? 'No node is known yet.' : `No node of cloud ${cloud} is known yet.`
    return new CommandError('not-found', { what: node, message, fix: 'Run `anneal sweep` once: it lists the nodes.' })
  }
  const near = await nearNames(store, where, node)
  return new CommandError('not-found', {
    what: node,
    message: cloud === null ? 'No known node has this name or uuid.' : `Cloud ${cloud} has no known node of this name or uuid.`,
    fix: near.length > 0 ? `Did you mean ${near.join(', ')}?` : 'See `anneal nodes --all` for what is known.',
  })
}

async function nearNames(store: Known, where: { cloud?: string }, node: string): Promise<string[]> {
  if (node.length > NAME_MAX) return []
  const rows = await store.nodes({ ...where, limit: NAMES_MAX })
  const near = nearest(
    node,
    rows.flatMap(({ name }) => name ?? []),
  )
  const alike = await store.nodes({ ...where, search: node, limit: OFFERED })
  return [...new Set([...(near === null ? [] : [near]), ...alike.map(({ name, uuid }) => name ?? uuid)])].slice(0, OFFERED)
}
