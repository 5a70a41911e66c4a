/** Which key is taken for what several nodes have in common, when an incident begins, and when a case leaves it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, type Difference, given, incident, NOW } from '../../test/given.ts'
import type { IncidentSums, KeyKind, Keys } from './fleet.ts'
import { horizonOf, OUTAGE_MS, sharedBy } from './incident.ts'
import { DAY, DEFAULT_POLICY, HOUR, MINUTE } from './policy.ts'

const shared = (difference: Difference) => sharedBy(given(difference))

/** The key taken where so many failures share each of these. */
const taken = (related: Partial<Record<KeyKind, number>>, own?: Partial<IncidentSums> & { key: KeyKind }): string | undefined => {
  const keys = Object.fromEntries(Object.keys(related).map((kind) => [kind, `the-${kind}`])) as Keys
  const incidents = own === undefined ? {} : { [own.key]: incident({ value: `the-${own.key}`, isOwn: true, ...own }) }
  return shared({ keys, fleet: { related, incidents } })?.kind
}

test('takes more than a twentieth of a class for one incident, where a key is shared', () => {
  const seen = (openInClass: number, related: number) =>
    shared({ fleet: { openInClass, related: { switch: related }, census: { inClass: 60 } } })?.kind
  assert.equal(seen(3, 2), undefined)
  assert.equal(seen(4, 2), 'switch')
  assert.equal(seen(4, 1), undefined)
})

test('takes a share of a class for an incident only from three cases on, and of a class whose size is known', () => {
  const seen = (openInClass: number, inClass: number) =>
    shared({ fleet: { openInClass, related: { switch: 2 }, census: { inClass } } })?.kind
  assert.equal(seen(2, 20), undefined)
  assert.equal(seen(3, 20), 'switch')
  assert.equal(seen(3, 0), undefined)
})

test('keeps an open incident from its second member on, by its own key where the node shows none', () => {
  const seen = (members: number, related: number, keys = given().keys) => {
    const found = sharedBy({ ...given({ fleet: { incidents: { switch: incident({ members }) }, related: { switch: related } } }), keys })
    return found && [found.kind, found.value, found.members]
  }
  assert.equal(seen(1, 1), null)
  assert.deepEqual(seen(2, 1), ['switch', 'leaf-1', 2])
  assert.deepEqual(seen(1, 4), ['switch', 'leaf-1', 4])
  assert.deepEqual(seen(2, 0, {}), ['switch', 'leaf-1', 2])
})

test('joins an open incident where another failed lately, or where it began or was tried lately; else a week-old one would take in all that fails of its key', () => {
  const seen = (sums: Partial<IncidentSums>, related = 1) =>
    shared({ fleet: { incidents: { switch: incident({ members: 9, openedAt: NOW - 7 * DAY, ...sums }) }, related: { switch: related } } })
      ?.kind
  assert.equal(seen({}), undefined)
  assert.equal(seen({}, 2), 'switch')
  assert.equal(seen({ isOwn: true }), 'switch')
  assert.equal(seen({ openedAt: NOW - OUTAGE_MS + 1 }), 'switch')
  assert.equal(seen({ openedAt: NOW - OUTAGE_MS }), undefined)
  assert.equal(seen({ last: { at: NOW - 2 * HOUR, readings: '', result: 'failed', isFailing: true } }), 'switch')
})

test('counts proofs and tries from when a node failed first, which its own resets move on', () => {
  const horizon = (failedAt: number, openedAt: number) => horizonOf({ failedAt, openedAt, policy: DEFAULT_POLICY, now: NOW })
  const from = (at: number) => ({ triesBefore: NOW - 45 * MINUTE, tries: at - OUTAGE_MS, proofs: at - 15 * MINUTE })
  assert.deepEqual(horizon(NOW - HOUR, NOW - 3 * HOUR), from(NOW - 3 * HOUR))
  assert.deepEqual(horizon(NOW - 2 * DAY, NOW), from(NOW - 2 * DAY))
})

test('keeps the last one left of an incident in it until the time of a canary is over', () => {
  const last = (age: number) => ({ at: NOW - age, readings: '', result: 'failed' as const, isFailing: true })
  assert.equal(taken({ switch: 1 }, { key: 'switch', members: 1, last: last(44 * MINUTE) }), 'switch')
  assert.equal(taken({ switch: 1 }, { key: 'switch', members: 1, last: last(45 * MINUTE) }), undefined)
})

test('takes what explains the most failures, and of equals the nearest', () => {
  assert.equal(taken({ switch: 3, rack: 6 }), 'rack')
  assert.equal(taken({ switch: 20, 'bmc-network': 60, rack: 20 }), 'bmc-network')
  assert.equal(taken({ switch: 6, 'bmc-network': 6, rack: 6 }), 'switch')
  // Less than an incident explains nothing.
  assert.equal(taken({ switch: 2, rack: 2, conductor: 3 }), 'conductor')
})

test('takes the service that the failures name, however many other failures stand near them', () => {
  assert.equal(taken({ service: 3, rack: 40, conductor: 90 }), 'service')
  assert.equal(taken({ service: 3, backlog: 40 }), 'backlog')
})

test('takes a conductor or a text only for much more than hangs on one thing', () => {
  assert.equal(taken({ rack: 3, conductor: 12, signature: 12 }), 'rack')
  assert.equal(taken({ rack: 3, conductor: 13, signature: 12 }), 'conductor')
  assert.equal(taken({ conductor: 3, signature: 4 }), 'signature')
})

test('leaves the incident of a case only for a key that explains more', () => {
  assert.equal(taken({ switch: 6, rack: 6 }, { key: 'rack', members: 6 }), 'rack')
  assert.equal(taken({ switch: 7, rack: 6 }, { key: 'rack', members: 6 }), 'switch')
  assert.equal(taken({ service: 3, rack: 9 }, { key: 'rack', members: 9 }), 'service')
})

test('leaves it for one that explains as much and has spent a reset since, so that no second canary goes', () => {
  const seen = (others: number | null, own: number | null, members = 6) => {
    const last = (age: number | null) =>
      age === null ? null : ({ at: NOW - age, readings: '', result: 'failed', isFailing: true } as const)
    const keys: Keys = { switch: 'leaf-1', 'bmc-network': '10.9' }
    const incidents = {
      switch: incident({ id: 'i-theirs', members, last: last(others) }),
      'bmc-network': incident({ id: 'i-own', key: 'bmc-network', value: '10.9', members: 6, isOwn: true, last: last(own) }),
    }
    return shared({ keys, fleet: { related: { switch: members, 'bmc-network': 6 }, incidents } })?.sums?.id
  }
  assert.equal(seen(MINUTE, null), 'i-theirs')
  assert.equal(seen(MINUTE, MINUTE + 1), 'i-theirs')
  assert.equal(seen(MINUTE, MINUTE), 'i-own')
  assert.equal(seen(null, null), 'i-own')
  assert.equal(seen(null, MINUTE), 'i-own')
  assert.equal(seen(MINUTE, null, 5), 'i-own')
})

test('goes over for a reset spent there only where both are things on which the same nodes hang', () => {
  const last = { at: NOW - MINUTE, readings: '', result: 'failed', isFailing: true } as const
  const seen = (theirs: KeyKind, own: KeyKind, members = 6) => {
    const incidents = { [theirs]: incident({ key: theirs, members, last }), [own]: incident({ key: own, members: 6, isOwn: true }) }
    return shared({ keys: {}, fleet: { incidents } })?.kind
  }
  assert.equal(seen('rack', 'switch'), 'rack')
  assert.equal(seen('service', 'backlog'), 'backlog')
  assert.equal(seen('signature', 'conductor'), 'conductor')
  assert.equal(seen('conductor', 'rack', 24), 'rack')
})

test('leaves the incident of another switch than the node hangs on now', () => {
  const own = { switch: incident({ value: 'leaf-9', isOwn: true }) }
  assert.equal(shared({ keys: { switch: 'leaf-1' }, fleet: { incidents: own, related: { switch: 1 } } }), null)
  assert.equal(shared({ keys: {}, fleet: { incidents: own, related: {} } })?.value, 'leaf-9')
  // A canary that fails on another service is still the first one's canary.
  const neutron = { service: incident({ key: 'service', value: 'neutron', isOwn: true }) }
  assert.equal(shared({ keys: { service: 'keystone' }, fleet: { incidents: neutron, related: { service: 1 } } })?.value, 'neutron')
})

test('leaves the others where as many resets as are allowed have failed on this node', () => {
  const failed = (count: number, age: number) =>
    Array.from({ length: count }, (_, n) => attempt({ id: `i-${n}`, createdAt: NOW - age, result: 'failed' }))
  const seen = (count: number, age = HOUR) => shared({ attempts: failed(count, age), fleet: { related: { switch: 9 } } })?.kind
  assert.equal(seen(2), 'switch')
  assert.equal(seen(3), undefined)
  // Those from before the window do not count for anything any more.
  assert.equal(seen(3, 8 * DAY), 'switch')
})

test('counts for that only resets of this case that came back failed, within the window, since a person released it', () => {
  const seen = (difference: Parameters<typeof attempt>[0], releasedAt: number | null = null) => {
    const third = attempt({ id: 'i-3', createdAt: NOW - HOUR, result: 'failed', ...difference })
    const failed = [1, 2].map((n) => attempt({ id: `i-${n}`, createdAt: NOW - HOUR, result: 'failed' }))
    return shared({ attempts: [third, ...failed], memory: { releasedAt }, fleet: { related: { switch: 9 } } })?.kind
  }
  assert.equal(seen({}), undefined)
  assert.equal(seen({ act: 'recover-cleaning' }), 'switch')
  assert.equal(seen({ result: 'proven' }), 'switch')
  assert.equal(seen({ result: null }), 'switch')
  assert.equal(seen({ outcome: 'refused' }), 'switch')
  assert.equal(seen({ caseId: 'c-another0' }), 'switch')
  assert.equal(seen({ createdAt: NOW - 7 * DAY }), undefined)
  assert.equal(seen({ createdAt: NOW - 7 * DAY - 1 }), 'switch')
  assert.equal(seen({}, NOW - HOUR), undefined)
  assert.equal(seen({}, NOW - HOUR + 1), 'switch')
  const { case: _, ...others } = given({ attempts: [attempt()], fleet: { related: { switch: 9 } } })
  assert.equal(sharedBy({ ...others, case: null })?.kind, 'switch')
})

test('counts failed resets of any age where the policy counts them for life', () => {
  const resets = { max: 2, window: 'lifetime' as const }
  const attempts = [1, 2].map((n) => attempt({ id: `i-${n}`, createdAt: NOW - 400 * DAY }))
  const seen = (releasedAt: number | null) =>
    shared({ attempts, policy: { resets }, memory: { releasedAt }, fleet: { related: { switch: 9 } } })?.kind
  assert.deepEqual([seen(null), seen(NOW - 500 * DAY), seen(NOW - DAY)], [undefined, undefined, 'switch'])
})

test("waits out the canary's time of an incident that it does not belong to as well, and by the policy's measure", () => {
  const last = { at: NOW - 10 * MINUTE, readings: '', result: null, isFailing: true }
  const seen = (secondCanary: number, own: Partial<IncidentSums> = {}) => {
    const policy = { incident: { ...given().policy.incident, secondCanary } }
    return shared({ policy, fleet: { incidents: { switch: incident({ members: 1, last, ...own }) } } })?.kind
  }
  assert.equal(seen(10 * MINUTE + 1), 'switch')
  assert.equal(seen(10 * MINUTE), undefined)
  assert.equal(seen(HOUR, { last: null }), undefined)
  assert.equal(seen(10 * MINUTE, { members: 2, last: null }), 'switch')
})

test('an incident that others are in is named by its own value, and one that begins by the key of the node', () => {
  const found = (sums: Partial<IncidentSums>) => {
    const theirs = incident({ value: 'leaf-9', members: 4, ...sums })
    const { kind, value, sums: of, members } = shared({ fleet: { incidents: { switch: theirs }, related: { switch: 5 } } }) ?? {}
    return [kind, value, of?.id ?? null, members]
  }
  assert.deepEqual(found({}), ['switch', 'leaf-9', 'inc-1', 5])
  assert.deepEqual(found({ members: 6 }), ['switch', 'leaf-9', 'inc-1', 6])
  // It has moved: what its old switch counts says nothing of the new one.
  assert.deepEqual(found({ isOwn: true, members: 6 }), ['switch', 'leaf-1', null, 5])
  assert.deepEqual(found({ isOwn: true, value: 'leaf-1' }), ['switch', 'leaf-1', 'inc-1', 5])
})

test('leaves an incident only where what it hangs on has changed: not for another conductor or another text', () => {
  const seen = (key: KeyKind) =>
    shared({ keys: { [key]: 'new' }, fleet: { related: { [key]: 1 }, incidents: { [key]: incident({ key, value: 'old', isOwn: true }) } } })
  for (const key of ['switch', 'bmc-network', 'rack'] as const) assert.equal(seen(key), null, key)
  for (const key of ['backlog', 'service', 'conductor', 'signature'] as const) assert.equal(seen(key)?.value, 'old', key)
})

test('says of each key what its nodes have in common', () => {
  const said = (kind: KeyKind) => shared({ keys: { [kind]: 'this' }, fleet: { related: { [kind]: 5 } } })?.why
  assert.equal(said('backlog'), '5 nodes had failed before Anneal first looked.')
  assert.equal(said('service'), '5 nodes failed on the service this.')
  assert.equal(said('switch'), '5 nodes that failed hang on the switch this.')
  assert.equal(said('bmc-network'), '5 nodes that failed have their BMC on the network this.')
  assert.equal(said('rack'), '5 nodes that failed stand in the rack this.')
  assert.equal(said('conductor'), '5 nodes that failed are managed by the conductor this.')
  assert.equal(said('signature'), '5 nodes left the same kind of text: this.')
  const many = shared({ keys: { switch: 'a', rack: 'b', conductor: 'c' }, fleet: { related: { switch: 9, rack: 4, conductor: 5 } } })
  assert.equal(many?.why, '9 nodes that failed hang on the switch a (4 share the rack b; 5 share the conductor c).')
})

test('says why it is this key', () => {
  const found = shared({ keys: { switch: 'leaf-1', rack: 'r1' }, fleet: { related: { switch: 12, rack: 3 } } })
  assert.equal(found?.why, '12 nodes that failed hang on the switch leaf-1 (3 share the rack r1).')
})
