/**
 * The one page of a bundle that a technician reads first: which machine, what failed, how sure the cause is, what was tried, whether its
 * neighbours failed too, and where to look. Markdown, because tickets take it. Long texts are cut; whole they stand in the other files.
 */

import { amount } from '../core/amount.ts'
import { adviceFor } from '../core/cause-advice.ts'
import type { Cause } from '../core/decision.ts'
import type { Facts, Hardware } from '../core/hardware.ts'
import type { BmcAddress, ObservedNode } from '../core/observation.ts'
import { whereToLook } from '../core/place.ts'
import type { Policy } from '../core/policy.ts'
import { spanText, timeText } from '../core/when.ts'
import type { Evidence } from './evidence-of-case.ts'
import { peersInWords } from './evidence-peers.ts'
import { lineOf } from './without-credentials.ts'

export type BundleParts = { evidence: Evidence; hardware: Hardware }

const SENTENCE_MAX = 400
const SENTENCES_MAX = 8
const ATTEMPTS_MAX = 8
const NAME_MAX = 80

/** A text from outside inside of Markdown: no tag, no link, no emphasis, no column of a table. */
export const markdown = (text: string, max = SENTENCE_MAX): string =>
  lineOf(text, max)
    .replace(/[<*|\\]/g, '\\$&')
    .replaceAll('](', ']\\(')

export function pageText(bundled: BundleParts): string {
  const { evidence } = bundled
  const { id, cloud, name, uuid, closedAt, result } = evidence.case
  const cause = evidence.case.diagnosis?.cause ?? 'no cause yet'
  const state = closedAt === null ? 'open' : `closed: ${result}`
  const lines = [
    `# ${markdown(name ?? uuid, NAME_MAX)}: ${cause}`,
    '',
    `Case ${id} of the cloud ${markdown(cloud, NAME_MAX)}, ${state}. All times are UTC; everything is as of ${timeText(evidence.asOf)}.`,
    '',
    ...machine(bundled),
    '',
    ...failed(evidence),
    '',
    ...why(evidence),
    '',
    ...tried(evidence),
    '',
    '## Its neighbours',
    '',
    markdown(peersInWords(evidence.peers)),
    '',
    ...next(evidence),
    '',
    ...where(bundled),
  ]
  return `${lines.join('\n')}\n`
}

type Row = readonly [name: string, value: string | null]

const table = (rows: readonly Row[]): string[] => [
  '| | |',
  '|---|---|',
  ...rows.flatMap(([name, value]) => (value === null || value === '' ? [] : [`| ${name} | ${markdown(value, 200)} |`])),
]

function machine({ evidence, hardware }: BundleParts): string[] {
  const { case: of, node, listed } = evidence
  const seen = node ?? listed
  return [
    '## The machine',
    '',
    ...table([
      ['Node', of.name === null ? of.uuid : `${of.name} (${of.uuid})`],
      ...identityRows(hardware),
      ['Driver', node?.driver ?? null],
      ['Resource class', of.resource_class],
      ['State', seen === null ? null : stateText(seen)],
      ['Maintenance', seen?.maintenance === true ? (seen.maintenance_reason ?? 'without a reason') : null],
    ]),
  ]
}

const stateText = ({ provision_state, power_state, fault }: Pick<ObservedNode, 'provision_state' | 'power_state' | 'fault'>): string =>
  `${provision_state}, ${power_state ?? 'power unknown'}${fault === null ? '' : `, fault: ${fault}`}`

function identityRows({ inventory, identity }: Hardware): Row[] {
  const found: Facts = inventory.kind === 'known' ? inventory.value.system_vendor : {}
  const rows: Row[] = [
    ['Make and product', [found['manufacturer'], found['product_name']].filter((part) => part !== undefined).join(' ')],
    ['Serial number', found['serial_number'] === undefined ? null : String(found['serial_number'])],
  ]
  const written = identity.kind === 'known' ? { ...identity.value.properties, ...identity.value.extra } : {}
  const named = Object.entries(written).map(([key, value]) => `${key} ${value}`)
  if (named.length > 0) rows.push(['Written in Ironic', named.join(', ')])
  const why = inventory.kind === 'known' ? null : inventory.reason
  return why === null ? rows : [...rows, ['Identity', `not known: ${why}`]]
}

function failed({ case: of, node, failureAt, asOf, history }: Evidence): string[] {
  const { failure, text } = of.memory
  const ended = of.closedAt === null ? `${spanText(asOf - failureAt)} so far` : `it took ${spanText(of.closedAt - failureAt)} in all`
  const said = text?.text ?? of.diagnosis?.text ?? null
  const source = text?.source === 'last_error' ? 'last_error' : "Ironic's history"
  return [
    '## What failed',
    '',
    `It failed at ${timeText(failureAt)} (${ended}; state \`${failure?.provision_state ?? node?.provision_state ?? '?'}\`). Anneal opened the case at ${timeText(of.openedAt)}.`,
    ...(failure !== null && failure.at > of.openedAt ? [`It failed again after what was tried, last at ${timeText(failure.at)}.`] : []),
    said === null ? 'Ironic left no text about it.' : `${source} says: "${markdown(said)}"`,
    ...(history.events.length === 0 ? [historyMissing(history.unread)] : []),
  ]
}

const historyMissing = (unread: Evidence['history']['unread']): string => {
  const last = unread.at(-1)
  return last === undefined
    ? "Ironic's history of the node is empty: it may be switched off."
    : `Ironic's history of the node could not be read: ${markdown(last.reason)}.`
}

const SURE = { yes: 'may pass by itself', no: 'does not pass by itself', maybe: 'may or may not pass by itself' } as const

function why({ case: { diagnosis } }: Evidence): string[] {
  if (diagnosis === null) return ['## Why', '', 'No cause was found yet.']
  const { cause, transient, place, evidence, against } = diagnosis
  const sure =
    cause === 'unknown'
      ? 'The cause is not known.'
      : against.length === 0
        ? 'Nothing that was read speaks against it.'
        : 'Not everything that was read agrees.'
  return [
    '## Why',
    '',
    `**${cause}**: ${SURE[transient]}. ${sure}`,
    '',
    // The reason of the place is the last that was weighed; in a long list it would be cut off.
    ...(place ? [`Likelier place: **${place}**. ${markdown(evidence.at(-1) ?? '')}`, ''] : []),
    ...listed('For it', evidence),
    ...(against.length === 0 ? [] : ['', ...listed('Against it', against)]),
  ]
}

function listed(head: string, sentences: readonly string[]): string[] {
  const more = sentences.length - SENTENCES_MAX
  return [
    `${head}:`,
    '',
    ...(sentences.length === 0 ? ['- nothing'] : sentences.slice(0, SENTENCES_MAX).map((sentence) => `- ${markdown(sentence)}`)),
    ...(more > 0 ? [`- and ${more} more: observations.jsonl`] : []),
  ]
}

function tried({ case: of, attempts, earlier, observations }: Evidence): string[] {
  const policy = observations.findLast(({ recorded }) => recorded !== null)?.recorded?.policy.resets
  const before = earlier.filter(({ act, outcome }) => act === 'reset' && outcome !== 'not-sent' && outcome !== 'refused').length
  const shown = attempts.slice(-ATTEMPTS_MAX)
  return [
    '## What Anneal tried',
    '',
    ...(attempts.length === 0
      ? [`Nothing was sent to the node${of.decision === null ? '' : ` (${of.decision.reason})`}.`]
      : ['| at | what | came back | led to |', '|---|---|---|---|']),
    ...shown.map(({ createdAt, act, step, number, outcome, outcomeReason, result }) => {
      const what = `${act}${step === null ? '' : ` (${step})`}${number > 0 ? ` ${number}` : ''}`
      const back = `${outcome ?? 'no answer yet'}${outcomeReason === null ? '' : `. ${outcomeReason}`}`
      return `| ${timeText(createdAt)} | ${what} | ${markdown(back, 200)} | ${result === null ? '' : result === 'proven' ? 'healed' : 'did not heal'} |`
    }),
    ...(attempts.length > shown.length ? [`The newest ${shown.length} of ${attempts.length}: attempts.json has all.`] : []),
    ...(before > 0 || policy !== undefined ? ['', budgetText(before, policy)] : []),
  ]
}

const budgetText = (before: number, policy: Policy['resets'] | undefined): string =>
  [
    before > 0 ? `In earlier cases it was reset ${before === 1 ? 'once' : `${before} times`}.` : '',
    policy === undefined
      ? ''
      : `The policy allows ${amount(policy.max, 'reset')} ${policy.window === 'lifetime' ? 'ever' : `in ${spanText(policy.window)}`}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ')

function next({ case: { diagnosis, decision, closedAt, result } }: Evidence): string[] {
  const head = ['## What Anneal says now', '']
  if (closedAt !== null) return [...head, `The case is closed: ${result}. ${markdown(decision?.message ?? '')}`.trimEnd()]
  if (decision === null) return [...head, 'Nothing is decided yet.']
  const advice = diagnosis === null ? [] : [`${adviceFor(diagnosis.cause).advice} (${adviceFor(diagnosis.cause).runbook})`]
  return [
    ...head,
    `**${decision.kind}, ${decision.reason}** (docs/runbook.md#${decision.reason}): ${markdown(decision.message)}`,
    ...advice,
  ]
}

/** What hands on the machine can find out, by cause. */
const HANDS: Record<Cause, string> = {
  'bmc-unreachable':
    'The BMC: has it power, has its NIC a link, are its cable and its port of the management switch sound? A cold reset of the BMC, then power by its own page.',
  'bmc-fault':
    'The BMC: does it take its credentials and licence, does it switch power when told on its own page, are its firmware and its event log clean?',
  'network-fabric': "The switch ports named below: link, errors, configuration. Then the switch's own management access.",
  agent: "The machine's console while it boots: does it get an address, does it find its boot image, does the ramdisk start?",
  storage: "The disks and their controller: do they show up, and what does the controller's log say?",
  'api-unreachable': 'Nothing on the machine: a service of the cloud did not answer.',
  locked: 'Nothing on the machine: another operation of Ironic held it.',
  config: 'Nothing on the machine, as far as is known: a setting in Ironic is wrong. Only the text above can say more.',
  unknown: 'Not known. Begin with the BMC: does it answer, and what does its event log say about the time of the failure?',
}

function where({ evidence, hardware }: BundleParts): string[] {
  const { case: of, node, links } = evidence
  const ports = links.map(
    ({ switch_info, switch_id, port_id }) =>
      `${[switch_info, switch_id].filter((part) => part !== null).join(', ') || 'a switch without a name'}, port ${port_id ?? '?'}`,
  )
  const bmc = hardware.inventory.kind === 'known' ? Object.entries(hardware.inventory.value.bmc) : []
  return [
    '## What to look at, and where',
    '',
    ...(of.closedAt === null ? [] : ['Nothing now. If it comes back:', '']),
    ...(of.diagnosis?.place ? [whereToLook(of.diagnosis.place), ''] : []),
    HANDS[of.diagnosis?.cause ?? 'unknown'],
    '',
    ...table([
      ['BMC', node?.bmcAddress ? bmcText(node.bmcAddress) : 'its address is not on record'],
      ['BMC, as inspected', bmc.map(([key, value]) => `${key} ${value}`).join(', ')],
      ["Port of the BMC's switch", 'not known to Ironic'],
      ["Switch ports of the machine's own NICs", ports.length === 0 ? 'not on record' : ports.join('; ')],
      ['Rack', of.keys.rack ?? 'no rack or zone trait (CUSTOM_RACK_…, CUSTOM_ZONE_…)'],
      ['Conductor', of.keys.conductor ?? null],
    ]),
  ]
}

const bmcText = ({ protocol, host, port, scheme }: BmcAddress): string =>
  protocol === 'ipmi' ? `${host}, IPMI on UDP port ${port}` : `${host}, Redfish by ${scheme ?? 'https'} on port ${port}`
