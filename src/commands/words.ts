/**
 * A person's word on a node or a cloud: hold, unhold, retry, release, pause, resume. Each is checked to make sense, written with who
 * and why, audited, and wakes what it is about; saying the same again changes nothing. `approve` stands in approve-case.ts.
 */
import { maintenanceOwner } from '../core/ironic.ts'
import type { Store } from '../store/store.ts'
import { CommandError } from './command-error.ts'
import { type FoundNode, findNode } from './find-node.ts'
import { viewOf } from './show-node.ts'

/** What the word came to. `changed` false: it was so already. `message`: one sentence for the person. */
export type Spoken = { changed: boolean; message: string; cloud: string | null; uuid: string | null; name: string | null }

/** `by`: the person's user name; `why`: their reason, in their words. */
export type NodeWord = { cloud: string | null; node: string; by: string; why: string }
export type CloudWord = { cloud: string | null; by: string; why: string }

/** What stands in the audit trail where a person gave no reason. */
export const NO_REASON = 'no reason given'

export async function holdNode(store: Store, word: NodeWord): Promise<Spoken> {
  const node = await findNode(store, word)
  const held = (await store.holds(node.cloud)).find(({ uuid, source }) => uuid === node.uuid && source === 'command')
  if (held?.why === word.why) return spoken(node, false, `${nameOf(node)} is already held by ${held.by}: ${held.why}.`)
  await store.hold(node, word)
  return spoken(node, true, `${nameOf(node)} is held: Anneal leaves it alone until \`anneal unhold ${nameOf(node)}\`.`)
}

export async function unholdNode(store: Store, word: NodeWord): Promise<Spoken> {
  const node = await findNode(store, word)
  const was = await store.unhold(node, word)
  const last = (await store.lastObservation(node))?.observation.node
  const inIronic = last?.kind === 'known' && last.value.hold !== null
  const still = inIronic ? ' Its extra.anneal_hold in Ironic still holds it: remove that key there.' : ''
  return spoken(node, was, `${nameOf(node)} ${was ? 'is no longer held' : 'was not held'}.${still}`)
}

/** Lifts spacing, pacing and the node's count for one reset; never a gate. */
export async function retryNode(store: Store, word: NodeWord): Promise<Spoken> {
  const node = await findNode(store, word)
  const view = await viewOf(store, node)
  if (view.caseId === null && view.provision_state !== 'error' && view.provision_state !== 'clean failed') {
    throw new CommandError('conflict', {
      what: nameOf(node),
      message: `It is ${view.provision_state} and has no open case: there is nothing to try again.`,
      fix: 'See `anneal show` for what is known of it.',
    })
  }
  const said = (await store.wordsOn(node)).retry
  if (said?.why === word.why) return spoken(node, false, `${nameOf(node)} may already be tried out of turn, by ${said.by}: ${said.why}.`)
  await store.retry(node, word)
  return spoken(node, true, `One attempt on ${nameOf(node)} may be made out of turn; every safety gate still stands.`)
}

/** Ends our own quarantine. A person's maintenance is theirs to lift, in Ironic. */
export async function releaseNode(store: Store, word: NodeWord): Promise<Spoken> {
  const node = await findNode(store, word)
  const view = await viewOf(store, node)
  const openCase = await store.caseOf(node)
  const isOurs = maintenanceOwner(view) === 'ours' || (openCase?.closedAt === null && openCase.memory.quarantine !== null)
  if (!isOurs) {
    const owner = maintenanceOwner(view)
    throw new CommandError('conflict', {
      what: nameOf(node),
      message:
        owner === 'nobody'
          ? 'It is not in quarantine.'
          : `It is in maintenance, but not by Anneal: ${view.maintenance_reason ?? 'no reason given'}.`,
      fix: owner === 'nobody' ? 'There is nothing to release.' : 'Clear that maintenance in Ironic.',
    })
  }
  const said = (await store.wordsOn(node)).release
  if (said?.why === word.why) return spoken(node, false, `${nameOf(node)} is already to be released, by ${said.by}: ${said.why}.`)
  await store.release(node, word)
  return spoken(node, true, `The quarantine of ${nameOf(node)} is to be lifted; attempts before it no longer count.`)
}

/** Nothing is sent that changes anything, in one cloud or (cloud null) in all. */
export async function pauseClouds(store: Store, word: CloudWord): Promise<Spoken> {
  const paused = await store.pausedBy(word.cloud)
  const scope = word.cloud ?? 'all clouds'
  if (paused !== null && paused.cloud === word.cloud && paused.why === word.why)
    return { ...ofCloud(word.cloud), changed: false, message: `Already paused by ${paused.by} (${scope}): ${paused.why}.` }
  await store.pause(word.cloud, word)
  return {
    ...ofCloud(word.cloud),
    changed: true,
    message: `Paused (${scope}): nothing is sent that changes anything until \`anneal resume\`.`,
  }
}

/** Ends the pauses of exactly this scope, and says where another pause still stands. */
export async function resumeClouds(store: Store, word: CloudWord): Promise<Spoken> {
  const was = await store.resume(word.cloud, word)
  const scope = word.cloud ?? 'all clouds'
  const others = await pausesLeft(store, word.cloud)
  const still = others.length === 0 ? '' : ` Still paused: ${others.join('; ')}.`
  const message = was ? `Resumed (${scope}).` : `There was no pause of ${scope}.`
  return { ...ofCloud(word.cloud), changed: was, message: `${message}${still}` }
}

async function pausesLeft(store: Store, cloud: string | null): Promise<string[]> {
  if (cloud !== null) {
    const paused = await store.pausedBy(cloud)
    return paused === null ? [] : [`all clouds, by ${paused.by} (${paused.why}); resume without --os-cloud ends it`]
  }
  const left: string[] = []
  for (const { cloud: name } of await store.clouds()) {
    const paused = await store.pausedBy(name)
    if (paused !== null) left.push(`${name}, by ${paused.by} (${paused.why}); resume --os-cloud ${name} ends it`)
  }
  return left
}

const nameOf = (node: FoundNode): string => node.name ?? node.uuid
const ofCloud = (cloud: string | null) => ({ cloud, uuid: null, name: null })
const spoken = ({ cloud, uuid, name }: FoundNode, changed: boolean, message: string): Spoken => ({ changed, message, cloud, uuid, name })
