/**
 * `npm run corpus:first-contact`: what the rules scored when they first met each blind round of test/corpus. It takes rules and texts out
 * of the commit that brought the round, so it needs the repository's history; what today's rules score is `npm run corpus`.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDangerous, isRight, type Read, type Row } from '../test/corpus/leave-out.ts'

const ROUNDS = ['unseen', 'unseen-2', 'unseen-3', 'unseen-4', 'unseen-5']

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })

const rowsAt = (commit: string, file: string): Row[] => JSON.parse(git('show', `${commit}:${file}`))

for (const name of ROUNDS) {
  const file = `test/corpus/${name}.json`
  const commits = git('log', '--reverse', '--format=%H', '--', file).split('\n').filter(Boolean)
  const commit = commits.find((one) => rowsAt(one, file).length > 0)
  if (commit === undefined) continue
  const folder = mkdtempSync(join(tmpdir(), 'anneal-first-contact-'))
  execFileSync('tar', ['-x', '-C', folder], {
    input: execFileSync('git', ['archive', commit, 'src/core'], { maxBuffer: 64 * 1024 * 1024 }),
  })
  const { readText } = await import(join(folder, 'src/core/read-text.ts'))
  const reads: Read[] = rowsAt(commit, file).map((row) => ({ row, reading: readText(row) }))
  rmSync(folder, { recursive: true })
  const right = reads.filter(isRight).length
  const share = ((100 * right) / reads.length).toFixed(1)
  const lasting = reads.filter(isDangerous).map(({ row }) => row.id)
  console.log(
    `${name.padEnd(10)} ${commit.slice(0, 7)}  ${right} of ${reads.length} right (${share} %), called transient though only a person helps: ${lasting.join(' ') || 'none'}`,
  )
}
