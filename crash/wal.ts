/**
 * A write-ahead log of SQLite as bytes (sqlite.org/fileformat2.html, section 4): its frames, and where each commit ends. It reads what is
 * there and changes nothing; what SQLite itself makes of it is for SQLite to say.
 */

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
/** The lowest bit says that sums were made over big-endian words. */
const MAGIC = 0x377f0682

/** `commits`: the frame is the last of a transaction. */
export type Frame = { from: number; to: number; commits: boolean }

/** The frames that count: unbroken from the first on, of this log's own generation and with the right sums. */
export function framesOf(wal: Buffer): Frame[] {
  if (wal.length < HEADER_BYTES || (wal.readUInt32BE(0) & ~1) >>> 0 !== MAGIC) return []
  const size = FRAME_HEADER_BYTES + (wal.readUInt32BE(8) || 65_536)
  const isBig = (wal.readUInt32BE(0) & 1) === 1
  let sums = sumsOver(wal.subarray(0, 24), [0, 0], isBig)
  if (!areAt(wal, 24, sums)) return []
  const frames: Frame[] = []
  for (let from = HEADER_BYTES; from + size <= wal.length; from += size) {
    const isOurs = wal.readUInt32BE(from + 8) === wal.readUInt32BE(16) && wal.readUInt32BE(from + 12) === wal.readUInt32BE(20)
    sums = sumsOver(wal.subarray(from, from + 8), sums, isBig)
    sums = sumsOver(wal.subarray(from + FRAME_HEADER_BYTES, from + size), sums, isBig)
    if (!isOurs || !areAt(wal, from + 16, sums)) break
    frames.push({ from, to: from + size, commits: wal.readUInt32BE(from + 4) !== 0 })
  }
  return frames
}

/** A transaction was being written when the writing ended. */
export const endsHalfWritten = (wal: Buffer): boolean => framesOf(wal).at(-1)?.commits === false

type Sums = [number, number]

const areAt = (wal: Buffer, at: number, [a, b]: Sums): boolean => wal.readUInt32BE(at) === a && wal.readUInt32BE(at + 4) === b

function sumsOver(bytes: Buffer, [first, second]: Sums, isBig: boolean): Sums {
  let [a, b] = [first, second]
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0
    b = (b + (isBig ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0
  }
  return [a, b]
}
