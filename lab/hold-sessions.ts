/**
 * Takes every session that a BMC has and keeps them, as monitoring that never logs out does: IPMI 1.5 sessions by straight password, until
 * the BMC refuses one. ipmi_sim has 63 and forgets one after 30 s of quiet, so each is used again in time. Run by `bmc.sh full`; prints
 * `full` with the number once the BMC has refused, and gives the sessions back at SIGTERM.
 * It knows only what ipmi_sim answers, and is no client for anything else. Layouts: IPMI 2.0 revision 1.1, 13.6, 22.16, 22.17, 22.19.
 */
import { createSocket } from 'node:dgram'
import { pause } from './ironic.ts'

const port = Number(process.argv[2])
const PASSWORD = Buffer.alloc(16)
PASSWORD.write('secret')
const USER = Buffer.alloc(16)
USER.write('admin')
const STRAIGHT = 4
const ADMINISTRATOR = 4
const NO_SESSION = { id: 0, sequence: 0 }

const GET_DEVICE_ID = 0x01
const GET_SESSION_CHALLENGE = 0x39
const ACTIVATE_SESSION = 0x3a
const CLOSE_SESSION = 0x3c

type Session = { id: number; sequence: number }

const socket = createSocket('udp4')
let answered: (datagram: Buffer) => void = () => {}
socket.on('message', (datagram) => answered(datagram))

const le32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff]
const checksum = (span: readonly number[]): number => -span.reduce((sum, byte) => sum + byte, 0) & 0xff

function packet(session: Session, command: number, data: readonly number[]): Buffer {
  const head = [0x20, 0x06 << 2]
  const body = [0x81, 0, command, ...data]
  const message = [...head, checksum(head), ...body, checksum(body)]
  const code = session.id === 0 ? [] : [...PASSWORD]
  const type = session.id === 0 ? 0 : STRAIGHT
  return Buffer.from([6, 0, 0xff, 7, type, ...le32(session.sequence), ...le32(session.id), ...code, message.length, ...message])
}

/** Completion code and data of the reply; throws where none came within a second. */
function ask(session: Session, command: number, data: readonly number[] = []): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the BMC on port ${port} did not answer command 0x${command.toString(16)}`)), 1000)
    answered = (datagram) => {
      clearTimeout(timer)
      const message = datagram.subarray(datagram[4] === 0 ? 14 : 30)
      resolve(message.subarray(6, message.length - 1))
    }
    socket.send(packet(session, command, data), port, '127.0.0.1')
  })
}

/** A session, or the completion code with which the BMC refused one more. */
async function open(): Promise<Session | number> {
  const challenge = await ask(NO_SESSION, GET_SESSION_CHALLENGE, [STRAIGHT, ...USER])
  if (challenge[0] !== 0) return challenge[0] ?? 0xff
  const first = { id: challenge.readUInt32LE(1), sequence: 0 }
  const activated = await ask(first, ACTIVATE_SESSION, [STRAIGHT, ADMINISTRATOR, ...challenge.subarray(5, 21), ...le32(1)])
  if (activated[0] !== 0) return activated[0] ?? 0xff
  return { id: activated.readUInt32LE(2), sequence: activated.readUInt32LE(6) }
}

const held: Session[] = []
let ending = false
process.on('SIGTERM', () => {
  ending = true
})

while (!ending) {
  const session = await open()
  if (typeof session !== 'number') {
    held.push(session)
    continue
  }
  console.log(`full: ${held.length} sessions held, one more refused with completion code 0x${session.toString(16)}`)
  for (const used of held) {
    used.sequence++
    await ask(used, GET_DEVICE_ID)
  }
  for (let quiet = 0; quiet < 50 && !ending; quiet++) await pause(200)
}
for (const used of held) {
  used.sequence++
  await ask(used, CLOSE_SESSION, le32(used.id))
}
socket.close()
