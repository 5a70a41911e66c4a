/**
 * Goes through a log of system calls and plays a power cut wherever it matters: at each changing request, before its first byte, and after
 * each commit that did not wait for the disk. What is left is opened by SQLite and looked at.
 */
import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { within } from '../src/simulator/answer.ts'
import { ACT_OF } from '../src/simulator/judge-request.ts'
import { addedMark, nodeOf, stepOf } from '../src/simulator/promises.ts'
import { type DiskFile, diskFile } from './disk.ts'
import { type Call, callOf } from './syscalls.ts'

type Finding = { of: 'request' | 'commit'; what: string }

export type Cuts = { requests: number; commits: number; waited: number; claims: number; findings: Finding[] }

type Told = {
  log: string
  /** The database file as it lay there, without a log, when the daemon began. */
  before: Buffer
  database: string
  folder: string
}

type Disk = { database: DiskFile; log: DiskFile; folder: string }

export async function powerCuts({ log, before, database, folder }: Told): Promise<Cuts> {
  const cuts: Cuts = { requests: 0, commits: 0, waited: 0, claims: 0, findings: [] }
  const disk: Disk = { database: diskFile(before), log: diskFile(Buffer.alloc(0)), folder: join(folder, 'cut') }
  const commits = commitsOf(cuts, () => noteLazy(cuts, disk))
  for await (const line of createInterface({ input: createReadStream(log) })) {
    const call = callOf(line)
    if (call === null) continue
    if (call.kind === 'send') {
      commits.goesOn()
      noteRequest(cuts, disk, call.bytes)
    } else if (call.path === database) {
      disk.database.hear(call)
    } else if (call.path === `${database}-wal`) {
      commits.before(call)
      disk.log.hear(call)
      commits.after(call)
    }
  }
  return cuts
}

/** A frame's header; the page follows in a write of its own. */
const FRAME_HEADER_BYTES = 24

/** Follows the writes to the log: a commit is over with the page of its last frame, and has waited where a sync is the next thing. */
function commitsOf(cuts: Cuts, lazy: () => void) {
  let isLastPage = false
  let isOpen = false
  const goesOn = (): void => {
    if (isOpen) lazy()
    isOpen = false
  }
  return {
    goesOn,
    before: (call: Exclude<Call, { kind: 'send' }>): void => {
      if (call.kind !== 'sync') goesOn()
      else if (isOpen) {
        cuts.waited += 1
        isOpen = false
      }
    },
    after: (call: Exclude<Call, { kind: 'send' }>): void => {
      if (call.kind !== 'write') return
      if (isLastPage) {
        cuts.commits += 1
        isOpen = true
      }
      // The size of the database after the commit, which stands only in the header of a commit's last frame.
      isLastPage = call.bytes.length === FRAME_HEADER_BYTES && call.bytes.readUInt32BE(4) !== 0
    },
  }
}

/** The daemon went on although its last commit is not on the disk: all that a power cut could take is claims. */
function noteLazy(cuts: Cuts, disk: Disk): void {
  const [kept, seen] = [inDatabase(disk, 'durable', contentsButClaims), inDatabase(disk, 'written', contentsButClaims)]
  const lost = [...seen].filter(([table, text]) => kept.get(table) !== text).map(([table]) => table)
  if (lost.length === 0) cuts.claims += 1
  else cuts.findings.push({ of: 'commit', what: `a commit that waits for no disk changes ${lost.join(', ')}` })
}

function noteRequest(cuts: Cuts, disk: Disk, bytes: Buffer): void {
  const [head = '', text = ''] = bytes.toString().split('\r\n\r\n')
  const [, method, path] = /^(PATCH|PUT|DELETE) \/baremetal(\/\S+) HTTP/.exec(head) ?? []
  if (method === undefined || path === undefined) return
  cuts.requests += 1
  const request = { service: 'ironic', method, path, body: text === '' ? null : (JSON.parse(text) as unknown) }
  const step = stepOf(request)
  const uuid = nodeOf(request) ?? ''
  const intent = inDatabase(disk, 'durable', (database) =>
    database.prepare('select act, mark, outcome from attempts where uuid = ? order by seq desc limit 1').get(uuid),
  )
  const isIts = step !== null && intent?.['act'] === ACT_OF[step] && intent['outcome'] === null
  const isMarked = step !== 'mark' || within(intent, 'mark') === addedMark(request.body)
  if (isIts && isMarked) return
  cuts.findings.push({
    of: 'request',
    what: `${method} ${path} left, and on the disk its node's newest intent is ${JSON.stringify(intent)}`,
  })
}

/** Asks the database as it would be found after the cut (`durable`), or as it is (`written`). */
function inDatabase<T>({ database, log, folder }: Disk, as: 'durable' | 'written', ask: (database: DatabaseSync) => T): T {
  mkdirSync(folder)
  const path = join(folder, 'left.db')
  writeFileSync(path, database[as]())
  writeFileSync(`${path}-wal`, log[as]())
  const opened = new DatabaseSync(path)
  try {
    return ask(opened)
  } finally {
    opened.close()
    rmSync(folder, { recursive: true })
  }
}

function contentsButClaims(database: DatabaseSync): Map<string, string> {
  const tables = database.prepare("select name from sqlite_schema where type = 'table' and name not in ('due', 'sqlite_sequence')").all()
  return new Map(tables.map(({ name }) => [String(name), JSON.stringify(database.prepare(`select * from ${name}`).all())]))
}
