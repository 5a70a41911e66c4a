/**
 * The parts of the operator one by one, over one pretend cloud of a size: a quiet poll, the list of all nodes in detail that it replaces,
 * the census, and passes over one node in a hundred.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild } from './child.ts'
import { type Cost, costSchema, medianCost } from './measure.ts'
import type { PretendCloud } from './pretend-cloud.ts'

export type Parts = {
  poll: Cost
  detail: Cost
  censusFirst: Cost
  census: Cost
  passFirst: Cost
  pass: Cost
  /** Processor time of the pretend cloud during one pass: Ironic's own. */
  ironicMs: number
}

/** Afterwards the cloud's nodes have failed. */
export async function measureParts(cloud: PretendCloud, runs: number): Promise<Parts> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'))
  const operator = startChild(
    new URL('operator.ts', import.meta.url),
    [cloud.authUrl, cloud.user, cloud.password, join(folder, 'anneal.db')],
    ['--expose-gc'],
  )
  const once = (what: string): Promise<Cost> => operator.ask(what, costSchema)
  const several = async (what: string, times: number): Promise<Cost> => {
    const costs: Cost[] = []
    for (let run = 0; run < times; run++) costs.push(await once(what))
    return medianCost(costs)
  }
  try {
    const censusFirst = await once('census')
    const census = await several('census', runs)
    await once('poll')
    const poll = await several('poll', 5 * runs)
    const detail = await once('detail')
    await cloud.fail()
    const passFirst = await once('pass')
    const before = (await cloud.counts()).cpuMs
    const pass = await several('pass', runs)
    const ironicMs = ((await cloud.counts()).cpuMs - before) / runs
    return { poll, detail, censusFirst, census, passFirst, pass, ironicMs }
  } finally {
    await operator.stop()
    rmSync(folder, { recursive: true })
  }
}
