/** What is cut out of texts that leave the site, and what must stay readable. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanJson, lineOf, withoutCredentials } from './without-credentials.ts'

const HIDDEN: readonly string[] = [
  'Unable to connect to https://SECRET-u:SECRET-p@10.0.0.1/redfish/v1/',
  'Unable to connect to https://SECRET-u:SECRET-p@ss@10.0.0.1/redfish/v1/',
  'to https://root:SECRET/slash@10.0.0.1/redfish',
  'evidence that was cut: "https://root:SECRET-hal…".',
  'proxy SECRET-u:SECRET-p@proxy.example.org refused',
  'Command: ipmitool -I lanplus -H 10.0.0.1 -L ADMINISTRATOR -U SECRET-user -P SECRET-pass -R 7 power status',
  "Command: ['ipmitool', '-H', '10.0.0.1', '-U', 'SECRET-user', '-k', 'SECRET-kg']",
  "driver_info {'ipmi_username': 'SECRET-user', 'ipmi_password': 'SECRET horse battery', 'ipmi_address': '10.0.0.1'}",
  '{"redfish_username": "SECRET", "redfish_password": "SECRET"}',
  '"{\\"auth_token\\": \\"SECRET\\"}"',
  'IPMI_PASSWORD=SECRET-env ipmi failed',
  'X-Auth-Token: gAAAAABmSECRETxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
  'Authorization: Basic U0VDUkVUSECRET==',
  'sent Bearer SECRETabc1234567890',
  'snmp_community: SECRET',
  'user_data passphrase = SECRET',
  `configdrive ${'H4sIAAAASECRET'.repeat(30)}`,
  '-----BEGIN RSA PRIVATE KEY-----\nSECRET\nSECRET\n-----END RSA PRIVATE KEY-----',
]

for (const text of HIDDEN) test(`cut out of: ${text.slice(0, 60)}`, () => assert.doesNotMatch(withoutCredentials(text), /SECRET|U0VDUkVU/))

test('what a technician needs stays as it is', () => {
  for (const text of [
    'Failed to tear down: IPMI call failed: power status.',
    'Unable to connect to https://10.0.0.1:8443/redfish/v1/ and http://bmc-17.example.org/x',
    'Command: ipmitool -I lanplus -H 10.0.0.1 -L ADMINISTRATOR -R 7 -N 5 power status',
    "During sync_power_state, node state None does not match expected state 'power on'.",
    'HTTPSConnectionPool(host="10.0.0.1", port=443): Max retries exceeded with url: /redfish/v1/ (Caused by ConnectTimeoutError)',
    'Basic authentication failed: 401 at 2026-03-01T03:00:05.534000+00:00 on fd00::17',
    'Nova shows this token server 07350aff-3c83-4e01-86da-457697bbb076 of another project by id.',
  ])
    assert.equal(withoutCredentials(text), text)
})

test('an address that lost its user is still the address', () => {
  assert.equal(withoutCredentials('at https://root:calvin@10.0.0.1:443/redfish/v1'), 'at https://10.0.0.1:443/redfish/v1')
})

test('a megabyte of what looks like the beginning of everything is gone through in time', () => {
  for (const part of ['//a:', 'a:b', 'password="', '-', '//', 'user=', "ipmitool -P '", 'basic ', 'x', '-----BEGIN PRIVATE KEY-----']) {
    const begun = performance.now()
    withoutCredentials(part.repeat(1_000_000 / part.length))
    assert.ok(performance.now() - begun < 5_000, part)
  }
})

test('a line holds no control character and is cut only after the secret is', () => {
  assert.equal(lineOf('a\u001b[2J\u0007b\r\nc\u202ed', 80), 'a[2Jb cd')
  assert.equal(lineOf('at //root:SECRET@host/ and on', 14), 'at //host/ an…')
})

test('JSON keeps every character, none as an order to a terminal', () => {
  const value = { text: 'a\u001b[2J\u009b2J\u202ed' }
  assert.deepEqual(JSON.parse(cleanJson(value)), value)
  assert.doesNotMatch(cleanJson(value), /[^\P{Cc}\n]|\u202e/u)
})
