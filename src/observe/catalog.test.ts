/** Which services a session's catalog stands for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceType } from '../openstack/service-type.ts'
import { catalogOf } from './catalog.ts'

const session = (authType: 'password' | 'none', has: ServiceType[]) => ({
  access: { authType },
  endpoint: async (service: ServiceType) => (has.includes(service) ? `http://${service}` : null),
})

test('a catalog names what it has endpoints for, and Keystone although it is not listed', async () => {
  assert.deepEqual(
    await catalogOf(session('password', ['baremetal', 'network', 'block-storage'])),
    new Set(['keystone', 'neutron', 'cinder']),
  )
})

test('a cloud without authentication has no Keystone', async () => {
  assert.deepEqual(await catalogOf(session('none', ['baremetal'])), new Set())
})
