/**
 * The runbook and the code name the same things: each reason and each cause has its heading (`### slug`, in backticks or not)
 * in the part of docs/runbook.md that is headed `## Reasons` or `## Causes`, and nothing else has one there.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { adviceFor } from '../src/core/cause-advice.ts'
import { CAUSES, REASONS } from '../src/core/decision.ts'

/** The third-level headings below a second-level one, code fences left out. */
function headingsBelow(part: string, text: string): string[] {
  const lines = text.replace(/^```[\s\S]*?^```/gm, '').split('\n')
  const start = lines.indexOf(`## ${part}`)
  assert.notEqual(start, -1, `docs/runbook.md has no heading "## ${part}"`)
  const after = lines.slice(start + 1)
  const end = after.findIndex((line) => /^##? /.test(line))
  return after.slice(0, end === -1 ? undefined : end).flatMap((line) => /^### `?([^`]+?)`?\s*$/.exec(line)?.[1] ?? [])
}

const runbook = () => readFileSync(new URL('../docs/runbook.md', import.meta.url), 'utf8')

test('every reason has its heading in the runbook, once, and every heading its reason', () => {
  assert.deepEqual(headingsBelow('Reasons', runbook()).toSorted(), [...REASONS].toSorted())
})

test('every cause has its heading in the runbook, once, and every heading its cause', () => {
  assert.deepEqual(headingsBelow('Causes', runbook()).toSorted(), [...CAUSES].toSorted())
})

test('what `anneal diagnose` advises stands in the runbook, under the heading that it names', () => {
  for (const cause of CAUSES) {
    const { advice, runbook: place } = adviceFor(cause)
    assert.equal(place, `docs/runbook.md#${cause}`)
    const section = runbook().split(`\n### ${cause}\n`)[1]?.split('\n#')[0] ?? ''
    assert.ok(section.includes(`- **You.** ${advice}\n`), cause)
  }
})

test('a heading is found in its own part only, and not in an example', () => {
  const text = '# R\n\n## Causes\n\n### `a`\n\n```\n### b\n```\n\n### c\n\n#### d\n\n## Reasons\n\n### e\n'
  assert.deepEqual(headingsBelow('Causes', text), ['a', 'c'])
  assert.deepEqual(headingsBelow('Reasons', text), ['e'])
})
