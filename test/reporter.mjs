/**
 * Node's spec reporter, with the counts last and as `# pass 12`, `# fail 0`: spec prints them above the details of failures
 * and with a sign of its own, so a log that is cut at its end, or a program that looks for them, would miss them.
 */
import { Readable } from 'node:stream'
import { spec } from 'node:test/reporters'

const COUNT = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/

export default async function* reporter(events) {
  const counts = []
  async function* withoutCounts() {
    for await (const event of events) {
      if (event.type === 'test:diagnostic' && event.data.nesting === 0 && COUNT.test(event.data.message)) counts.push(event.data.message)
      else yield event
    }
  }
  for await (const text of Readable.from(withoutCounts()).compose(new spec())) yield text
  yield `\n${counts.map((count) => `# ${count}\n`).join('')}`
}
