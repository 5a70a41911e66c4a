import assert from 'node:assert/strict'
import { test } from 'node:test'
import { repeats } from './repeats.ts'

const MINUTE = 60_000

function given() {
  let now = 0
  const lines: string[] = []
  const said = repeats({ now: () => now, monotonic: () => now }, (level, message, fields = {}) => {
    lines.push([level, message, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(' '))
  })
  const poll = { level: 'warn', message: 'poll failed', about: { cloud: 'prod' } } as const
  return {
    lines,
    poll,
    said,
    pass: (ms: number) => {
      now += ms
    },
  }
}

test('the same trouble is said once, then hourly with how often it was, and once when it is over', () => {
  const { lines, poll, said, pass } = given()
  for (let at = 0; at < 4 * 150; at += 1) {
    said.failed(poll, new Error(`502 Bad Gateway (req-${at}-1234abcd)`))
    pass(MINUTE / 4)
  }
  said.works(poll)
  said.works(poll)
  assert.deepEqual(lines, [
    'warn poll failed cloud=prod error=502 Bad Gateway (req-0-1234abcd)',
    'warn poll failed cloud=prod error=502 Bad Gateway (req-240-1234abcd) times=240 minutes=60',
    'warn poll failed cloud=prod error=502 Bad Gateway (req-480-1234abcd) times=240 minutes=120',
    'info poll failed: over cloud=prod times=600 minutes=150',
  ])
})

test('another trouble in its place is said at once, and one of another cloud is another trouble', () => {
  const { lines, poll, said } = given()
  said.failed(poll, new Error('refused'))
  said.failed(poll, new Error('502'))
  said.failed({ ...poll, about: { cloud: 'lab' } }, new Error('502'))
  said.failed(poll, new Error('502'))
  assert.deepEqual(lines, [
    'warn poll failed cloud=prod error=refused',
    'warn poll failed cloud=prod error=502',
    'warn poll failed cloud=lab error=502',
  ])
})

test('what never failed is not said to work', () => {
  const { lines, poll, said } = given()
  said.works(poll)
  assert.deepEqual(lines, [])
})
