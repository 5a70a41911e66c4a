/** Where the trouble with a BMC is said to sit: by how it answers, and by how its neighbours do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW } from '../../test/given.ts'
import { CAUSES, PLACES } from './decision.ts'
import type { BmcLook, BmcPeers, PeersOn } from './observation.ts'
import { onTheWay, type PlaceAsked, placeOf, whereToLook } from './place.ts'
import { DAY, MINUTE } from './policy.ts'
import { absent, known, unknown } from './reading.ts'

const look = (kind: BmcLook['kind'], hangs?: true) => known({ kind, detail: 'd', at: NOW, ...(hangs === true ? { hangs } : {}) })
const seen = (count: number): PlaceAsked['run'] => ({ kind: 'silent', count, firstAt: NOW, lastAt: NOW })
const on = (kind: PeersOn['kind'], together: number, failing = together, nodes = 8): PeersOn => ({
  kind,
  value: 'x',
  nodes,
  failing,
  together,
})
const peers = (looked: number, reached: number, ...shared: PeersOn[]) =>
  known<BmcPeers>({ bmcs: { network: '10.0.3.0/24', looked, reached }, shared })

/** A BMC that two looks found silent, of which Ironic said that IPMI failed, and nobody around was looked at. */
const placed = (difference: Partial<PlaceAsked> = {}) =>
  placeOf({
    cause: 'bmc-unreachable',
    said: { cause: 'bmc-unreachable', signature: 'ipmi-no-answer' },
    look: look('silent'),
    run: seen(2),
    flaps: null,
    again: 0,
    deniedFor: null,
    peers: peers(0, 0),
    ...difference,
  })
const place = (difference: Partial<PlaceAsked> = {}) => placed(difference)?.place
const why = (difference: Partial<PlaceAsked> = {}) => placed(difference)?.why ?? ''

test('only a cause of the BMC has a place', () => {
  const with4 = { peers: peers(4, 4) }
  const placing = CAUSES.filter((cause) => placed({ cause, ...with4 }) !== null)
  assert.deepEqual(placing, ['bmc-unreachable', 'bmc-fault'])
})

test('only this node: the others on its network answer, so it is not the switch', () => {
  assert.equal(place({ peers: peers(4, 4) }), 'nic-or-cable')
  assert.match(
    why({ peers: peers(4, 4) }),
    /^Only this node: 4 other BMCs on 10\.0\.3\.0\/24 answer, so this BMC, its NIC or its cable is likelier than the switch/,
  )
  assert.match(why({ peers: peers(1, 1) }), /^Only this node: 1 other BMC on 10\.0\.3\.0\/24 answers, /)
  assert.match(why({ peers: peers(5, 3) }), /^Not the network: 3 of 5 other BMCs on 10\.0\.3\.0\/24 answer, /)
})

test('all of them: those that failed with it within the hour are silent, too, so it is the network', () => {
  const all = { peers: peers(6, 0, on('bmc-network', 6)) }
  assert.equal(place(all), 'network')
  assert.equal(
    why(all),
    'Not only this node: 6 others on the BMC network x failed on their BMCs within an hour of it. All 6 others looked at on it are silent, too. The switch or the network is likelier than this BMC.',
  )
  assert.match(why({ peers: peers(1, 0, on('bmc-network', 2)) }), /The other one looked at on it is silent, too\./)
  assert.doesNotMatch(why({ peers: peers(0, 0, on('bmc-network', 2)) }), /looked at/)
})

test('where all that failed hang on one rack or switch, that is accused and not the network', () => {
  assert.equal(place({ peers: peers(6, 0, on('bmc-network', 6), on('rack', 6)) }), 'switch')
  for (const shared of [
    [on('bmc-network', 6), on('rack', 2)],
    [on('rack', 2), on('bmc-network', 6)],
  ])
    assert.equal(place({ peers: peers(6, 0, ...shared) }), 'network')
  assert.equal(place({ peers: peers(6, 5, on('switch', 2)) }), 'switch')
  assert.match(why({ peers: peers(6, 5, on('switch', 2)) }), /^Not only this node: 2 others on the switch x /)
  assert.equal(place({ peers: peers(6, 2, on('bmc-network', 4)) }), 'switch')
  assert.equal(place({ peers: peers(6, 4, on('bmc-network', 4)) }), 'nic-or-cable')
  assert.match(why({ peers: peers(6, 2, on('bmc-network', 4)) }), /Of 6 other BMCs looked at on 10\.0\.3\.0\/24, 2 answer\./)
})

test('neighbours that are dead for long accuse nobody, and one alone is no pattern', () => {
  assert.equal(place({ peers: peers(2, 0, on('bmc-network', 0, 2)) }), null)
  assert.match(
    why({ peers: peers(2, 0, on('bmc-network', 0, 2)) }),
    /of the 2 others looked at .* none answers, but they did not fail together with it/,
  )
  assert.equal(place({ peers: peers(1, 0, on('bmc-network', 1)) }), null)
  assert.equal(place({ peers: peers(1, 0, on('bmc-network', 0, 0, 5)) }), null)
  assert.equal(place({ peers: peers(4, 4, on('bmc-network', 2, 2)) }), 'nic-or-cable')
})

test('where nobody was looked at, only many on record without trouble speak, and else nothing is named', () => {
  assert.equal(place({ peers: peers(0, 0, on('bmc-network', 0, 0, 5)) }), 'nic-or-cable')
  assert.match(why({ peers: peers(0, 0, on('bmc-network', 0, 0, 5)) }), /^Only this node: of 5 others on record on x none has an open case/)
  for (const asked of [
    peers(0, 0),
    peers(0, 0, on('bmc-network', 0, 0, 1)),
    peers(0, 0, on('bmc-network', 0, 1, 5)),
    unknown('late'),
    absent('none'),
  ]) {
    assert.equal(place({ peers: asked }), null)
    assert.match(why({ peers: asked }), /^Whether it is only this BMC is not known: no other one/)
  }
})

test('a silence or a refusal is a place only when it was seen twice', () => {
  assert.equal(placed({ run: seen(1), peers: peers(4, 4) }), null)
  assert.equal(placed({ run: null, peers: peers(4, 4) }), null)
  assert.equal(placed({ look: look('refusing'), run: seen(1) }), null)
  assert.equal(place({ look: look('refusing') }), 'bmc')
})

test('what hangs, answers wrongly or refuses has a line that works: the BMC itself', () => {
  assert.equal(place({ look: look('faulty', true) }), 'bmc')
  assert.match(why({ look: look('faulty', true) }), /^Its network part answers and its management software does not/)
  assert.equal(place({ look: look('silent', true), run: null }), 'bmc')
  assert.match(why({ look: look('faulty') }), /^It answers, so the line to it works/)
  assert.match(why({ look: look('refusing') }), /nobody listens/)
})

test('one that flaps has its cable, NIC or port before its firmware, unless others fail with it', () => {
  assert.equal(place({ flaps: 3 }), 'nic-or-cable')
  assert.equal(place({ flaps: 3, look: look('answers') }), 'nic-or-cable')
  assert.match(why({ flaps: 3 }), /^It stopped answering 3 times within a day .* likelier than its firmware\.$/)
  assert.equal(place({ flaps: 3, peers: peers(6, 0, on('bmc-network', 6)) }), 'network')
})

test('one that answers was refused, or has a fault of its own, or its credentials are doubted after a reset failed again', () => {
  const answers = { look: look('answers') }
  assert.equal(placed(answers), null)
  assert.equal(place({ ...answers, again: 1 }), 'credentials')
  assert.equal(place({ ...answers, deniedFor: 15 * MINUTE }), 'credentials')
  assert.equal(place({ ...answers, deniedFor: 15 * MINUTE - 1 }), undefined)
  assert.match(why({ ...answers, deniedFor: DAY }), /yet Ironic's power sync does not get it back: its credentials/)
  assert.equal(place({ ...answers, said: { cause: 'bmc-fault', signature: 'bmc-not-permitted' } }), 'credentials')
  assert.equal(place({ ...answers, said: { cause: 'bmc-fault', signature: 'bmc-licence' }, flaps: 3 }), 'credentials')
  assert.equal(place({ ...answers, said: { cause: 'bmc-fault', signature: 'power-state-not-reached' }, again: 2 }), 'bmc')
})

test('one that answers again after it failed together with others had a trouble of what they share', () => {
  const shared = { look: look('answers'), peers: peers(2, 2, on('rack', 3)) }
  assert.equal(place(shared), 'switch')
  assert.equal(place({ ...shared, again: 1 }), 'credentials')
})

test('where this host cannot see, the text and the record speak', () => {
  const blind = { look: unknown('no route') }
  assert.equal(placed(blind), null)
  assert.equal(placed({ ...blind, again: 3, peers: peers(4, 4) }), null)
  assert.equal(place({ ...blind, said: { cause: 'bmc-fault', signature: 'bmc-licence' } }), 'credentials')
  assert.equal(place({ ...blind, said: { cause: 'bmc-fault', signature: 'bmc-error-answer' } }), 'bmc')
  assert.equal(place({ ...blind, said: null, peers: peers(0, 0, on('rack', 3)) }), 'switch')
  assert.equal(place({ ...blind, peers: known({ bmcs: null, shared: [on('rack', 3)] }) }), 'switch')
})

test('every place says what to look at first, and without one nothing comes first', () => {
  for (const one of PLACES) assert.match(whereToLook(one), /^Look at .* first[,:.]/)
  assert.equal(whereToLook(null), 'Look at the BMC, its NIC, cable and switch port.')
})

test('each place without neighbours is said with its reason', () => {
  const answers = { look: look('answers') }
  assert.equal(
    why({ ...answers, said: { cause: 'bmc-fault', signature: 'bmc-not-permitted' } }),
    'The BMC answered Ironic and refused: its credentials or licence are likelier than its NIC, its cable or the switch.',
  )
  assert.equal(
    why({ ...answers, said: { cause: 'bmc-fault', signature: 'power-state-not-reached' } }),
    "Ironic's text is of a BMC that answered, so the line to it works: the BMC itself is likelier than its NIC, its cable or the switch.",
  )
  assert.equal(
    why({ ...answers, again: 1 }),
    "It answers whoever asks without a password, yet Ironic's own calls failed again after a reset: its credentials, or the conductor's way to it, are likelier than its NIC or its cable.",
  )
})

test('what others failed with is named by its own word, and each count by its number', () => {
  assert.equal(
    why({ peers: peers(0, 0, on('bmc-network', 2)) }),
    'Not only this node: 2 others on the BMC network x failed on their BMCs within an hour of it. The switch or the network is likelier than this BMC.',
  )
  assert.match(why({ peers: peers(3, 3, on('rack', 2)) }), /^Not only this node: 2 others on the rack x failed/)
  assert.match(why({ peers: peers(1, 1, on('bmc-network', 2)) }), / Of 1 other BMC looked at on 10\.0\.3\.0\/24, 1 answers\. /)
  // A switch that others failed on says nothing of the network, whose others are all silent.
  assert.equal(place({ peers: peers(2, 0, on('switch', 3), on('bmc-network', 1)) }), 'switch')
  // Two on record are witnesses enough; those of the switch are none.
  assert.equal(place({ peers: peers(0, 0, on('bmc-network', 0, 0, 2)) }), 'nic-or-cable')
  assert.equal(place({ peers: peers(0, 0, on('switch', 0, 0, 5)) }), null)
})

test('the way to a BMC is its cable, its switch and its network, and not what it is or what it is told', () => {
  assert.deepEqual(PLACES.filter(onTheWay), ['nic-or-cable', 'switch', 'network'])
  assert.equal(onTheWay(null), false)
})
