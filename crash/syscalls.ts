/**
 * Reads what `strace -y -xx` wrote of one thread, line by line: writes to files, writes to sockets, and calls that ask the disk to keep
 * what it was given. Everything else is left out. Strings are hexadecimal, so that no quoting can be misread.
 */

export type Call =
  | { kind: 'write'; path: string; at: number; bytes: Buffer }
  | { kind: 'sync'; path: string }
  | { kind: 'truncate'; path: string; size: number }
  | { kind: 'send'; bytes: Buffer }

const PWRITE = /^pwrite64\(\d+<([^>]*)>, "((?:\\x[0-9a-f]{2})*)"(\.\.\.)?, (\d+), (\d+)\) += (\d+)/
const SYNC = /^(?:fsync|fdatasync)\(\d+<([^>]*)>\) += 0/
const TRUNCATE = /^ftruncate\(\d+<([^>]*)>, (\d+)\) += 0/
const SEND = /^(?:write|writev|sendto|sendmsg)\(\d+<([^>]*)>, /
const TEXT = /"((?:\\x[0-9a-f]{2})*)"/g

/** Null for a line that is about something else. Throws where a write to a file was not written down in full: nothing could be told then. */
export function callOf(line: string): Call | null {
  const write = PWRITE.exec(line)
  if (write !== null) {
    const [, path = '', text = '', cut, length, at, done] = write
    const bytes = bytesOf(text)
    if (cut !== undefined || length !== done || bytes.length !== Number(length))
      throw new Error(`a write is not there in full: ${line.slice(0, 200)}`)
    return { kind: 'write', path: pathOf(path), at: Number(at), bytes }
  }
  const sync = SYNC.exec(line)
  if (sync?.[1] !== undefined) return { kind: 'sync', path: pathOf(sync[1]) }
  const truncate = TRUNCATE.exec(line)
  if (truncate?.[1] !== undefined) return { kind: 'truncate', path: pathOf(truncate[1]), size: Number(truncate[2]) }
  const send = SEND.exec(line)
  if (send?.[1] === undefined || !/^(socket|TCP)/.test(pathOf(send[1]))) return null
  return { kind: 'send', bytes: Buffer.concat([...line.matchAll(TEXT)].map(([, text = '']) => bytesOf(text))) }
}

const bytesOf = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex')

/** Some releases write paths in hexadecimal as well. */
const pathOf = (text: string): string => (text.startsWith('\\x') ? bytesOf(text).toString() : text)
