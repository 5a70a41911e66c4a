/**
 * A written scenario played by the code that ships, for what it spends: which resets left while a service was away, which until every node was
 * healed, how long that took on the virtual clock, and the processor time of operator and pretend cloud together. Lines that only ask are
 * left out. What the scenario should look like is its golden file's to say.
 * usage: outage.ts FILE, as a child of main.ts
 */
import { readFileSync } from 'node:fs'
import { type Setting, setUp } from '../src/cli/simulation/history.ts'
import { LOOKS } from '../src/cli/simulation/looks.ts'
import { DEFAULT_POLICY, MINUTE } from '../src/core/policy.ts'
import { linesOver, SPAN, wordsOf } from '../src/simulator/script/deed.ts'
import { isHead } from '../src/simulator/script/site.ts'
import { answering } from './child.ts'

const OUTAGE = /^service \S+ down for (\S+)$/

async function play(file: string) {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const before = process.cpuUsage()
  const setting = await setUp(lines.filter(isHead), { ...DEFAULT_POLICY, mode: 'auto' })
  let outage: { from: number; until: number } | null = null
  let healedAt: number | null = null
  for (const line of lines.filter((one) => !isHead(one))) {
    const [verb = '', word = ''] = wordsOf(line)
    const [, away] = OUTAGE.exec(line) ?? []
    const now = setting.clock.now()
    if (away !== undefined) outage = { from: now, until: now + (SPAN.read(away) ?? 0) }
    if (verb === 'advance') {
      // By the minute, to see when the last one is healed.
      for (const until = now + (SPAN.read(word) ?? 0); setting.clock.now() < until; ) {
        await setting.clock.advance(Math.min(MINUTE, until - setting.clock.now()))
        const { isFailing, hasFailed } = await standing(setting)
        if (isFailing || !hasFailed) healedAt = null
        else healedAt ??= setting.clock.now()
      }
    } else if (LOOKS[verb] === undefined && verb !== 'calm') {
      for (const one of linesOver(line)) setting.scene.perform(one)
    }
  }
  if (outage === null || healedAt === null) throw new Error(`${file}: no service went away in it, or not every node was healed`)
  const { user, system } = process.cpuUsage(before)
  const resets = resetsOf(setting)
  const { until } = outage
  const found = {
    healed: (await setting.store.counts(null)).closed.find(({ result }) => result === 'healed')?.count ?? 0,
    during: resets.filter((at) => at < until).length,
    resets: resets.length,
    outageMs: until - outage.from,
    healedMs: healedAt - until,
    passes: setting.counted.passes,
    cpuMs: (user + system) / 1_000,
  }
  await setting.store.close()
  return found
}

async function standing({ store }: Setting): Promise<{ isFailing: boolean; hasFailed: boolean }> {
  const { open, closed } = await store.counts(null)
  return { isFailing: open.length > 0, hasFailed: closed.length > 0 }
}

/** When each verb that Ironic took came to it. */
const resetsOf = ({ cloud }: Setting): number[] =>
  cloud.ledger
    .changes()
    .filter(({ path, body, effect }) => path.endsWith('/states/provision') && effect !== null && JSON.stringify(body).includes('"deleted"'))
    .map(({ at }) => at)

answering({ play: () => play(process.argv[2] ?? '') })
