/**
 * What a scenario shows of Blazar: the node's host as its database has it, who disabled it (which Blazar itself forgets), and every lease that
 * has the node or ever had it. It changes nothing.
 */
import { hostOfNode, type SimBlazar, type SimLease } from '../../simulator/blazar-state.ts'

/** @param time how a virtual time is written */
export function blazarLines(blazar: SimBlazar | null, uuid: string, time: (at: number) => string): string[] {
  if (blazar === null) return ['there is no Blazar']
  const host = hostOfNode(blazar, uuid)
  const leases = [...blazar.leases.values()].filter(({ everHad }) => everHad.some((id) => blazar.nodes.get(id) === uuid))
  return [
    host === null
      ? 'not enrolled'
      : `host ${host.reservable ? 'reservable' : 'not reservable'}${host.disabled ? `, disabled (${host.disabledFor})` : ''}`,
    ...leases.map((lease) => leaseLine(lease, { has: hasNode(blazar, lease, uuid), time })),
  ]
}

const hasNode = (blazar: SimBlazar, { reservations }: SimLease, uuid: string): boolean =>
  reservations.some(({ hosts }) => hosts.some((id) => blazar.nodes.get(id) === uuid))

const leaseLine = (
  { name, status, start, end, degraded }: SimLease,
  { has, time }: { has: boolean; time: (at: number) => string },
): string =>
  `${name}, ${status} ${time(start)} to ${time(end)}: ${has ? 'has the node' : 'has lost the node'}${degraded ? ', degraded' : ''}`
