/**
 * A pretend site drawn from a seed, as the head of a scenario: 20 to 60 nodes in racks, of several classes and kinds, on a release of Ironic
 * between Yoga and 2026.1, and an operator that works there in one manner or another. What happens on it is mischief's business.
 */
import { DEFAULT_POLICY, MINUTE, SECOND } from '../core/policy.ts'
import type { Random } from '../core/seams.ts'
import { spanWord } from './script/deed.ts'
import { between, chance, pick } from './seeded.ts'

export const NODES = { least: 20, most: 60 }

/** Yoga, 2023.1, 2024.1, 2025.1, 2025.2, 2026.1; below 1.82 there is no shard. */
const VERSIONS = ['1.78', '1.82', '1.90', '1.96', '1.101', '1.111']

/** An ordinary night; a leap day begins; a year ends; a week begins. */
const STARTS = ['2026-03-01T03:00:00Z', '2028-02-28T23:40:00Z', '2026-12-31T23:30:00Z', '2027-06-07T08:00:00Z']

/** Small pages, so that lists have several of them as on a site of thousands. */
const PAGES = [1000, 1000, 7, 20]

/** Lines for site.ts. @param seed is written into the head, so that the head alone says how the cloud draws */
export function drawnHead(random: Random, seed: number): string[] {
  const size = between(random, NODES.least, NODES.most)
  const rackSize = between(random, 4, 16)
  const classes = between(random, 1, 4)
  return [
    drawnCloud(random, seed),
    ...Array.from({ length: size }, (_, at) => drawnNode(random, { at, rackSize, classes })),
    drawnOperator(random),
    ...drawnPolicy(random),
  ]
}

function drawnCloud(random: Random, seed: number): string {
  return [
    `site seed=${seed} start=${pick(random, STARTS)} version=${pick(random, VERSIONS)} conductors=${between(random, 1, 3)}`,
    `cleaning=${spanWord(between(random, 60, 400) * SECOND)} page=${pick(random, PAGES)} rpc=${chance(random, 0.7) ? 'json-rpc' : 'messaging'}`,
    ...(chance(random, 0.1) ? ['history=off'] : []),
    ...(chance(random, 0.1) ? [`late=${spanWord(between(random, 20, 200) * SECOND)}`] : []),
    ...(chance(random, 0.08) ? ['clean=off'] : []),
    ...(chance(random, 0.1) ? ['cinder=off'] : []),
  ].join(' ')
}

function drawnNode(random: Random, { at, rackSize, classes }: { at: number; rackSize: number; classes: number }): string {
  const rack = Math.floor(at / rackSize) + 1
  const retired = chance(random, 0.04)
  const dirty = chance(random, 0.04)
  return [
    `node node-${String(at + 1).padStart(2, '0')} ${chance(random, 0.65) ? 'active' : 'available'} ${rack % 2 === 1 ? 'ipmi' : 'redfish'}`,
    `rack=${rack} class=class-${at % classes}`,
    ...(chance(random, 0.08) ? ['noop'] : []),
    ...(chance(random, 0.04) ? ['protected'] : []),
    ...(retired ? ['retired'] : []),
    ...(retired && chance(random, 0.5) ? ['clean=on'] : []),
    ...(dirty && !retired ? ['clean=off'] : []),
  ].join(' ')
}

/** For one site of three, lines behind the others. What the operator is told of the monitor is mostly so. @param random a stream of its own */
export function drawnBlazar(random: Random): string[] {
  if (!chance(random, 1 / 3)) return []
  const kind = chance(random, 0.75) ? 'chameleon' : 'upstream'
  const runs = chance(random, 0.75) ? 'on' : 'off'
  const mode = chance(random, 0.85) ? 'chameleon' : 'observe'
  const monitor = chance(random, 0.8) ? runs : pick(random, ['on', 'off', 'unknown'])
  const turned = { ...DEFAULT_POLICY.blazar, mode, monitor, giveBack: chance(random, 0.7) }
  return [`site blazar=${kind} monitor=${runs}`, `policy ${JSON.stringify({ blazar: turned })}`]
}

/** For one site of four, a line behind the others: replicas join there, of other policies and versions. @param random a stream of its own */
export const drawnReplicaSite = (random: Random): string[] => (chance(random, 1 / 4) ? ['operator turns=on'] : [])

/** For one site of four, a line behind the others: of the 60 % that have daemons, 42 % listen. @param random a stream of its own */
export const drawnHearing = (random: Random, head: readonly string[]): string[] =>
  chance(random, 0.42) && !head.some((line) => /^operator .*every=/.test(line)) ? ['operator hears=on'] : []

function drawnOperator(random: Random): string {
  const mode = pick(random, ['observe', 'auto', 'auto', 'auto', 'auto', 'auto', 'auto', 'approve', 'approve', 'observe'])
  return chance(random, 0.4) ? `operator mode=${mode} every=${spanWord(between(random, 30, 150) * SECOND)}` : `operator mode=${mode}`
}

/** One site in five has turned something that nobody should turn so. Each is a value that anneal.yaml takes. */
const SILLY: readonly object[] = [
  { resets: { max: 1, window: 7 * 24 * 60 * MINUTE } },
  { resets: { max: 20, window: 60 * MINUTE } },
  { resets: { max: 3, window: 'lifetime' } },
  { spacing: [1] },
  { spacing: [90 * MINUTE] },
  { jitter: 0 },
  { soak: 1 },
  { progress: MINUTE },
  { inFlight: { classShare: 1, classMax: 25, cloudShare: 1, cloudMax: 25 } },
  { inFlight: { classShare: 0.001, classMax: 1, cloudShare: 0.001, cloudMax: 1 } },
  { incident: { cases: 2, within: 60 * MINUTE, classShare: 1, secondCanary: 45 * MINUTE } },
  { incident: { cases: 50, within: MINUTE, classShare: 1, secondCanary: 45 * MINUTE } },
  { starts: { min: 1, share: 0.001 } },
  { silentBmc: { looks: 1, over: 1 } },
  { dirtyPort: 'allow' },
  { uncleaned: 'human' },
  { automatedClean: 'on' },
  { scope: { conductor_group: [], owner: [], shard: [], resource_class: ['class-0'], name: [] } },
]

function drawnPolicy(random: Random): string[] {
  return chance(random, 0.2) ? [`policy ${JSON.stringify(pick(random, SILLY))}`] : []
}
