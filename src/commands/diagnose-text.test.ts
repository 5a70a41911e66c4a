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

const read = (text: string) => diagnoseText({ text, ...USUAL_NODE })

test('what is no message of Ironic is unknown, and is said to be', () => {
  const page = `<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>You must be logged in. Your password is required.</form></body></html>`
  const prose = 'The quick brown fox must be quick, and every volume of the port is required to be a switch. '
  const cases: Record<string, string> = {
    nothing: '',
    'blanks only': ' \n\t ',
    'one letter over a megabyte': 'x'.repeat(1_000_000),
    'prose over a megabyte': prose.repeat(11_000),
    binary: String.fromCharCode(...Array.from({ length: 4_096 }, (_, index) => (index * 7) % 256)),
    German: 'Der Rechner lässt sich nicht einschalten.',
    Chinese: '裸金属服务器无法装机 磁盘一直初始化中 最终显示部署失败。',
    'a page': page,
    redacted: '** Value Redacted - Requires baremetal:node:get:last_error permission. **',
    'redacted otherwise': '** Redacted - requires baremetal:node:get_reservation permission **',
    'JSON that holds no message': '{"a":{"b":[1,2,{"c":null}]}}',
  }
  for (const [name, text] of Object.entries(cases)) assert.deepEqual([read(text).cause, read(text).transient], ['unknown', 'maybe'], name)
})

test('a message is found inside of what others wrapped around it', () => {
  const fault = '{"error_message": "{\\"faultcode\\": \\"Client\\", \\"faultstring\\": \\"Node 1 is locked by host c-1, please retry\\"}"}'
  assert.equal(read(fault).cause, 'locked')
  const page =
    'Failed to tear down: HttpException: 502: Server Error for url: http://n:9696/v2.0/ports, <html><title>502 Bad Gateway</title></html>'
  assert.deepEqual([read(page).cause, read(page).transient], ['api-unreachable', 'yes'])
  assert.equal(
    read(`${'log line without a meaning\n'.repeat(40_000)}Failed to tear down: IPMI call failed: power status.`).cause,
    'bmc-unreachable',
  )
})

test('reads a thousand texts well within a second, whatever they are', () => {
  const texts = ['Failed to tear down: IPMI call failed: power status.', 'something entirely new', 'x '.repeat(2_000)]
  const before = process.cpuUsage()
  for (let i = 0; i < 1_000; i += 1) read(texts[i % texts.length] ?? '')
  const { user, system } = process.cpuUsage(before)
  // 10,000 in 2 s is the aim; a thousand get five times their share here, since slow machines under load must pass too.
  assert.ok(user + system < 1_000_000, `${(user + system) / 1000} ms`)
})
