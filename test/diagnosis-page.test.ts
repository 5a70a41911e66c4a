/** docs/diagnosis.md says which evidence outweighs which as the code weighs it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { WEIGHINGS } from '../src/core/diagnose.ts'

test('the table of the documents has these weighings in this order, each with a reason', () => {
  const page = readFileSync(new URL('../docs/diagnosis.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| \d+ +\| `([a-z-]+)` +\|(.+)\|(.+)\|$/gm)]
  assert.deepEqual(
    rows.map(([, name]) => name),
    WEIGHINGS.map(({ name }) => name),
  )
  for (const [, name, what, why] of rows) assert.ok((what?.trim().length ?? 0) > 20 && (why?.trim().length ?? 0) > 20, name)
})
