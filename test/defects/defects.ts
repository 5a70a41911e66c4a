/**
 * The planted defects: small edits, each a mistake that somebody could make here, with the promises that it must break. What an edit looks
 * for stands in the sources exactly once (defects.test.ts); it is not held to types, only to run.
 */
import type { Defect, Edit } from './defect.ts'
import { RESERVATIONS } from './defects-blazar.ts'

const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace })
const RESET = 'src/actions/reset.ts'
const GATES = 'src/core/gates.ts'
const PACE = 'src/core/pace.ts'
const NO_LOOK_AT_PORTS = edit(GATES, '[dirtyPort, serviceRed, ', '[serviceRed, ')

/** Between the decision and the request. */
const PROTOCOL: readonly Defect[] = [
  {
    name: 'no fresh read',
    imitates: 'the mark’s reply is not held against what was decided',
    breaks: ['S1', 'S3'],
    seeds: 24,
    edits: [edit(RESET, 'const problem = movedOn(intent, reply) ?? foreignLock(reply) ??', 'const problem =')],
  },
  {
    name: 'mark after verb',
    imitates: 'reset first, book-keeping afterwards',
    breaks: ['S1'],
    seeds: 4,
    edits: [
      edit(
        RESET,
        'const patched = world.ironic.patch',
        "await world.ironic.provision(intent.uuid, 'deleted', {})\n  const patched = world.ironic.patch",
      ),
      edit(
        RESET,
        "return world.ironic.provision(intent.uuid, 'deleted', { sendBy: at + REPLY_LIVES_MS }).then(",
        'return Promise.resolve(at).then(',
      ),
    ],
  },
  {
    name: 'verb sent again',
    imitates: 'a client library that repeats what got no answer',
    breaks: ['S1', 'S4', 'S5'],
    seeds: 8,
    edits: [
      edit(
        RESET,
        "return world.ironic.provision(intent.uuid, 'deleted', { sendBy: at + REPLY_LIVES_MS }).then(",
        "const send = (within: { sendBy?: number }) => world.ironic.provision(intent.uuid, 'deleted', within)\n" +
          "  const again = (error: unknown) => (outcomeOfError(error, '', 'none').kind === 'unknown' ? send({}) : Promise.reject(error))\n" +
          '  return send({ sendBy: at + REPLY_LIVES_MS }).catch(again).then(',
      ),
    ],
  },
  {
    name: 'retries on 409',
    imitates: 'openstacksdk’s and ironicclient’s retry on a locked node',
    breaks: ['S4', 'S5'],
    seeds: 8,
    edits: [
      edit(
        'src/openstack/ironic.ts',
        '    return await send(call)\n  }\n',
        '    return await send(call).catch((error: unknown) => {\n' +
          '      if (error instanceof OpenStackError && error.status === 409) return send(call)\n      throw error\n    })\n  }\n',
      ),
    ],
  },
  {
    name: 'hold in the reply not looked at',
    imitates: 'a person’s key in extra is asked for once, when the case is decided',
    breaks: ['S1', 'S3'],
    seeds: 12,
    edits: [edit('src/actions/deciding-read.ts', "  if (node.hold !== null) return 'extra.anneal_hold was set since the decision'\n", '')],
  },
  {
    name: 'old reply',
    imitates: 'the mark’s reply carries the verb however old it is',
    breaks: ['S1'],
    seeds: 16,
    edits: [edit(RESET, "'deleted', { sendBy: at + REPLY_LIVES_MS }", "'deleted', {}")],
  },
  {
    name: 'no deadline',
    imitates: 'an intent that stays good until it is sent',
    breaks: ['S1', 'S5'],
    seeds: 12,
    edits: [
      edit('src/actions/deciding-read.ts', "  if (monotonic > SENT_WITHIN || wall > SENT_WITHIN) return 'the decision is too old'\n", ''),
      edit('src/store/intents.ts', "  if (now > intent.deadlineAt) return { ok: false, reason: 'its deadline has passed' }\n", ''),
    ],
  },
  {
    name: 'words not asked again',
    imitates: 'pause and hold are read with the case and not before the request',
    breaks: ['S3'],
    seeds: 12,
    edits: [
      edit(
        'src/store/intents.ts',
        '  if (word !== null) return { ok: false, reason: `${word.by} said ${word.kind} meanwhile (${word.why})` }\n',
        '',
      ),
    ],
  },
  {
    name: 'quarantine over what is there',
    imitates: 'maintenance is set without a look at what the read before it shows',
    breaks: ['S3', 'S5'],
    seeds: 12,
    edits: [
      edit(
        'src/actions/quarantine.ts',
        "  if ('reason' in read) return notSent(`Nothing was sent: ${read.reason}.`)\n  const { node } = read\n  const failed = node",
        "  const node = 'reason' in read ? observedNode((await world.ironic.node(intent.uuid))!) : read.node\n  const failed = node",
      ),
      edit(
        'src/actions/quarantine.ts',
        '  if (!failed || node.instance_uuid !== null || node.maintenance || node.fault !== null)',
        '  if (!failed)',
      ),
      edit(
        'src/actions/quarantine.ts',
        'world.ironic.setMaintenance(intent.uuid, text, { sendBy: read.at + READ_LIVES_MS })',
        'world.ironic.setMaintenance(intent.uuid, text, {})',
      ),
    ],
  },
  {
    name: 'last mark taken back',
    imitates: 'unmark pops the list',
    breaks: ['S7'],
    seeds: 12,
    edits: [
      edit(
        'src/actions/unmark.ts',
        'const index = list === null || intent.mark === null ? -1 : list.indexOf(intent.mark)',
        'const index = list === null ? -1 : list.length - 1',
      ),
    ],
  },
  {
    name: 'marks written as a whole',
    imitates: 'the older script: read the list, write the list',
    breaks: ['S5', 'S7'],
    seeds: 4,
    edits: [
      edit(
        RESET,
        "{ op: 'add', path: `${path}/-`, value: mark }",
        "{ op: 'replace', path, value: [...(node.marks.kind === 'list' ? node.marks.entries : []), mark] }",
      ),
    ],
  },
]

/** What is remembered, and where it is kept. */
const MEMORY: readonly Defect[] = [
  {
    name: 'attempts kept in memory',
    imitates: 'a counter that a restart begins anew',
    breaks: ['S4', 'S6', 'L1'],
    seeds: 12,
    edits: [
      edit('src/controller/reconcile.ts', 'type Asked = {', 'const begun = new WeakMap<CloudWorld, number>()\n\ntype Asked = {'),
      edit(
        'src/controller/reconcile.ts',
        '  const loaded = await tx.load(key)\n',
        '  const stored = await tx.load(key)\n  const since = begun.get(world) ?? now\n  begun.set(world, since)\n' +
          '  const loaded = { ...stored, attempts: stored.attempts.filter((one) => one.createdAt >= since) }\n',
      ),
    ],
  },
  {
    name: 'sums from a cache',
    imitates: 'places in flight are asked for outside of the deciding transaction',
    breaks: ['S6', 'S9', 'L2'],
    seeds: 12,
    edits: [
      edit(
        'src/store/fleet.ts',
        'async function inFlight(tx: Queries, asked: Asked,',
        "let kept: { at: number; sums: Fleet['inFlight'] } | null = null\n\nasync function inFlight(tx: Queries, asked: Asked,",
      ),
      edit(
        'src/store/fleet.ts',
        '    inFlight: await inFlight(tx, asked, pairs),\n',
        '    inFlight: kept !== null && Math.abs(asked.now - kept.at) < 5_000 ? kept.sums : (kept = { at: asked.now, sums: await inFlight(tx, asked, pairs) }).sums,\n',
      ),
    ],
  },
  {
    name: 'only what was accepted is in flight',
    imitates: 'a lost answer holds no place',
    breaks: ['S6'],
    seeds: 12,
    edits: [
      edit(
        'src/store/fleet.ts',
        "eb.or([eb('attempts.outcome', 'is', null), eb('attempts.outcome', '=', 'unknown')])",
        "eb('attempts.outcome', '=', 'none')",
      ),
    ],
  },
  {
    name: 'a place is never free again',
    imitates: 'a budget that latches',
    breaks: ['L1'],
    seeds: 6,
    edits: [
      edit(
        'src/store/fleet.ts',
        "    eb('attempts.endedAt', 'is', null),\n    eb('attempts.act'",
        "    eb.or([eb('attempts.endedAt', 'is', null), eb('attempts.result', '=', 'failed')]),\n    eb('attempts.act'",
      ),
    ],
  },
  {
    name: 'unknown is not waited for',
    imitates: 'what got no answer did not happen',
    breaks: ['S4'],
    seeds: 12,
    edits: [
      edit(
        GATES,
        "const lost = j.attempts.find((a) => a.outcome === 'unknown' && (a.endedAt === null || j.now < quietUntil(a)))",
        "const lost = j.attempts.find((a) => a.outcome === 'unknown' && j.now < quietUntil(a) - j.policy.unknownOutcome)",
      ),
    ],
  },
  {
    name: 'intents of others settled at once',
    imitates: 'an intent without an outcome belongs to a dead process',
    breaks: ['S4'],
    seeds: 24,
    often: ['replica span=2m', 'freeze span=35s', 'service ironic hang share=30% seen=clients methods=PATCH+PUT for 40s'],
    edits: [
      edit(
        'src/core/settle.ts',
        'const forgotten = attempt.outcome === null && seenAt >= attempt.deadlineAt + policy.settleAfter',
        'const forgotten = attempt.outcome === null',
      ),
    ],
  },
]

/** What is seen, and what is made of it. */
const SEEN: readonly Defect[] = [
  {
    name: 'page one',
    imitates: 'the cron script, which stops at the first page',
    breaks: ['L1'],
    seeds: 24,
    edits: [edit('src/openstack/pages.ts', '    if (!more) return\n', '    if (!more || pages === 0) return\n')],
  },
  {
    name: 'only instance_uuid is asked for',
    imitates: 'the cron script: no instance_uuid, no tenant, and no look at Neutron',
    breaks: ['S2'],
    seeds: 12,
    beside: [NO_LOOK_AT_PORTS],
    edits: [
      edit('src/observe/tenant.ts', '    nova.serversOn(uuid),\n', '    instance_uuid === null ? [] : nova.serversOn(uuid),\n'),
      edit(
        'src/observe/tenant.ts',
        "if (placement === null || !catalog.value.has('placement')) return",
        "if (placement === null || !catalog.value.has('placement') || uuid !== '') return",
      ),
    ],
  },
  {
    name: 'an unreadable Nova has no server',
    imitates: 'the cron script: an error read as an empty list, and no look at Neutron',
    breaks: ['S2'],
    seeds: 12,
    often: [
      'bmc node-05 silent for 50s',
      'undeploy node-05',
      'bmc node-09 silent for 50s',
      'undeploy node-09',
      'service nova 503 share=60% for 50s',
    ],
    edits: [
      edit(
        'src/core/tenant.ts',
        "return { kind: 'unreadable', sentence: `Whether an instance lives on it could not be learned: ${o.tenant.reason}.` }",
        "return { kind: 'none', sentence: 'No instance is known.' }",
      ),
    ],
    // Else the bound port of the instance that lives there holds the node back.
    beside: [NO_LOOK_AT_PORTS],
  },
  {
    name: 'maintenance by state',
    imitates: 'maintenance without a fault is taken for our own',
    breaks: ['S3'],
    seeds: 8,
    edits: [edit(GATES, "  maintenanceOwner(j.node) !== 'person'\n", "  maintenanceOwner(j.node) !== 'person' || j.node.fault === null\n")],
  },
  {
    name: 'what cannot be read is well',
    imitates: 'a node that is not shown is not in error',
    breaks: ['L1'],
    seeds: 12,
    edits: [
      edit(
        'src/core/decide.ts',
        "return censusDoubtful(input) ?? wait('node-unreadable', `Ironic did not show the node: ${o.node.reason}.`, now + policy.look)",
        "return resolve('healed', 'It is not in error any more.')",
      ),
    ],
  },
  {
    name: 'what is in no list is well',
    imitates: 'absence read as recovery',
    breaks: ['L1'],
    seeds: 12,
    edits: [
      edit(
        'src/controller/poll.ts',
        '  await world.store.wakeMissing(missing)\n',
        '  for (const key of missing) healed.add(`${world.cloud} ${key.uuid}`)\n' +
          '  for (const { uuid } of nodes) healed.delete(`${world.cloud} ${uuid}`)\n  await world.store.wakeMissing(missing)\n',
      ),
      edit('src/controller/poll.ts', '/** @returns the nodes', 'export const healed = new Set<string>()\n\n/** @returns the nodes'),
      edit(
        'src/controller/reconcile.ts',
        '  const decision = decideOn(considered, fleet)\n',
        "  const isGone = openCase !== null && healed.has(`${key.cloud} ${key.uuid}`)\n  const decision = isGone ? resolve('healed', 'It is in no list any more.') : decideOn(considered, fleet)\n",
      ),
      edit(
        'src/controller/reconcile.ts',
        "import type { CloudWorld } from './cloud-world.ts'\n",
        "import { resolve } from '../core/judged.ts'\nimport type { CloudWorld } from './cloud-world.ts'\nimport { healed } from './poll.ts'\n",
      ),
    ],
  },
  {
    name: 'a token in the log',
    imitates: 'an error that says what was sent',
    breaks: ['S10'],
    seeds: 4,
    edits: [
      edit(
        'src/openstack/call.ts',
        'unanswered(call, error.phase, error.message) : error',
        'unanswered(call, error.phase, `${error.message} ${JSON.stringify(at.headers)}`) : error',
      ),
    ],
  },
]

/**
 * Else the port that a failed tear-down leaves bound holds a node back, and during an outage of Neutron's that only conductors notice no
 * canary is ever sent, a first one as little as a second.
 */
const NEXT_AT_ONCE = [
  edit(PACE, 'const again = sums.last.at + j.policy.incident.secondCanary', 'const again = sums.last.at'),
  edit(PACE, '  if (!changedSince(j, sums.last))\n', '  if (j.now < sums.last.at)\n'),
]

const SIXTEEN_GO = Array.from({ length: 16 }, (_, at) => `delete node-${String(at + 1).padStart(2, '0')}`)
/** BMCs of a rack that answer the operator and do as Ironic says for nobody, and all of its nodes told to go. */
const RACK_STUCK = { stormMinutes: 0, often: ['rack 1 stuck', ...SIXTEEN_GO] }
/** What conductors alone cannot reach looks green to the operator: there canaries are spent. */
const CONDUCTORS_ALONE = {
  stormMinutes: 0,
  often: ['service neutron unreachable seen=conductors', ...SIXTEEN_GO],
  beside: [NO_LOOK_AT_PORTS],
}

/** What is decided. */
const JUDGED: readonly Defect[] = [
  {
    name: 'no red service',
    imitates: 'no look at the services that a tear-down needs',
    breaks: ['S9'],
    seeds: 16,
    // Where it is away for everybody, Nova shows no server either, and that gate holds as well.
    often: ['service neutron down seen=clients for 80s'],
    edits: [
      edit(GATES, '[dirtyPort, serviceRed, ', '[dirtyPort, '),
      edit(GATES, "j.policy.dirtyPort === 'allow' || ports.kind === 'absent'", "j.policy.dirtyPort === 'allow' || ports.kind !== 'known'"),
    ],
  },
  {
    name: 'no canary',
    imitates: 'all that failed together is reset together',
    breaks: ['S9'],
    seeds: 16,
    ...CONDUCTORS_ALONE,
    edits: [
      edit(PACE, '  if (shared === null) return null\n  const name', '  if (shared !== null || j.now > 0) return null\n  const name'),
    ],
  },
  {
    name: 'no canary for a rack',
    imitates: 'only a service is taken for what failures share',
    breaks: ['S9'],
    seeds: 16,
    ...RACK_STUCK,
    edits: [
      edit(
        PACE,
        '  if (shared === null) return null\n  const name',
        "  if (shared === null || shared.kind !== 'service') return null\n  const name",
      ),
    ],
  },
  {
    name: 'canary after canary in a rack',
    imitates: 'the next one goes as soon as the last one failed',
    breaks: ['S9'],
    seeds: 16,
    ...RACK_STUCK,
    edits: NEXT_AT_ONCE,
  },
  {
    name: 'held back by a tenant’s node',
    imitates: 'a first try that failed speaks for ever, whatever became of its node',
    breaks: ['L1'],
    seeds: 24,
    stormMinutes: 0,
    often: ['service neutron unreachable seen=conductors', ...SIXTEEN_GO, 'ambush before-verb "hand-over @"'],
    edits: [edit('src/store/fleet.ts', "['node-gone', 'instance-may-live'] satisfies", "['node-gone'] satisfies")],
  },
  {
    name: 'no spacing',
    imitates: 'what failed is tried again at once',
    breaks: ['S6'],
    seeds: 8,
    edits: [
      edit(PACE, "  if (j.now >= until) return null\n  return wait('spacing'", "  if (j.now > 0) return null\n  return wait('spacing'"),
    ],
  },
  {
    name: 'no places of a class',
    imitates: 'a small pool is taken from its users as a whole',
    breaks: ['S6'],
    seeds: 16,
    edits: [edit(PACE, 'if (fleet.inFlight.inClass + needier.inClass < inClass) return null', 'if (inClass > 0) return null')],
  },
  {
    name: 'retry for good',
    imitates: "a person's word that nobody takes back",
    breaks: ['S6'],
    seeds: 16,
    often: ['retry node-05', 'retry node-09', 'retry node-12'],
    edits: [edit('src/store/commit.ts', 'c.used.retryId, ', '')],
  },
  {
    name: 'every node is a person’s',
    imitates: 'what is left to somebody else needs no more thought',
    breaks: ['L1'],
    seeds: 4,
    edits: [edit(GATES, "  maintenanceOwner(j.node) !== 'person'\n", '  j.now < 0\n')],
  },
  {
    name: 'an error quotes the request',
    imitates: 'a client library whose errors hold the headers that were sent',
    breaks: ['S10'],
    seeds: 4,
    edits: [edit('src/openstack/call.ts', 'withoutSecrets(text, to.access, at.headers)', "`${text} ${at.headers['x-auth-token']}`")],
  },
  {
    name: 'a password on record',
    imitates: 'what is kept of a pass holds what it was asked with (here the simulated password)',
    breaks: ['S10'],
    seeds: 2,
    edits: [
      edit(
        'src/controller/reconcile.ts',
        'readings: readingsOf({ observation }),',
        "readings: `${readingsOf({ observation })} ${'simulated'}`,",
      ),
    ],
  },
  {
    name: 'no budget for a node',
    imitates: 'the older script, whose limit of three was not enforced',
    breaks: ['S6'],
    seeds: 12,
    edits: [edit('src/core/row-error.ts', '  if (j.count.spent < j.policy.resets.max || j', '  if (j.count.spent < 100 || j')],
  },
  {
    name: 'another policy acts',
    imitates: 'each replica goes by its own file',
    breaks: ['S8'],
    seeds: 8,
    often: ['replica span=3m policy={"resets":{"max":1}}'],
    edits: [edit('src/controller/reconcile.ts', "overruled: !isInForce && policy.mode !== 'observe'", 'overruled: false')],
  },
  {
    name: 'policy changed on the way',
    imitates: 'what was decided is sent, whoever changed the policy since',
    breaks: ['S8'],
    seeds: 8,
    often: [
      'ambush before-verb "replica span=40s policy={\\"resets\\":{\\"max\\":1}}"',
      'ambush after-commit "replica span=40s policy={\\"look\\":90000}"',
    ],
    edits: [edit('src/store/intents.ts', '!== intent.policyRevision) return', '< 0) return')],
  },
  {
    name: 'observe acts',
    imitates: 'a mode that is asked for in one place too few',
    breaks: ['S8'],
    seeds: 16,
    edits: [edit(PACE, "  if (mode === 'auto') return acting\n", "  if (mode !== 'approve') return acting\n")],
  },
]

export const DEFECTS: readonly Defect[] = [...PROTOCOL, ...MEMORY, ...SEEN, ...JUDGED, ...RESERVATIONS]
