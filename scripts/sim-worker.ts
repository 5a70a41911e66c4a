/** Plays the seeds that it is sent, one at a time, and sends back what each came to and the processor time it took. A child of sim.ts. */
import { type History, playSeed } from '../src/cli/simulation/history.ts'
import { type Shrunk, shrink } from '../src/cli/simulation/shrink.ts'
import { DEFAULT_POLICY, MINUTE } from '../src/core/policy.ts'

export type Played = { history: History; shrunk: Shrunk | null; cpuMs: number }

const storm = process.argv[2] === '' || process.argv[2] === undefined ? null : Number(process.argv[2]) * MINUTE
const policy = { ...DEFAULT_POLICY, mode: 'auto' as const }

async function play(seed: number): Promise<Played> {
  const before = process.cpuUsage()
  const history = await playSeed(seed, { policy, storm })
  const { user, system } = process.cpuUsage(before)
  const [first] = history.broken
  // Making it short takes minutes.
  if (first !== undefined) process.stderr.write(`Seed ${seed} broke ${first.promise} (${first.what}); it is being made short.\n`)
  return { history, shrunk: await shrink(history, policy), cpuMs: (user + system) / 1_000 }
}

// A terminal's Ctrl-C reaches everyone; what is in hand is finished, and the parent asks for no more.
process.on('SIGINT', () => {})

process.on('message', (seed: number) => {
  void play(seed).then((played) => process.send?.(played))
})
