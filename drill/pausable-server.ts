/** The database server of a drill: a cluster of its own (test/postgres/cluster.ts) that can also stand still, with all its processes, as a machine that is paused. */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Cluster } from '../test/postgres/cluster.ts'

export type PausableServer = { cluster: Cluster; freeze(ms: number): Promise<void> }

export const pausable = (cluster: Cluster): PausableServer => ({
  cluster,
  freeze: async (ms) => {
    const postmaster = cluster.pid()
    // It first, so that nobody is born afterwards.
    process.kill(postmaster, 'SIGSTOP')
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    for (const pid of children) process.kill(pid, 'SIGSTOP')
    await pause(ms)
    for (const pid of [...children, postmaster]) process.kill(pid, 'SIGCONT')
  },
})
