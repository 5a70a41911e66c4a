/** A history as timeline and picture: what is on it, that text is escaped, and that the same history is drawn the same to the byte. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playSeed } from '../src/cli/simulation/history.ts'
import { pictureOf } from '../src/cli/simulation/picture.ts'
import { playScript } from '../src/cli/simulation/script-play.ts'
import { timelineText } from '../src/cli/simulation/timeline.ts'
import { type TraceEntry, trace } from '../src/cli/simulation/trace.ts'
import { DEFAULT_POLICY, HOUR, MINUTE } from '../src/core/policy.ts'

const policy = { ...DEFAULT_POLICY, mode: 'auto' as const }

const SCRIPT = `site conductors=2
node n1 active
node n2 active
node n10 active rack=2
service cinder 503 share=40% for 5m
conductor conductor-2 dies for 2m
fail n10 "Failed to tear down: IPMI call failed: power status."
advance 30s
crash now back=20s
advance 20m
`

async function drawn(script: string): Promise<{ picture: string; entries: TraceEntry[] }> {
  const { entries, history } = await playScript(script, policy, trace())
  return { picture: pictureOf(entries, { title: 'a <title> & more', began: history.began }), entries }
}

const texts = (picture: string): string[] => [...picture.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text)
const titles = (picture: string): string[] => [...picture.matchAll(/<title>([^<]*)<\/title>/g)].map(([, text = '']) => text)

test('a picture has a row for each troubled node, a lane for what befell the cloud, and a mark for each act', async () => {
  const { picture, entries } = await drawn(SCRIPT)
  assert.deepEqual(
    texts(picture).filter((text) => ['n1', 'n2', 'n10', 'cinder', 'conductor-2', 'operator'].includes(text)),
    ['cinder', 'conductor-2', 'operator', 'n10'],
  )
  const acts = entries.filter((entry) => entry.kind === 'decision' && entry.says.startsWith('act')).length
  assert.ok(acts > 0)
  assert.equal(picture.match(/class="mark (act|tried)"/g)?.length, acts)
  assert.ok(titles(picture).includes('0:00:00 to 0:05:00 service cinder 503 share=40% for 5m'))
  assert.ok(titles(picture).includes('0:00:30 to 0:00:50 crash now back=20s'))
  assert.ok(titles(picture).some((title) => /^0:0\d:\d\d reset, accepted: /.test(title)))
})

test('each mark stands so far from its neighbour that none hides another', async () => {
  const at = 1_000_000
  const one = (after: number): TraceEntry => ({
    ...{ kind: 'decision', at: at + after, node: 'n1', says: 'act x', message: 'm', act: 'reset', outcome: 'refused' },
  })
  const picture = pictureOf([one(0), one(1), one(2), one(HOUR)], { title: 't', began: at })
  const places = [...picture.matchAll(/class="mark tried"[^>]*><title>[^<]*<\/title><path d="M([\d.]+)/g)].map(([, x]) => Number(x))
  assert.equal(places.length, 4)
  for (const [index, x] of places.entries()) assert.ok(index === 0 || x - (places[index - 1] ?? 0) >= 10, places.join(' '))
})

test('text is escaped, nothing is fetched and no script runs', async () => {
  const { picture } = await drawn('node n1 active\nfail n1 "<script>alert(1)</script> & \\"more\\""\nadvance 2m\n')
  assert.match(picture, /<h1>a &lt;title&gt; &amp; more<\/h1>/)
  assert.match(picture, /&lt;script&gt;alert\(1\)/)
  assert.doesNotMatch(picture, /<script|<link|<img|href=|src=|url\(/)
})

test('a long silence is cut out of the axis, and says how long it was', async () => {
  const { picture } = await drawn(
    'operator mode=auto every=30m\nsite sync=0s\nnode n1 active\nnode n2 active\nbmc n1 silent\ndelete n1\nadvance 25h\n',
  )
  assert.ok(titles(picture).some((title) => /^\d+ h( \d+ min)? in which nothing happened are left out$/.test(title)))
})

test("a person's maintenance over Ironic's fault is drawn as a person's", async () => {
  const { picture } = await drawn('node n1 active\nbmc n1 silent\ndelete n1\nadvance 10m\nmaintenance n1 reason="mine"\nadvance 1m\n')
  assert.ok(titles(picture).includes("0:10:00 n1: error, maintenance: a person's"))
})

test('timeline and picture of one seed are the same to the byte twice', async () => {
  const both = async (): Promise<[string, string]> => {
    const { entries, began } = await playSeed(5, { policy, storm: 3 * MINUTE, watched: trace() })
    return [timelineText(entries, began), pictureOf(entries, { title: 'Seed 5', began })]
  }
  const [one, two] = [await both(), await both()]
  assert.ok(one[0].length > 1_000 && one[1].length > 5_000)
  assert.deepEqual(two, one)
})
