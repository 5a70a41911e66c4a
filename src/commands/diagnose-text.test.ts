/** One line of `diagnose --jsonl`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diagnoseLine, diagnoseText, USUAL_NODE } from './diagnose-text.ts'

test('a line is answered with its own id and the four fields, whatever else it holds', () => {
  const line = JSON.stringify({ id: 7, text: 'IPMI call failed: power status.', provision_state: null, more: 1 })
  const { cause, transient, signature } = diagnoseText({ text: 'IPMI call failed: power status.', ...USUAL_NODE })
  assert.deepEqual(diagnoseLine(line, USUAL_NODE), { id: 7, cause, transient, signature })
  assert.equal(cause, 'bmc-unreachable')
})

test('a bad line is answered with what is wrong with it', () => {
  assert.equal(diagnoseLine('{"id":', USUAL_NODE), 'it is not a JSON object')
  assert.equal(diagnoseLine('[]', USUAL_NODE), 'it is not a JSON object')
  assert.equal(diagnoseLine('{"text":"x"}', USUAL_NODE), 'id is missing or is neither a text nor a number')
  assert.equal(diagnoseLine('{"id":"a"}', USUAL_NODE), 'text is missing or is not a text')
})
