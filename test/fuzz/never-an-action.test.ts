/**
 * Whole passes over a cloud whose answers are meddled with. Judged by the cloud itself: what arrived there, and what stood there then.
 *
 * What is asked for. (1) Whatever comes in place of one service's answers other than Ironic's, lies included, and whatever broken, crossed or
 * contradictory answer comes in place of any service's: nothing is sent to a node with an instance, held, in a person's maintenance,
 * protected, or with unreadable marks. (2) No field that a reset rests on may be missing, of another type or about another node: then
 * nothing is sent to the bait either. (3) Once the answers are whole again, the work goes on.
 *
 * What is not. A lie of Ironic's about Ironic's own facts (it says that nobody holds the node, in a whole document, each time) cannot be
 * seen by anybody; neither can a key below `extra` that Ironic leaves out, nor the last of two equal keys in one JSON object.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DECIDING_FIELDS } from '../../src/core/ironic.ts'
import { MINUTE, SECOND } from '../../src/core/policy.ts'
import { type Change, change } from './meddle.ts'
import { fuzz } from './runs.ts'
import { type Meddling, nodeOf, QUESTIONS, type Question, roadWith, type Trace } from './services.ts'
import { BAIT, failAll, nothingWrong, stage, sweepOrSay } from './stage.ts'
import { strangeBody, strangeStatus, strangeValue } from './strange.ts'

const IRONIC: readonly Question[] = ['ironic', 'list', 'node', 'patch', 'order', 'history', 'links', 'targets', 'conductors']
/** One service each: what one of them lies about, another one tells. */
const OTHERS: readonly (readonly Question[])[] = [
  ['token'],
  ['servers', 'server', 'actions', 'nova-services'],
  ['allocations', 'inventories', 'placement'],
  ['ports'],
  ['images', 'volumes', 'redfish'],
]

const meddling = (questions: readonly Question[]): fc.Arbitrary<Meddling> =>
  fc.record({
    questions: fc.uniqueArray(fc.constantFrom(...questions), { minLength: 1, maxLength: 3 }),
    from: fc.nat(3),
    every: fc.integer({ min: 1, max: 3 }),
    how: change,
  })

/** Lies that nobody can see: Ironic's own, and what it leaves out below `extra`. */
const undetectable = ({ question, path, lies }: Trace): boolean =>
  IRONIC.includes(question) && (lies || (path[0] === 'extra' && path.length > 1))

fuzz(
  'answers that are broken, crossed or contradictory never lead to a forbidden act, nor lies of one service beside Ironic',
  fc.oneof(
    fc.array(meddling(QUESTIONS), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(...OTHERS).chain((questions) => fc.array(meddling(questions), { minLength: 1, maxLength: 2 })),
  ),
  { runs: 28, weight: 4 },
  async (meddlings) => {
    const meant = meddlings.flatMap(({ questions }) => questions)
    const isOne = OTHERS.some((questions) => meant.every((question) => questions.includes(question)))
    const road = roadWith(meddlings, (trace) => undetectable(trace) || (trace.lies && !isOne))
    const op = await stage(road)
    await failAll(op)
    await sweepOrSay(op)
    await op.clock.advance(35 * SECOND)
    await sweepOrSay(op)
    await nothingWrong(op)
  },
)

/** What a reset rests on, question by question: keys of the document whose loss makes it unreadable. */
const RESTED_ON: readonly (readonly [Question, readonly string[]])[] = [
  ['node', [...DECIDING_FIELDS, 'uuid', 'reservation', 'extra', 'last_error']],
  ['patch', [...DECIDING_FIELDS, 'uuid', 'reservation', 'extra']],
  ['conductors', ['conductors']],
  ['servers', ['servers']],
  ['nova-services', ['services']],
  ['allocations', ['allocations']],
  ['ports', ['ports']],
  ['token', ['token']],
]

const at = 0
// A Nova that does not tell this token its services is judged by its servers alone.
const breaking = (question: Question, keys: readonly string[]): fc.Arbitrary<Change> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('drop', 'rename'), at: fc.constant(at), key: fc.constantFrom(...keys) }) },
    {
      weight: 4,
      // Ironic's own column of `retired` may be null.
      arbitrary: fc
        .record({ kind: fc.constant('retype' as const), at: fc.constant(at), key: fc.constantFrom(...keys), value: strangeValue })
        .filter(({ key, value }) => key !== 'retired' || value !== null),
    },
    fc.record({ kind: fc.constant('cut'), share: fc.double({ min: 0, max: 0.99, noNaN: true }) }),
    fc.record({ kind: fc.constant('body'), body: strangeBody }),
    fc.record({
      kind: fc.constant('status'),
      status: strangeStatus.filter((status) => status >= (question === 'nova-services' ? 500 : 300)),
      body: fc.option(strangeBody),
    }),
    // Another node's document, or another question's.
    ...(question === 'node' || question === 'patch' ? [fc.record({ kind: fc.constant('other'), at: fc.nat(20) })] : []),
  )

fuzz(
  'a node of which anything that a reset rests on cannot be read is not reset',
  // A node has the most to lose.
  fc.constantFrom(...RESTED_ON, ...RESTED_ON.slice(0, 1), ...RESTED_ON.slice(0, 2), ...RESTED_ON.slice(0, 2)).chain(([question, keys]) =>
    fc.record({
      questions: fc.constant([question]),
      // The observation's own read, or only the deciding read after it.
      from: question === 'node' ? fc.nat(1) : fc.constant(0),
      every: fc.constant(1),
      how: breaking(question, keys),
    }),
  ),
  { runs: 22, weight: 4 },
  async (meddling) => {
    const road = roadWith([meddling])
    const op = await stage(road)
    await failAll(op)
    await sweepOrSay(op)
    await op.clock.advance(35 * SECOND)
    await sweepOrSay(op)
    const [question] = meddling.questions
    const { uuid } = op.node(BAIT).row
    const hit = road.traces.some(({ request }) => [null, uuid].includes(nodeOf(request)))
    // A reply to a mark that cannot be read follows a mark.
    if (hit) assert.deepEqual([op.resets(BAIT), op.sent(BAIT).filter((one) => !one.startsWith('PATCH') || question !== 'patch')], [0, []])
    await nothingWrong(op)
  },
)

fuzz(
  'once answers are whole again the work goes on: the bait is healed',
  fc.array(meddling(QUESTIONS), { minLength: 1, maxLength: 3 }),
  { runs: 3, weight: 20 },
  async (meddlings) => {
    const road = roadWith(meddlings, ({ lies }) => lies)
    const op = await stage(road)
    await failAll(op)
    for (let sweeps = 0; sweeps < 3; sweeps += 1) {
      await sweepOrSay(op)
      await op.clock.advance(40 * SECOND)
    }
    road.meddle(false)
    // What a token said lasts as long as it does: an hour.
    for (let minutes = 0; minutes < 240 && op.node(BAIT).row.provision_state !== 'available'; minutes += 2) {
      await sweepOrSay(op)
      await op.clock.advance(2 * MINUTE)
    }
    assert.equal(op.node(BAIT).row.provision_state, 'available', op.said(BAIT))
    await nothingWrong(op)
  },
)
