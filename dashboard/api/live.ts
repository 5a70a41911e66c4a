/**
 * What changes, as it changes: follows /api/v1/events, puts what they bring into the answers that are kept, and has asked anew what they do
 * not bring. The browser comes back by itself with the last id, so that nothing is missed; after a `reload` everything is asked anew.
 */
import { useSyncExternalStore } from 'react'
import type { Answers, FleetNode, ListedNode } from './answers.ts'
import { client, fleetNodes, login } from './queries.ts'

/** A crowd of changes is asked about once. */
const SETTLE_MS = 100
/** A browser gives up on an answer that is no stream, such as "too many readers"; we do not. */
const AGAIN_MS = 5_000

type Standing = 'connecting' | 'live' | 'lost'
let standing: Standing = 'connecting'
let lastId = ''
const listeners = new Set<() => void>()
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
function become(next: Standing): void {
  standing = next
  for (const listener of listeners) listener()
}

/** Whether changes are heard of at once. */
export const useStanding = (): Standing => useSyncExternalStore(subscribe, () => standing)

/** @returns ends it */
export function follow(): () => void {
  const source = new EventSource(lastId === '' ? '/api/v1/events' : `/api/v1/events?after=${lastId}`)
  let wasLost = false
  let end = (): void => source.close()
  const on = (event: string, heard: (data: string) => void) =>
    source.addEventListener(event, (message) => {
      if (message.lastEventId !== '') lastId = message.lastEventId
      heard(String(message.data))
    })
  on('hello', () => {
    become('live')
    // What no event tells may have changed meanwhile.
    if (wasLost) void client.invalidateQueries()
    wasLost = false
  })
  on('changes', (data) => take(JSON.parse(data)))
  on('reload', () => {
    become('live')
    void client.invalidateQueries()
  })
  source.addEventListener('error', () => {
    wasLost = true
    become('lost')
    if (source.readyState !== EventSource.CLOSED) return
    // Maybe the login is over.
    void client.invalidateQueries({ queryKey: login.queryKey })
    const timer = setTimeout(() => {
      end = follow()
    }, AGAIN_MS)
    end = () => clearTimeout(timer)
  })
  return () => end()
}

function take({ nodes, audit }: Answers['changes']): void {
  if (nodes.length > 0) client.setQueryData(fleetNodes.queryKey, (known) => known && { nodes: withChanges(known.nodes, nodes, audit) })
  const stales = (...key: (string | null)[]) => stale.set(JSON.stringify(key), key)
  for (const key of ['clouds', 'fleet', 'decisions', 'cases', 'incidents', 'approvals', 'holds', 'audit', 'policy']) stales(key)
  for (const { cloud, uuid, name } of nodes) {
    stales('explanation', cloud, uuid)
    stales('explanation', cloud, name)
  }
  for (const entry of audit) stales('case', entry.case)
  if (isSettling) return
  isSettling = true
  setTimeout(settle, SETTLE_MS)
}

const stale = new Map<string, (string | null)[]>()
let isSettling = false
function settle(): void {
  isSettling = false
  const keys = [...stale.values()]
  stale.clear()
  // What is under way was asked before the change, maybe, and is asked again after it.
  for (const queryKey of keys) void client.invalidateQueries({ queryKey })
}

function withChanges(known: readonly FleetNode[], changed: readonly ListedNode[], audit: Answers['audit']['audit']): FleetNode[] {
  const byKey = new Map(changed.map((node) => [`${node.cloud} ${node.uuid}`, node]))
  const saidAt = new Map(audit.map(({ cloud, uuid, at }) => [`${cloud} ${uuid}`, at]))
  return known.map((node) => {
    const key = `${node.cloud} ${node.uuid}`
    const now = byKey.get(key)
    if (now === undefined) return node
    const reason = now.decision?.reason ?? null
    return {
      ...node,
      provision_state: now.provision_state ?? node.provision_state,
      maintenance: now.maintenance,
      held: now.held,
      missing: now.missingSince !== null,
      kind: now.decision?.kind ?? null,
      reason,
      since: reason === null ? null : reason === node.reason ? node.since : (saidAt.get(key) ?? node.since),
    }
  })
}
