/** Who may do what, and which role of ours somebody's roles at Keystone come to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayDo, ROLES, roleFor } from './login.ts'

test('an operator may do what a viewer may, and a viewer not what needs an operator', () => {
  const may = ROLES.flatMap((has) => ROLES.filter((needed) => mayDo(has, needed)).map((needed) => `${has} does what needs ${needed}`))
  assert.deepEqual(may, ['viewer does what needs viewer', 'operator does what needs viewer', 'operator does what needs operator'])
})

test("somebody's roles at Keystone give the most that any of them is listed for, told apart by case", () => {
  const map = { viewer: ['reader', 'member'], operator: ['admin', 'member'] }
  const role = (...roles: string[]) => roleFor(roles, map)
  assert.deepEqual(
    [role('reader'), role('heat_owner', 'reader'), role('admin'), role('member')],
    ['viewer', 'viewer', 'operator', 'operator'],
  )
  assert.deepEqual([role('admin', 'reader'), role('reader', 'admin')], ['operator', 'operator'])
  assert.deepEqual([role(), role('heat_owner'), role('Reader')], [null, null, null])
  assert.equal(roleFor(['reader'], { viewer: [], operator: ['reader'] }), 'operator')
})
