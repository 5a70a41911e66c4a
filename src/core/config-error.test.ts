/** Errors for whoever wrote the configuration: what is wrong, and the name that was probably meant. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, nearest } from './config-error.ts'
import { TransportError } from './seams.ts'

test('an error carries what it is about and what to do, and says by its name what it is', () => {
  const error = new ConfigError({ what: 'anneal.yaml: mode', message: 'no such mode', fix: 'Say observe.' })
  assert.deepEqual([error.name, error.what, error.message, error.fix], ['ConfigError', 'anneal.yaml: mode', 'no such mode', 'Say observe.'])
  const lost = new TransportError('after', 'no answer')
  assert.deepEqual([lost.name, lost.phase, lost.message], ['TransportError', 'after', 'no answer'])
})

test('finds the name that was meant by the fewest edits: letters changed, left out and put in', () => {
  const known = ['budgets', 'database', 'notify', 'scope']
  assert.equal(nearest('budgets', known), 'budgets')
  assert.equal(nearest('budgest', known), 'budgets')
  assert.equal(nearest('notfy', known), 'notify')
  assert.equal(nearest('scopes', known), 'scope')
  assert.equal(nearest('DATABASE', known), 'database')
  assert.equal(nearest('database', ['DATABASE']), 'DATABASE')
  assert.equal(nearest('spacing', ['spaces', 'spacings', 'pacing']), 'spacings')
})

test('takes nothing for meant that is more than two edits, or a third of the name, away', () => {
  assert.equal(nearest('abcd', ['abxy']), 'abxy')
  assert.equal(nearest('abcd', ['axyz']), null)
  assert.equal(nearest('abcdefghi', ['abcdefxyz']), 'abcdefxyz')
  assert.equal(nearest('abcdefghi', ['abcdewxyz']), null)
  assert.equal(nearest('ab', ['abcd']), 'abcd')
  assert.equal(nearest('ab', ['abcde']), null)
  assert.equal(nearest('a', ['xyz']), null)
  assert.equal(nearest('xyz', []), null)
})
