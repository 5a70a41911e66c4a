/**
 * One road from a replica to a peer as a TCP relay on loopback, which can be cut, made to swallow everything, or made slow: a partition as the
 * two ends see it, without a firewall and without root. Bytes that were swallowed are lost for good, with their connections; a real network
 * may still deliver them late, and that is not played here.
 */
import { connect, createServer, type Socket } from 'node:net'
import type { Address } from './peers.ts'

/** cut: refused and reset. silent: connections stand, and nothing comes through, not even their end. */
export type RoadState = { is: 'open' } | { is: 'cut' } | { is: 'silent' } | { is: 'slow'; ms: number }

export type Relay = { at: Address; set(state: RoadState): void; close(): Promise<void> }

type Pair = { near: Socket; far: Socket | null; isLost: boolean }

export async function openRelay(target: Address): Promise<Relay> {
  let state: RoadState = { is: 'open' }
  const pairs = new Set<Pair>()
  const drop = (pair: Pair): void => {
    pairs.delete(pair)
    pair.near.resetAndDestroy()
    pair.far?.resetAndDestroy()
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const pair: Pair = { near, far: null, isLost: state.is === 'silent' }
    pairs.add(pair)
    near.on('error', () => ended(pair))
    near.on('close', () => ended(pair))
    if (state.is === 'cut') return drop(pair)
    if (pair.isLost) return void near.resume()
    const far = connect({ ...target, allowHalfOpen: true, noDelay: true })
    pair.far = far
    far.on('error', () => ended(pair))
    far.on('close', () => ended(pair))
    carry(pair, near, far, () => state)
    carry(pair, far, near, () => state)
  })
  /** One end is gone: the other is told, unless nothing comes through. */
  const ended = (pair: Pair): void => {
    if (!pair.isLost && pairs.has(pair)) drop(pair)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a relay has no address')
  return {
    at: { host: '127.0.0.1', port: address.port },
    set: (next) => {
      state = next
      for (const pair of pairs) {
        if (next.is === 'silent') pair.isLost = true
        // What was swallowed is missing in the middle: these connections are of no use to anybody any more.
        else if (next.is === 'cut' || pair.isLost) drop(pair)
      }
    },
    close: async () => {
      for (const pair of pairs) drop(pair)
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** One direction. Bytes keep their order when a slow road becomes quick again. */
function carry(pair: Pair, from: Socket, to: Socket, stateNow: () => RoadState): void {
  let freeAt = 0
  const later = (deliver: () => void): void => {
    const state = stateNow()
    const now = performance.now()
    freeAt = Math.max(freeAt, now + (state.is === 'slow' ? state.ms : 0))
    const arrive = (): void => {
      if (!pair.isLost && !to.destroyed) deliver()
    }
    if (freeAt <= now) arrive()
    else setTimeout(arrive, freeAt - now)
  }
  from.on('data', (chunk: Buffer) => later(() => to.write(chunk)))
  from.on('end', () => later(() => to.end()))
}
