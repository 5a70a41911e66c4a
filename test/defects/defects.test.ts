/** The planted defects fit the sources of today: whether the simulation sees them is `npm run sim:defects`, which takes minutes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFECTS } from './defects.ts'
import { edited, editedFiles } from './planted.ts'

test('each planted defect finds its places, each exactly once, and changes something there', () => {
  for (const defect of DEFECTS) {
    const { edits, beside = [], name } = defect
    assert.notEqual(edits.length, 0, name)
    for (const { find, replace } of edits) assert.notEqual(find, replace, name)
    assert.equal(editedFiles(defect).size, new Set([...beside, ...edits].map(({ file }) => file)).size, name)
  }
  assert.equal(new Set(DEFECTS.map(({ name }) => name)).size, DEFECTS.length)
})

test('an edit whose place is gone or there twice is an error', () => {
  const edit = { file: 'a.ts', find: 'x()', replace: 'y()' }
  assert.equal(edited('if (a) x()', edit), 'if (a) y()')
  assert.throws(() => edited('if (a) z()', edit), /a\.ts has no place/)
  assert.throws(() => edited('x() || x()', edit), /a\.ts has more than one place/)
})
