/**
 * From `error` in the lab's real Ironic to the reset request, once by polls alone and once by notifications. It changes the lab's nodes, as every
 * scenario does, and nothing else.
 */
import { ironic } from '../lab/ironic.ts'
import { calm } from '../lab/lab.ts'
import { freshNode } from '../lab/nodes.ts'
import { readSettings, type Settings } from '../lab/settings.ts'
import { type Answered, failEach, prepareLab, readyNodes, type Way } from './lab-failures.ts'

export type Times = Record<Way, Answered[]>

/** More at once, and two cores are busy with Ironic's own work on them. */
const AT_ONCE = 6
const UP = 'NOTIFY=1 npm run lab:up'

/** Null: the lab is fit for it. Else what is missing, in one line. */
export async function missingAtLab(): Promise<string | null> {
  const settings = settingsOrNull()
  if (settings === null) return `There is no lab here (lab/README.md): ${UP}`
  if (!settings.notify) return `The lab has no RabbitMQ: ${UP}`
  if (settings.services || settings.auth !== 'noauth')
    return `The lab must be the one without Keystone and services: AUTH=noauth SERVICES=0 ${UP}`
  if (settings.nodes === 0) return `The lab has no nodes with BMCs: NODES=6 ${UP}`
  const answers = await ironic('GET', '/v1/nodes?limit=1').then(
    ({ status }) => status === 200,
    // Knows: nobody listens there.
    () => false,
  )
  return answers ? null : `The lab is not up: ${UP}`
}

function settingsOrNull(): Settings | null {
  try {
    return readSettings()
  } catch {
    // Knows: that is how a lab that was never brought up is told.
    return null
  }
}

/** So many failures each way, some at once, turn about: whatever else the machine does meets both alike. */
export async function measureLab(wish: { failures: number; say: (doing: string) => void }): Promise<Times> {
  const times: Times = { polling: [], notifications: [] }
  const names = Array.from({ length: Math.min(AT_ONCE, readSettings().nodes) }, (_, at) => `node-${at + 1}`)
  await prepareLab(names)
  while (Object.values(times).some(({ length }) => length < wish.failures)) {
    for (const way of ['polling', 'notifications'] as const) {
      const left = wish.failures - times[way].length
      if (left === 0) continue
      const more = await failEach(await readyNodes(names.slice(0, left), wish.say), way)
      times[way].push(...more)
      wish.say(
        `${way}: ${times[way].length} of ${wish.failures}; ${more.map(({ readMs, resetMs }) => `${readMs} ${resetMs} ms`).join(', ')}`,
      )
    }
  }
  await calm()
  for (const name of names) await freshNode(name)
  return times
}
