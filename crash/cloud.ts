/**
 * The pretend cloud in a process of its own: most of what goes wrong in a simulated storm goes wrong here (simulator/script), and
 * besides nodes fail at a steady rate, so that whoever is killed has something to do. The judges look on (witness.ts).
 * usage: cloud.ts SEED NODES, as a child of main.ts
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Home } from '../bench/bundled.ts'
import { answering } from '../bench/child.ts'
import { loadConfig } from '../src/config.ts'
import { simulatedCloud } from '../src/simulator/cloud.ts'
import { isPersons } from '../src/simulator/promises.ts'
import { DEEDS } from '../src/simulator/script/all-deeds.ts'
import { calm } from '../src/simulator/script/mischief.ts'
import { type Scene, sceneOver } from '../src/simulator/script/scene.ts'
import { seededRandom } from '../src/simulator/seeded.ts'
import { serveCloud } from '../src/simulator/serve.ts'
import type { IntentRow } from './database.ts'
import { liveClock } from './live-clock.ts'
import { requestPlanSchema } from './plan.ts'
import { placesOf, QUICKER, siteOf } from './site.ts'
import { failOneOf, isFailed, marksIn, troubleIn } from './trouble.ts'
import { type Witness, witnessOver } from './witness.ts'
import { type Words, wordsByCommand } from './words.ts'

/** Between two pushes of mischief on average, as the cloud counts time: two thirds of a real second. */
const PUSH_GAP_MS = 40_000
/** Between two plain failures, real. */
const FAILURE_GAP_MS = 500
/** A failed node that nobody has opened a case for by then was forgotten. */
const OVERLOOKED_MS = 60_000

const [seed = 1, size = 100] = process.argv.slice(2).map(Number)
const clock = liveClock(QUICKER)
const cloud = simulatedCloud({ ...siteOf(size), clock, random: seededRandom(seed), keepReads: false })
const { url } = await serveCloud(cloud, {
  host: '127.0.0.1',
  port: 0,
  bmcHost: ({ bmc }) => bmc.host.replace(/^10\./, '127.'),
})
cloud.moveTo(url)

type Play = { witness: Witness; words: Words; scene: Scene; stop: () => void }
let play: Play | null = null
let speak: (() => void) | null = null

const playing = (): Play => {
  if (play === null) throw new Error('nothing has begun')
  return play
}

/** The trouble begins with the daemon's first life. `isQuiet`: nodes fail and that is all; no word is said, and so nobody else writes to the database. */
function begin({ home, isQuiet }: Begin): Play {
  const config = loadConfig({ path: home.config, cwd: home.folder, env: {}, readFile: (path) => readFileSync(path, 'utf8') })
  const witness = witnessOver(cloud, { policy: config.policy, database: home.database, places: placesOf(size) })
  const words = wordsByCommand(home, witness.judges)
  const scene = sceneOver({ cloud, judges: witness.judges, operator: words, bus: null, deeds: DEEDS })
  const stop = isQuiet ? () => {} : troubleIn(scene, seededRandom(seed + 1), PUSH_GAP_MS)
  failing = setInterval(() => failOneOf(cloud, random), FAILURE_GAP_MS)
  return { witness, words, scene, stop }
}

let failing: NodeJS.Timeout | null = null
const random = seededRandom(seed + 2)

const lifeSchema = z.object({ name: z.string(), startedAt: z.number(), pid: z.number(), plan: requestPlanSchema.nullable() })
// Both come from files of this folder, in this very version.
type Begin = { home: Home; isQuiet: boolean }
const beginSchema = z.custom<Begin>()
const leftSchema = z.custom<{ unsettled: IntentRow[]; persons: string[] }>()

answering({
  where: () => ({ url, ...cloud.credentials('admin') }),
  begin: (given) => {
    play = begin(beginSchema.parse(given))
  },
  /** Another life: who it is, and how it is to end. */
  life: (given) => {
    const { plan, pid, ...life } = lifeSchema.parse(given)
    speak?.()
    playing().witness.begin(life)
    playing().witness.trigger.aim(pid, plan)
  },
  /** The life is over. Nobody writes to its database until the next one. */
  over: async () => {
    const { witness, words } = playing()
    witness.trigger.disarm()
    speak = await words.silence()
    witness.end()
    const overlooked = Date.now() - OVERLOOKED_MS
    return {
      killedAt: witness.trigger.shot()?.at ?? null,
      ...witness.seen(),
      marks: marksIn(cloud),
      failed: [...cloud.state.nodes.values()]
        .filter((node) => isFailed(node) && Date.parse(node.row.provision_updated_at ?? '') < overlooked)
        .map(({ row }) => row.uuid),
    }
  },
  died: (given) => playing().witness.died(leftSchema.parse(given)),
  calm: async () => {
    if (failing !== null) clearInterval(failing)
    playing().stop()
    await calm(playing().scene)
    // Whatever was still to be said has been said now.
    const speakAgain = await playing().words.silence()
    speakAgain()
  },
  now: () => ({
    marks: marksIn(cloud),
    failed: [...cloud.state.nodes.values()].filter(isFailed).map(({ row }) => row.uuid),
    personal: [...cloud.state.nodes.values()].filter(({ row }) => isPersons(row)).map(({ row }) => row.uuid),
    changes: cloud.ledger.changes().length,
  }),
  verdict: () => {
    const { witness, scene, words } = playing()
    const { judges } = witness
    return {
      broken: judges.broken,
      checked: [...judges.checked],
      pushes: [...scene.counts],
      met: [...cloud.faults.counts],
      words: words.counts,
      resets: witness.resets(),
      mostInFlight: witness.mostInFlight(),
      requests: [...cloud.ledger.counts].reduce((sum, [, count]) => sum + count, 0),
      changes: cloud.ledger.changes().length,
    }
  },
})
