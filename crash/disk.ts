/**
 * A file on a disk that keeps nothing by itself: what was written, and what of it would still be there after a power cut at this very
 * moment. Only a sync makes the two the same. It is told of each call and does none.
 */
import type { Call } from './syscalls.ts'

type FileCall = Exclude<Call, { kind: 'send' }>

export type DiskFile = {
  /** As a power cut would leave it at worst. Valid until the next call. */
  durable(): Buffer
  /** As every process sees it. Valid until the next call. */
  written(): Buffer
  hear(call: FileCall): void
}

/** @param before what was there, and durable, when it began */
export function diskFile(before: Buffer): DiskFile {
  const [durable, written] = [growing(before), growing(before)]
  let unsynced: FileCall[] = []
  return {
    durable: durable.bytes,
    written: written.bytes,
    hear: (call) => {
      if (call.kind !== 'sync') {
        written.apply(call)
        unsynced.push(call)
        return
      }
      for (const one of unsynced) durable.apply(one)
      unsynced = []
    },
  }
}

/** Bytes that grow at their end without being copied each time. */
function growing(before: Buffer): { bytes(): Buffer; apply(call: FileCall): void } {
  let room = Buffer.from(before)
  let size = before.length
  const resize = (to: number): void => {
    if (to > room.length) room = Buffer.concat([room, Buffer.alloc(Math.max(to - room.length, room.length, 65_536))])
    if (to < size) room.fill(0, to, size)
    size = to
  }
  return {
    bytes: () => room.subarray(0, size),
    apply: (call) => {
      if (call.kind === 'truncate') resize(call.size)
      if (call.kind !== 'write') return
      resize(Math.max(size, call.at + call.bytes.length))
      call.bytes.copy(room, call.at)
    },
  }
}
