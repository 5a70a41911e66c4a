/**
 * The files of an evidence bundle: what is on record about a case, for people of another house. Every text passes without-credentials.ts on
 * its way in. How the files become one archive, and where that goes, is the command line's.
 */
import type { Attempt } from '../core/case.ts'
import type { BmcLook, ServiceLook } from '../core/observation.ts'
import type { Reading } from '../core/reading.ts'
import type { Evidence } from './evidence-of-case.ts'
import { type Peers, peersInWords, SHARED_WORDS } from './evidence-peers.ts'
import { type BundleParts, markdown, pageText } from './evidence-summary.ts'
import { momentLines } from './evidence-timeline.ts'
import { timeOrNull } from './node-report.ts'
import { lineOfRecorded } from './recorded-line.ts'
import { shownAttempt } from './show-node.ts'
import { cleanJson, lineOf } from './without-credentials.ts'

export type EvidenceFile = { name: string; text: string }

/** By name. @param version of the program that made them */
export function evidenceFiles(bundled: BundleParts, version: string): EvidenceFile[] {
  const { evidence, hardware } = bundled
  const { uuid, name } = evidence.case
  const files = {
    'README.txt': readme(bundled, version),
    'attempts.json': json({ case: evidence.case.id, attempts: evidence.attempts.map(told), earlier: evidence.earlier.map(told) }),
    'hardware.json': json({ uuid, name, ...hardware }),
    'history.json': json(evidence.history),
    'observations.jsonl': observationLines(evidence),
    'peers.json': json(evidence.peers),
    'peers.md': peersText(evidence),
    'probes.json': json(probesOf(evidence)),
    'summary.md': pageText(bundled),
    'timeline.txt': momentLines(evidence),
  }
  return Object.entries(files).map(([file, text]) => ({ name: file, text }))
}

const json = (value: unknown): string => `${cleanJson(value)}\n`

const told = (attempt: Attempt) => ({
  ...shownAttempt(attempt),
  case: attempt.caseId,
  cause: attempt.cause,
  settledAt: timeOrNull(attempt.settledAt),
  endedAt: timeOrNull(attempt.endedAt),
})

/** As `anneal observations --out` writes them, so that `anneal replay` takes them. */
const observationLines = ({ observations }: Evidence): string =>
  observations
    .flatMap(({ caseId, recorded }) => (recorded === null ? [] : [lineOfRecorded({ case: caseId, recorded })]))
    .map((line) => `${cleanJson(JSON.parse(line), null)}\n`)
    .join('')

function probesOf({ case: of, node, observations }: Evidence) {
  const { looks, good } = of.memory
  return {
    bmc: node?.bmcAddress ?? null,
    /** An unbroken run of looks at a BMC that did not answer; more looks than were kept. */
    unanswered: looks && { kind: looks.kind, looks: looks.count, from: timeOrNull(looks.firstAt), to: timeOrNull(looks.lastAt) },
    /** Since when each service has answered well, and when it last did. */
    services: Object.fromEntries(
      Object.entries(good).map(([service, { firstAt, lastAt }]) => [
        service,
        { goodFrom: timeOrNull(firstAt), goodTo: timeOrNull(lastAt) },
      ]),
    ),
    looks: observations.map(({ at, kind, reason, observation }) => ({
      at: timeOrNull(at),
      decided: `${kind} ${reason}`,
      bmc: timed(observation.bmc),
      power_state: observation.node.kind === 'known' ? observation.node.value.power_state : null,
      fault: observation.node.kind === 'known' ? observation.node.value.fault : null,
      services: Object.fromEntries(Object.entries(observation.services).map(([service, look]) => [service, timed(look)])),
      conductor: observation.conductor,
    })),
  }
}

const timed = (look: Reading<BmcLook> | Reading<ServiceLook>) =>
  look.kind === 'known' ? { ...look, value: { ...look.value, at: timeOrNull(look.value.at) } } : look

function peersText({ case: of, peers }: Evidence): string {
  const count = (value: number | null): string => (value === null ? 'not known' : String(value))
  const { groups, failures, notKnown, failureAt, windowMs } = peers
  const lines = [
    `# Did others fail with ${markdown(of.name ?? of.uuid, 80)}?`,
    '',
    markdown(peersInWords(peers)),
    '',
    `It failed at ${failureAt}. The window is ${windowMs / 60_000} min before and after. The node itself is not counted.`,
    '',
    '| on the same | | other nodes | that ever had a case | failed in the window | with an open case |',
    '|---|---|---|---|---|---|',
    ...groups.map(
      ({ kind, value, nodes, everFailed, failedInWindow, openNow }) =>
        `| ${SHARED_WORDS[kind]} | ${markdown(value, 80)} | ${count(nodes)} | ${everFailed ?? ''} | ${failedInWindow} | ${openNow} |`,
    ),
    '',
    ...(failures.length === 0 ? [] : ['## Failed in the window', '', ...failures.map(failureLine), '']),
    '## Not known',
    '',
    ...notKnown.map((sentence) => `- ${sentence}`),
  ]
  return `${lines.join('\n')}\n`
}

const failureLine = ({ at, name, uuid, cause, shares, case: id }: Peers['failures'][number]): string =>
  `- ${at} ${markdown(name ?? uuid, 80)}, ${cause ?? 'no cause yet'}, case ${id}${shares.length === 0 ? '' : `; same ${shares.join(', ')}`}`

function readme({ evidence, hardware }: BundleParts, version: string): string {
  const { id, cloud, name, uuid } = evidence.case
  return `Evidence about ${lineOf(name ?? uuid, 100)} of the cloud ${lineOf(cloud, 100)}, case ${id}, as of ${timeOrNull(evidence.asOf)}.
Made by anneal ${lineOf(version, 40)} from its own records. All times are UTC.

summary.md          one page: which machine, what failed, why, what was tried, where to look. Begin here.
timeline.txt        everything in one order: Ironic's history, decisions, requests, outcomes, what people said.
history.json        Ironic's own history of the node, whole.
observations.jsonl  each look that changed a decision or came before an act, with the decision; \`anneal replay\` reads it.
attempts.json       what Anneal sent, what came back, what it led to.
probes.json         what the BMC and the services did when they were asked.
peers.md            whether other nodes failed at the time, and what they share; peers.json is the same for programs.
hardware.json       make, serial numbers and parts, where Ironic has them.

Not in it: passwords, tokens, users of BMCs, driver_info other than addresses, instance_info, config drives. What in a
text looked like one of these was replaced by "(withheld)".

Not known:
${notKnown(evidence, hardware)
  .map((sentence) => `- ${sentence}\n`)
  .join('')}`
}

function notKnown({ observations, history, peers }: Evidence, { inventory, identity }: Hardware): string[] {
  const old = observations.filter(({ recorded }) => recorded === null).length
  const unread = history.unread.at(-1)
  return [
    ...(inventory.kind === 'known' ? [] : [`The inventory: ${lineOf(inventory.reason, 300)}.`]),
    ...(identity.kind === 'known' ? [] : [`What Ironic has in properties and extra: ${lineOf(identity.reason, 300)}.`]),
    ...(unread === undefined
      ? []
      : [`Ironic's history at ${history.unread.length} of ${observations.length} looks: ${lineOf(unread.reason, 300)}.`]),
    ...(observations.length === 0 ? ['What was seen: observations are kept for 90 days, and none of this case is left.'] : []),
    ...(old > 0 ? [`${old} looks kept by an older anneal, which are in probes.json and not in observations.jsonl.`] : []),
    'What was seen at looks that changed no decision: it is not kept.',
    ...peers.notKnown,
  ]
}

type Hardware = BundleParts['hardware']
