/** A log of strace is read to the byte, and a file keeps after a cut what was synced and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diskFile } from '../../crash/disk.ts'
import { callOf } from '../../crash/syscalls.ts'

const hex = (text: string): string => [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')

test('reads writes, syncs and requests, with paths as either release writes them', () => {
  assert.deepEqual(callOf(`pwrite64(22<${hex('/d/a.db-wal')}>, "${hex('abc')}", 3, 32) = 3`), {
    kind: 'write',
    path: '/d/a.db-wal',
    at: 32,
    bytes: Buffer.from('abc'),
  })
  assert.deepEqual(callOf('fdatasync(22</d/a.db-wal>)     = 0'), { kind: 'sync', path: '/d/a.db-wal' })
  assert.deepEqual(callOf('ftruncate(22</d/a.db-wal>, 0) = 0'), { kind: 'truncate', path: '/d/a.db-wal', size: 0 })
  const request = `writev(26<${hex('socket:[531309]')}>, [{iov_base="${hex('PATCH /x')}", iov_len=8}, {iov_base="${hex('body')}", iov_len=4}], 2) = 12`
  assert.deepEqual(callOf(request), { kind: 'send', bytes: Buffer.from('PATCH /xbody') })
})

test('leaves out what fails and what is about something else, and refuses a write that is not there in full', () => {
  assert.equal(callOf('fsync(22</d/a.db-wal>) = -1 EIO (Input/output error)'), null)
  assert.equal(callOf(`write(1<${hex('pipe:[5]')}>, "${hex('x')}", 1) = 1`), null)
  assert.equal(callOf('+++ killed by SIGKILL +++'), null)
  assert.throws(() => callOf(`pwrite64(22</d/a.db>, "${hex('ab')}"..., 4096, 0) = 4096`), /not there in full/)
})

test('a power cut keeps what was there and what was synced since', () => {
  const file = diskFile(Buffer.from('before'))
  const write = (at: number, text: string) => file.hear({ kind: 'write', path: 'f', at, bytes: Buffer.from(text) })
  write(0, 'B')
  write(8, 'x')
  assert.deepEqual([file.durable().toString(), file.written().toString()], ['before', 'Before\0\0x'])
  file.hear({ kind: 'sync', path: 'f' })
  file.hear({ kind: 'truncate', path: 'f', size: 2 })
  write(1, 'y')
  assert.deepEqual([file.durable().toString(), file.written().toString()], ['Before\0\0x', 'By'])
  file.hear({ kind: 'sync', path: 'f' })
  assert.equal(file.durable().toString(), 'By')
})
