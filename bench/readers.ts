/**
 * A thousand readers of /api/v1/events in a process of their own, on plain sockets: which word came to which of them, and when. Some never
 * read: what becomes of them is the daemon's to decide. Nothing of an event is parsed but the number of the word in it.
 * usage: readers.ts HOST PORT, as a child of main.ts
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { answering } from './child.ts'

const [host = '', port = ''] = process.argv.slice(2)
/** As `wordText` writes it: long enough that no other number is one. */
const WORD = /bench word (\d{6});/g
/** A word may be cut in two by the network. */
const TAIL = 40

type Reader = { socket: Socket; tail: string; isOpen: boolean; hasBegun: boolean; seen: Set<number> }
const readers: Reader[] = []
/** By word: when it came to each reader, epoch ms. */
const arrivals = new Map<number, number[]>()

function open(isSlow: boolean): Promise<void> {
  const socket = connect({ host, port: Number(port) })
  const reader: Reader = { socket, tail: '', isOpen: true, hasBegun: false, seen: new Set() }
  readers.push(reader)
  socket.on('error', () => undefined)
  socket.on('close', () => {
    reader.isOpen = false
  })
  socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: ${host}:${port}\r\n\r\n`)
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error(`a reader was refused: ${reader.tail}`)))
    socket.on('data', (chunk) => {
      take(reader, chunk.toString('latin1'))
      if (reader.hasBegun || !reader.tail.includes('event: hello')) return
      reader.hasBegun = true
      if (isSlow) socket.pause()
      resolve()
    })
  })
}

function take(reader: Reader, text: string): void {
  const all = reader.tail + text
  for (const [, digits] of all.matchAll(WORD)) {
    const word = Number(digits)
    if (reader.seen.has(word)) continue
    reader.seen.add(word)
    arrivals.set(word, [...(arrivals.get(word) ?? []), Date.now()])
  }
  reader.tail = reader.hasBegun ? all.slice(-TAIL) : all
}

const wish = z.object({ count: z.number(), isSlow: z.boolean() })
answering({
  /** A few at a time, as a listen queue takes them. */
  open: async (given) => {
    const { count, isSlow } = wish.parse(given)
    for (let begun = 0; begun < count; begun += 50)
      await Promise.all(Array.from({ length: Math.min(50, count - begun) }, () => open(isSlow)))
    return readers.length
  },
  arrivals: () => [...arrivals],
  /** Whoever begins to read finds what the kernel kept, and then the end, where there is one. */
  connected: async () => {
    for (const { socket } of readers) socket.resume()
    await pause(3_000)
    return readers.filter(({ isOpen }) => isOpen).length
  },
  close: () => {
    for (const { socket } of readers) socket.destroy()
    readers.length = 0
    arrivals.clear()
  },
})
