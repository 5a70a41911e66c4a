import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readText } from './read-text.ts'
import { LAST_SIGNATURES, SIGNATURES } from './signatures.ts'

type Row = { id: string; text: string; provision_state: string; driver: string; cause: string; transient: string }

function corpus(name: string): Row[] {
  const rows: Row[] = JSON.parse(readFileSync(new URL(`../../test/corpus/${name}.json`, import.meta.url), 'utf8'))
  return rows
}

const readIn = (text: string, provision_state = 'error') => readText({ text, provision_state })

const accuracyOf = (rows: Row[]) => rows.filter((row) => readText(row).cause === row.cause).length / rows.length

test('reads at least 97 of 100 texts of the corpus right', (t) => {
  const accuracy = accuracyOf(corpus('last-errors'))
  t.diagnostic(`corpus: ${(accuracy * 100).toFixed(1)} % right cause`)
  assert.ok(accuracy >= 0.97)
})

test('reads at least 95 of 100 held-out texts right', (t) => {
  const accuracy = accuracyOf(corpus('held-out'))
  t.diagnostic(`held-out: ${(accuracy * 100).toFixed(1)} % right cause`)
  assert.ok(accuracy >= 0.95)
})

test('never calls config or a lasting fault of the BMC transient', () => {
  const rows = [...corpus('last-errors'), ...corpus('held-out')]
  const lasting = rows.filter((row) => row.cause === 'config' || (row.cause === 'bmc-fault' && row.transient === 'no'))
  const wrong = lasting.filter((row) => readText(row).transient === 'yes').map((row) => row.id)
  assert.deepEqual(wrong, [])
})

test('no signature of config says yes', () => {
  assert.deepEqual(
    SIGNATURES.filter(({ cause, transient }) => cause === 'config' && transient === 'yes').map(({ name }) => name),
    [],
  )
})

test('every signature is the first to read its own example', () => {
  for (const { name, example } of [...SIGNATURES, ...LAST_SIGNATURES]) assert.equal(readIn(example).signature, name, example)
})

test('signature names are unique', () => {
  assert.equal(new Set(SIGNATURES.map(({ name }) => name)).size, SIGNATURES.length)
})

const NEUTRON_503 = 'HttpException: 503: Server Error for url: http://n.example.net:9696/v2.0/ports/1, Service Unavailable'

/** Pairs of one wrapper: what is inside must decide. */
const PAIRS: [text: string, cause: string, transient: string][] = [
  [`Could not remove VIF a of node b, possibly a network issue: ${NEUTRON_503}`, 'api-unreachable', 'yes'],
  [
    'Could not remove VIF a of node b, possibly a network issue: HttpException: 500: Server Error for url: http://n:9696/v2.0/ports/1, Failed to connect to Netmiko switch.',
    'network-fabric',
    'maybe',
  ],
  ['Could not remove VIF a of node b, possibly a network issue: something new', 'network-fabric', 'maybe'],
  [
    'Failed to get volume a from cinder for node b: Unable to establish connection to http://k:5000/v3/auth/tokens: refused',
    'api-unreachable',
    'yes',
  ],
  ['Failed to get volume a from cinder for node b: HttpException: 503: Server Error for url: http://c:8776/v3/volumes/a', 'storage', 'yes'],
  [
    'Failed to get volume a from cinder for node b: ResourceNotFound: 404: Client Error for url: http://c:8776/v3/volumes/a',
    'storage',
    'no',
  ],
  ['Timeout reached while waiting for callback for node a', 'agent', 'maybe'],
  [
    'Timeout reached while waiting for callback for node a. Also failed to clean up due to: IPMI call failed: power off.',
    'bmc-fault',
    'maybe',
  ],
  [
    "Timeout reached while waiting for callback for node a. Also failed to clean up due to: 'NoneType' object has no attribute 'x'",
    'agent',
    'maybe',
  ],
  ['Failed to tear down. Error: IPMI call failed: power status.', 'bmc-unreachable', 'maybe'],
  ['Failed to tear down: IPMI call failed: power off.', 'bmc-fault', 'maybe'],
  [
    'Redfish exception occurred. Error: HTTP POST https://b/redfish/v1/Systems/1/Actions/ComputerSystem.Reset returned code 503. Base.1.8.ServiceTemporarilyUnavailable: later',
    'bmc-fault',
    'yes',
  ],
  [
    'Redfish exception occurred. Error: HTTP POST https://b/redfish/v1/Systems/1/Actions/ComputerSystem.Reset returned code 401. Base.1.8.GeneralError: no',
    'bmc-fault',
    'no',
  ],
  ['Redfish exception occurred. Error: HTTP GET https://b/redfish/v1/Systems/1 returned code 500. unknown error', 'bmc-fault', 'maybe'],
  ['Redfish exception occurred. Error: Resource /redfish/v1/Systems/9 not found', 'config', 'no'],
  ['Clean step deploy.erase_devices failed on node a. Error erasing block device: Input/output error', 'storage', 'no'],
  ['Clean step deploy.erase_devices failed on node a. something new', 'agent', 'maybe'],
  [
    "Unable to connect to https://b/redfish/v1/. Error: HTTPSConnectionPool(host='b', port=443): Read timed out. (read timeout=60)",
    'bmc-unreachable',
    'maybe',
  ],
  [
    "Failed to connect to the agent running on node a for invoking command x. Error: HTTPSConnectionPool(host='b', port=9999): Read timed out.",
    'agent',
    'maybe',
  ],
  ['Operation was aborted due to conductor take over', 'api-unreachable', 'yes'],
  ['By request, the clean operation was aborted', 'config', 'no'],
  ['something entirely new', 'unknown', 'maybe'],
  ['', 'unknown', 'maybe'],
]

test('never says yes where the words are of credentials, certificates or rights', () => {
  const broken = 'Unable to establish connection to http://10.0.0.10:5000/v3/auth/tokens: refused'
  assert.equal(readIn(`Failed to tear down: ${broken}`).transient, 'yes')
  const words = ['credentials', 'certificate', 'Forbidden', 'access denied', 'AccessDenied', 'unauthorised', 'unauthorized', 'licence']
  for (const word of [...words, 'not authorised', 'not authorized', 'HTTP 401', 'HTTP 403'])
    assert.equal(readIn(`Failed to tear down: ${broken}, ${word}`).transient, 'maybe', word)
})

test('reads the failure after "Also" in every form that Ironic writes it', () => {
  const first = 'By request, the clean operation was aborted'
  for (const also of [
    '. Also failed to clean up due to: IPMI call failed: power off.',
    '. Also Failed to tear down cleaning on node 1, reason: IPMI call failed: power off.',
  ])
    assert.equal(readIn(first + also).cause, 'bmc-fault', also)
})

test('asks single words of a sentence only, not of a page', () => {
  const weak = 'The volume went sideways'
  assert.equal(readIn(weak).cause, 'storage')
  assert.equal(readIn(`<!DOCTYPE html><p>${weak}</p>`).cause, 'unknown')
  assert.equal(readIn(`${weak} ${'and so on '.repeat(100)}`).cause, 'unknown')
  assert.equal(readIn(`${weak}: <html></html>`).cause, 'storage')
  const long = `${weak} ${'and on '.repeat(200)}`
  assert.equal(readIn(long.slice(0, 1_000)).cause, 'storage')
  assert.equal(readIn(long.slice(0, 1_001)).cause, 'unknown')
})

test('what is inside a wrapper wins over the wrapper', () => {
  for (const [text, cause, transient] of PAIRS) {
    const reading = readIn(text)
    assert.deepEqual({ cause: reading.cause, transient: reading.transient }, { cause, transient }, text)
  }
})

/** Every phase of Ironic's has its own sentence around the same exceptions. */
const PHASES = [
  'Failed to tear down: ',
  'Failed to tear down. Error: ',
  'Failed to prepare node 1 for cleaning: ',
  'Failed to prepare to deploy: ',
  'Failed to prepare to deploy. Exception: ',
  "Node 1 failed step {'interface': 'deploy', 'step': 'x', 'args': {}}: ",
  'Async execution of _do_node_tear_down failed with error: ',
  'Failed to inspect hardware. Reason: unable to start inspection: ',
  'Deploy step deploy.deploy failed: ',
  'Failed to tear down from cleaning for node 1, reason: ',
  'Failed to unrescue instance 1 for node 2: ',
  "Failed to change power state to 'power off' by 'power off': ",
  'Failed to provision instance 1: ',
]

test('an exception has the same cause in every phase', () => {
  for (const { name, cause, example } of SIGNATURES) {
    for (const phase of PHASES) assert.equal(readIn(phase + example).cause, cause, `${phase}${name}`)
  }
})

test('a bare broken line is the BMC where Ironic speaks with nothing else', () => {
  assert.equal(readIn('No route to host', 'enroll').cause, 'bmc-unreachable')
  assert.equal(readIn('No route to host', 'error').cause, 'unknown')
})

test('names the service that an address or the words point at', () => {
  assert.equal(readIn(`Failed to tear down: ${NEUTRON_503}`).service, 'neutron')
  assert.equal(readIn('Failed to tear down: Request to http://10.0.0.10:5000/v3/auth/tokens timed out').service, 'keystone')
  assert.equal(
    readIn('Failed to tear down: Unable to establish connection to https://cloud.example.net/networking/v2.0/ports').service,
    'neutron',
  )
  const document = readIn(
    'Failed to tear down: Unable to find a version discovery document at http://cloud.example.net/network, the service',
  )
  assert.deepEqual([document.cause, document.service], ['api-unreachable', 'neutron'])
  assert.equal(readIn('Failed to prepare to deploy: Failed to connect to Glance to get the properties of the image a').service, 'glance')
  assert.equal(readIn('Failed to tear down: IPMI call failed: power status.').service, null)
})

const HOSTILE: Record<string, string> = {
  '1 MB of one letter': 'a'.repeat(1_000_000),
  '1 MB of spaces': ' '.repeat(1_000_000),
  'openings without an end': 'Node x failed step {'.repeat(50_000),
  'nested wrappers': 'Failed to tear down: '.repeat(50_000),
  'half addresses': "https://host='".repeat(50_000),
  'digits and dots': '10.0.0.1:9696/'.repeat(50_000),
  'words of many patterns': 'missing image disk checksum invalid driver_info not volume switch failed '.repeat(20_000),
  binary: String.fromCharCode(...Array.from({ length: 60_000 }, (_, index) => index % 256)),
  surrogates: '\ud800\udfff\udc00'.repeat(100_000),
}

test('long, binary and hostile texts are read in bounded time', () => {
  for (const [name, text] of Object.entries(HOSTILE)) {
    const before = process.cpuUsage()
    readIn(text)
    const { user, system } = process.cpuUsage(before)
    // 250 ms of processor time is a hundred times what an honest text needs and far below what backtracking would take.
    assert.ok(user + system < 250_000, `${name}: ${(user + system) / 1000} ms`)
  }
})

test('a cause that stands at the end of a very long text is still found', () => {
  assert.equal(readIn(`Failed to tear down: ${'x '.repeat(500_000)} IPMI call failed: power status.`).cause, 'bmc-unreachable')
})

const IN_STEP = 'Clean step deploy.erase_devices failed on node a. something new'

test('names what told: the signature, the sentence around an unknown text, or nothing', () => {
  assert.deepEqual(readIn('something entirely new'), { cause: 'unknown', transient: 'maybe', signature: 'unrecognised', service: null })
  assert.equal(readIn('').signature, 'unrecognised')
  const { cause, signature } = readIn(IN_STEP)
  assert.deepEqual([cause, signature.startsWith('in-'), signature.length > 3], ['agent', true, true])
})

test('keeps the last wrapper that says something, under those that say nothing', () => {
  assert.equal(readIn(`Failed to tear down: ${IN_STEP}`).signature, readIn(IN_STEP).signature)
  const inside = 'Clean step deploy.erase_devices failed on node a. Failed to tear down: something new'
  assert.equal(readIn(inside).signature, readIn(IN_STEP).signature)
})

test('takes off twelve sentences and no more', () => {
  assert.equal(readIn(`${'Failed to tear down: '.repeat(11)}${IN_STEP}`).cause, 'agent')
  assert.equal(readIn(`${'Failed to tear down: '.repeat(12)}${IN_STEP}`).signature, 'unrecognised')
})

test('reads the failure while cleaning up by itself, where it is known', () => {
  const both = 'By request, the clean operation was aborted. Also failed to clean up due to: IPMI call failed: power off.'
  assert.equal(readIn(both).signature, readIn('IPMI call failed: power off.').signature)
  const unknown = 'IPMI call failed: power off. Also failed to clean up due to: something new'
  assert.equal(readIn(unknown).signature, readIn('IPMI call failed: power off.').signature)
  assert.equal(readIn(`Something new. Also failed to clean up due to: ${IN_STEP}`).signature, readIn(IN_STEP).signature)
})

test('reads a text whole up to 8 KiB, and of a longer one both ends', () => {
  // Its middle is inside a word.
  const cause = '  IPMI call failed: power status. '
  const around = (length: number) => {
    const half = 'x'.repeat((length - cause.length) / 2)
    return readIn(half + cause + half + 'x'.repeat((length - cause.length) % 2)).cause
  }
  assert.equal(around(8192), 'bmc-unreachable')
  assert.notEqual(around(8194), 'bmc-unreachable')
  assert.equal(around(100_000), 'unknown')
})

test('reads through line breaks, runs of blanks, unprintable characters and curly apostrophes', () => {
  assert.equal(readIn('IPMI\r\n  call\u0000\u0001\u0002 failed:\tpower   status.').cause, 'bmc-unreachable')
  assert.equal(readIn(`\n ${IN_STEP}`).cause, 'agent')
  const died = "The deleting state can't be resumed by conductor c-1. Moving to fail state."
  assert.equal(readIn(died.replace("'", '’')).signature, readIn(died).signature)
  assert.notEqual(readIn(died).signature, 'unrecognised')
})
