/**
 * The pretend cloud of a drill in a process of its own: much goes wrong in it (crash/trouble.ts), each replica comes through a front of its
 * own (front.ts), the judges look on (looking-on.ts), and what happens in it is said at the broker (speaking.ts).
 * usage: cloud.ts SEED NODES, as a child of main.ts
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Home } from '../bench/bundled.ts'
import { answering } from '../bench/child.ts'
import { liveClock } from '../crash/live-clock.ts'
import { placesOf, QUICKER, siteOf } from '../crash/site.ts'
import { failOneOf, isFailed, marksIn, troubleIn } from '../crash/trouble.ts'
import { wordsByCommand } from '../crash/words.ts'
import { loadConfig } from '../src/config.ts'
import { simulatedCloud } from '../src/simulator/cloud.ts'
import { DEEDS } from '../src/simulator/script/all-deeds.ts'
import { calm } from '../src/simulator/script/mischief.ts'
import { sceneOver } from '../src/simulator/script/scene.ts'
import { seededRandom } from '../src/simulator/seeded.ts'
import { serveCloud } from '../src/simulator/serve.ts'
import type { CloudNow, DrillVerdict } from './beside.ts'
import { type Books, openBooks } from './database.ts'
import { type Front, openFront } from './front.ts'
import { type LookingOn, lookingOn } from './looking-on.ts'
import { WAYS } from './messages.ts'
import { speakingFor, type Unheard } from './speaking.ts'

/** Between two pushes of mischief on average, as the cloud counts time: two real seconds. */
const PUSH_GAP_MS = 120_000
/** Between two plain failures, real. */
const FAILURE_GAP_MS = 1_200

/** A request whose intent is looked up is not kept waiting for longer. */
const BOOKS_MS = 1_500

const [seed = 1, size = 40] = process.argv.slice(2).map(Number)
const cloud = simulatedCloud({ ...siteOf(size), clock: liveClock(QUICKER), random: seededRandom(seed), keepReads: false })
const { url } = await serveCloud(cloud, { host: '127.0.0.1', port: 0, bmcHost: ({ bmc }) => bmc.host.replace(/^10\./, '127.') })
cloud.moveTo(url)

const fronts = new Map<number, Front>()
let play: ReturnType<typeof begin> | null = null

const playing = () => {
  if (play === null) throw new Error('nothing has begun')
  return play
}
const frontOf = (replica: number): Front => {
  const front = fronts.get(replica)
  if (front === undefined) throw new Error(`replica ${replica} has no front`)
  return front
}

type Beginning = { home: Home; databaseUrl: string; brokerUrl: string }

function begin({ home, databaseUrl, brokerUrl }: Beginning) {
  const config = loadConfig({ path: home.config, cwd: home.folder, env: {}, readFile: (path) => readFileSync(path, 'utf8') })
  const books: Books = openBooks(databaseUrl, BOOKS_MS)
  const watch: LookingOn = lookingOn(cloud, { policy: config.policy, books, places: placesOf(size) })
  const words = wordsByCommand(home, watch.judges)
  // A pause of the whole cloud whose end falls into the database's absence would leave nothing to do for the rest of the drill.
  const operator = { ...words, pause: async () => {} }
  const scene = sceneOver({ cloud, judges: watch.judges, operator, bus: null, deeds: DEEDS })
  const speaking = speakingFor(cloud, { url: brokerUrl, random: seededRandom(seed + 3) })
  const unheard: Unheard[] = []
  return { books, watch, words, scene, speaking, unheard, stop: () => {} }
}

/** Nothing goes wrong before the replicas are there. */
function unleash(): void {
  const random = seededRandom(seed + 2)
  const failing = setInterval(() => failOneOf(cloud, random), FAILURE_GAP_MS)
  const endTrouble = troubleIn(playing().scene, seededRandom(seed + 1), PUSH_GAP_MS)
  playing().stop = () => {
    clearInterval(failing)
    endTrouble()
  }
}

const ofReplica = z.object({ replica: z.number() })
const aimSchema = ofReplica.extend({ step: z.string(), pid: z.number(), signal: z.enum(['SIGKILL', 'SIGSTOP']), patienceMs: z.number() })
// It comes from a file of this folder, in this very version.
const beginSchema = z.custom<Beginning>()
const waySchema = z.object({ way: z.enum(['plain', ...WAYS]) })

answering({
  where: () => ({ url, ...cloud.credentials('admin') }),
  front: async (given) => {
    const { replica } = ofReplica.parse(given)
    const front = await openFront(cloud, { watch: () => play?.watch ?? null, books: () => playing().books })
    fronts.set(replica, front)
    return front.port
  },
  show: (given) => {
    const { replica, url: shown } = ofReplica.extend({ url: z.string() }).parse(given)
    frontOf(replica).showAs(shown)
  },
  begin: (given) => {
    play = begin(beginSchema.parse(given))
  },
  unleash,
  life: (given) => {
    const { replica, name } = ofReplica.extend({ name: z.string() }).parse(given)
    frontOf(replica).life = playing().watch.begin(name)
  },
  /** Sends the signal at the replica's next request of this kind, and says when; null where none came. */
  aim: (given) => {
    const { replica, patienceMs, ...at } = aimSchema.parse(given)
    const front = frontOf(replica)
    return new Promise<number | null>((resolve) => {
      const aim = { ...at, fired: resolve }
      front.aim = aim
      setTimeout(() => {
        if (front.aim !== aim) return
        front.aim = null
        resolve(null)
      }, patienceMs)
    })
  },
  claimant: (given) => frontOf(ofReplica.parse(given).replica).life?.claimant ?? null,
  stands: async (given) => {
    const { replica, isStanding } = ofReplica.extend({ isStanding: z.boolean() }).parse(given)
    const { life } = frontOf(replica)
    if (life !== null) await playing().watch.stands(life, isStanding)
  },
  died: async (given) => {
    const { replica, at } = ofReplica.extend({ at: z.number() }).parse(given)
    const front = frontOf(replica)
    const { life } = front
    front.life = null
    if (life !== null) await playing().watch.died(life, at)
  },
  speaks: (given) => playing().speaking.isThere(z.object({ withinMs: z.number() }).parse(given).withinMs),
  way: (given) => {
    playing().speaking.way = waySchema.parse(given).way
  },
  calm: async () => {
    playing().stop()
    playing().unheard.push(...playing().speaking.unheard)
    await calm(playing().scene)
    // Whatever was still to be said has been said now.
    const speakAgain = await playing().words.silence()
    speakAgain()
  },
  now: (): CloudNow => ({
    marks: marksIn(cloud),
    failed: [...cloud.state.nodes.values()].filter(isFailed).map(({ row }) => row.uuid),
    states: [...cloud.state.nodes.values()].map(({ row }) => row.provision_state),
    changes: cloud.ledger.changes().length,
  }),
  verdict: (): DrillVerdict => {
    const { watch, scene, words, speaking, unheard } = playing()
    return {
      broken: watch.judges.broken,
      checked: [...watch.judges.checked],
      pushes: [...scene.counts],
      met: [...cloud.faults.counts],
      words: words.counts,
      resets: watch.resets(),
      requests: [...cloud.ledger.counts].reduce((sum, [, count]) => sum + count, 0),
      changes: cloud.ledger.changes().length,
      lost: [...fronts.values()].reduce((sum, { lost }) => sum + lost, 0),
      sent: watch.sent,
      looks: watch.looks,
      said: speaking.counts,
      unheard,
    }
  },
})
