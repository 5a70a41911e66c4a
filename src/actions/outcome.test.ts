/** What an answer to a changing request is taken for. Anything that may have happened is unknown. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { outcomeOfError } from './outcome.ts'

type Answer = Partial<Pick<OpenStackError, 'status' | 'phase' | 'sentence' | 'ownAnswer'>>

const kindOf = ({ status = null, phase = null, sentence = 'No.', ownAnswer = true }: Answer): string => {
  const call = { service: 'baremetal', method: 'PUT', path: '/v1/nodes/n/states/provision', requestId: null } as const
  return outcomeOfError(new OpenStackError({ ...call, status, phase, sentence, text: sentence, ownAnswer }), 'deleted on n1', 'written')
    .kind
}

test('a redirect, a lost answer, a 404 and a server’s error leave open what happened', () => {
  for (const status of [301, 302, 307, 404, 500, 502, 504]) assert.equal(kindOf({ status }), 'unknown', String(status))
  assert.equal(kindOf({ phase: 'after' }), 'unknown')
  assert.equal(kindOf({ status: 503, ownAnswer: false }), 'unknown')
})

test('what Ironic itself turned down changed nothing, and what never left was not sent', () => {
  for (const status of [400, 401, 403, 406, 409, 503]) assert.equal(kindOf({ status }), 'refused', String(status))
  assert.equal(kindOf({ status: 500, sentence: 'The concurrent action limit for unprovisioning has been reached.' }), 'refused')
  assert.equal(kindOf({ phase: 'before' }), 'not-sent')
})
