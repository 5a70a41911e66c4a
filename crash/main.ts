/**
 * Kills the built daemon over and over, with -9 and at moments drawn from a seed, while it works over a pretend cloud full of faults; each
 * time it is started again on the same database. After each kill and in the end it is asked of the database, and of what reached the cloud,
 * whether a promise was broken or anything forgotten. Prints one table; exit code 1 where something is broken, with the seed and the evidence.
 * usage: npm run crash -- [--kills N] [--seed S] [--nodes N] [--keep]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, makeHome } from '../bench/bundled.ts'
import { startCloud, startExaminer } from './beside.ts'
import { lastQuestions } from './last-questions.ts'
import { reportOf } from './report.ts'
import { CLOUD, placesOf, settingsFor } from './site.ts'
import { trial } from './trial.ts'

const { values: wish } = parseArgs({
  options: { kills: { type: 'string' }, seed: { type: 'string' }, nodes: { type: 'string' }, keep: { type: 'boolean' } },
})
const kills = Number(wish.kills ?? 500)
const seed = Number(wish.seed ?? Date.now() % 1_000_000)
const nodes = Number(wish.nodes ?? 320)
const say = (doing: string): void => void process.stderr.write(`${doing}\n`)

say(`${kills} kills over ${nodes} nodes, seed ${seed}`)
const folder = mkdtempSync(join(tmpdir(), 'anneal-crash-'))
const cloud = await startCloud(seed, nodes)
const examiner = startExaminer()
try {
  const home = makeHome({
    folder: join(folder, 'home'),
    bundle: await bundle(folder),
    cloud: CLOUD,
    login: cloud,
    settings: settingsFor(placesOf(nodes)),
  })
  const tried = await trial({ home, cloud, examiner, kills, seed, say })
  const asked = await lastQuestions({ home, cloud, say })
  const { text, isBroken } = reportOf({ tried, asked, verdict: await cloud.verdict(), seed, nodes })
  process.stdout.write(text)
  process.exitCode = isBroken ? 1 : 0
} finally {
  await Promise.all([cloud.stop(), examiner.stop()])
  if (wish.keep === true) say(`kept: ${folder}`)
  else rmSync(folder, { recursive: true })
}
