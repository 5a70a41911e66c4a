/** What a run's text and JSON say: which deeds are faults, and of a promise that nothing asked that it was not asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_POLICY } from '../../core/policy.ts'
import { faultDeeds, faultsOf, otherDeeds } from './faults-sum.ts'
import { addTo, emptySums, reportJson, reportText, type Sums } from './report.ts'
import { playScript } from './script-play.ts'

const ASKED = { seed: 1, replay: (seed: number) => `seed ${seed}` }

const given = (sums: Partial<Sums>): Sums => ({ ...emptySums(), histories: 1, ...sums })

test('a promise that nothing put to the question was not asked, one that was is kept or broken', () => {
  const found = [{ promise: 'S2' as const, at: 0, node: null, what: 'it was broken', entries: [] }]
  const sums = given({
    checked: new Map([
      ['S1', 4],
      ['S2', 4],
    ]),
    broken: [{ seed: 1, found, shrunk: null }],
  })
  const text = reportText(sums, ASKED, false)
  assert.match(text, /^ {2}S1 +kept +a reset .*\(4\)$/m)
  assert.match(text, /^ {2}S2 +BROKEN +no reset .*\(1 of 4\)$/m)
  assert.match(text, /^ {2}S3 +not asked +a person's .*\(0\)$/m)
  assert.deepEqual(
    reportJson(sums, ASKED)
      .promises.slice(0, 3)
      .map(({ verdict }) => verdict),
    ['kept', 'broken', 'not asked'],
  )
})

test('the sum of faults has the deeds that are faults and the requests that one met, and nothing else that was done', () => {
  const sums = given({
    deeds: new Map([
      ['bmc silent', 2],
      ['bmc ok', 3],
      ['cleaning step-fails', 1],
      ['service neutron down', 1],
      ...['lull', 'launch', 'delete', 'wake', 'sweep', 'retry', 'release', 'unhold', 'rack ok', 'stays', 'ambush before-mark'].map(
        (name): [string, number] => [name, 7],
      ),
      ['crash writing', 5],
    ]),
    sprung: new Map([
      ['crash writing', 2],
      ['ambush before-mark', 4],
    ]),
    met: new Map([['neutron down', 10]]),
  })
  assert.deepEqual(Object.fromEntries(faultDeeds(sums)), {
    'bmc silent': 2,
    'cleaning step-fails': 1,
    'service neutron down': 1,
    'crash writing': 2,
  })
  assert.equal(faultsOf(sums), 16)
  const others = otherDeeds(sums)
  assert.deepEqual([others.get('bmc ok'), others.get('ambush before-mark'), others.get('stays')], [3, 4, 0])
  const text = reportText(sums, ASKED, false)
  assert.match(text, /Faults: 16, of which 6 deeds and 10 requests/)
  assert.match(text, /2 {2}crash writing \(of 5 announced\).*Also done, not counted.*4 {2}ambush before-mark \(of 7 announced\)/s)
  assert.deepEqual(reportJson(sums, ASKED).faults.deeds, Object.fromEntries(faultDeeds(sums)))
})

/** An ambush that does something, one that nothing fits, one whose moment never comes; a life that dies as it writes, and one that has nothing to write. */
const WATCHED = `site seed=3
node n1 active
node n2 active
operator mode=auto
advance 1m
ambush before-mark "lock @ 40s"
ambush before-verb "launch @"
ambush before-quarantine "hold @ for 10m"
stays "service cinder down"
fail n1 "Failed to tear down: IPMI call failed: power status."
advance 10m
crash writing step=0
fail n2 "Failed to tear down: IPMI call failed: power status."
advance 20m
crash writing step=1
`

test('a history knows which ambushes sprang and did something, and behind which await a life died', async () => {
  const { history } = await playScript(WATCHED, { ...DEFAULT_POLICY, mode: 'auto' })
  assert.deepEqual(Object.fromEntries(history.sprung), { 'ambush before-mark': 1, 'crash writing': 1 })
  assert.deepEqual([...history.diedAt], [[0, 1]])
  assert.deepEqual([history.deeds.get('ambush before-mark'), history.deeds.get('crash writing'), history.deeds.get('lock')], [1, 2, 1])
  const sums = emptySums()
  addTo(sums, history, null)
  assert.deepEqual([sums.sprung.get('crash writing'), sums.diedAt.get(0)], [1, 1])
})

test('what stays broken is counted in the calm, once it is broken', async () => {
  const { history } = await playScript(
    `site seed=3\nnode n1 active\nadvance 1m\nstays "service cinder down"\nstays "launch n1"\ncalm\n`,
    DEFAULT_POLICY,
  )
  assert.deepEqual([history.deeds.get('stays'), history.sprung.get('stays')], [2, 1])
})
