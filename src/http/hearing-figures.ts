/**
 * The figures of the notifications that are heard, for clouds that have any. They are read off the ears when somebody asks; labels are names
 * of clouds, Ironic's own events and our slugs.
 */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { HearingState } from '../core/hearing.ts'

const LIVING = '(Of this process: it begins at 0 with it.)'

/** Registers the figures; what it returns sets them to what is so now. */
export function hearingFigures(registry: Registry, hearing: () => readonly HearingState[]): () => void {
  const registers = [registry]
  const heard = new Counter({
    name: 'anneal_ironic_notifications_heard_total',
    help: `Notifications that were heard about nodes of the cloud, by event; beside: what is about no node. ${LIVING}`,
    labelNames: ['cloud', 'event'],
    registers,
  })
  const putAside = new Counter({
    name: 'anneal_ironic_notifications_put_aside_total',
    help: `Messages that were put aside, by why. ${LIVING}`,
    labelNames: ['cloud', 'reason'],
    registers,
  })
  const woken = new Counter({
    name: 'anneal_ironic_notifications_woken_total',
    help: `Nodes that were woken by a notification. ${LIVING}`,
    labelNames: ['cloud'],
    registers,
  })
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['cloud'], registers })
  const isUp = gauge('anneal_ironic_notifications_up', '1: a queue of our own is consumed. (As this process has it.)')
  const last = gauge('anneal_last_notification_timestamp_seconds', 'When this process last heard of a node of the cloud.')
  const poll = gauge(
    'anneal_poll_interval_seconds',
    'How often this process wants the cloud polled: more seldom while its notifications prove alive.',
  )
  return () => {
    for (const counter of [heard, putAside, woken]) counter.reset()
    for (const { cloud, ...state } of hearing()) {
      for (const [event, count] of state.heard) heard.inc({ cloud, event }, count)
      for (const [reason, count] of state.putAside) putAside.inc({ cloud, reason }, count)
      woken.inc({ cloud }, state.woken)
      isUp.set({ cloud }, state.isUp ? 1 : 0)
      if (state.heardAt !== null) last.set({ cloud }, state.heardAt / 1_000)
      poll.set({ cloud }, state.pollMs / 1_000)
    }
  }
}
