/**
 * The rows of the dashboard's table: what each figure is, how it came about, and what it should reach (design, figures).
 */
import { bytesText, countText, type Figures, msText, type Section, sectionsOf } from './figures.ts'
import type { Route, Seen, View } from './measure-dashboard.ts'

export const DASHBOARD_NOTES = {
  c: 'a real, headless Chromium on the loopback, from the navigation until the sum of all nodes and the first of them are in the page; a profile that has nothing',
  k: 'the same page again in the same profile: files with a hash in their names are kept, the page and all answers are asked for anew',
  b: 'as they came over the loopback, headers and all, events left out',
  v: "from the word in the daemon's database, said by another process as the command line says it, until it stands in the page",
  t: 'from the failure in the pretend cloud, told to /hooks/alertmanager at once, until the node stands in the page; the look at the node lies between',
  u: 'the same, found by the poll, which is every 15 s as by default',
  j: 'asked 20 times, one after another, by another process; the body read to its end',
  e: 'readers on plain sockets in a process of their own; one in ten reads nothing. From the word in the database to the arrival of its event at a reader',
  m: 'the bundled `anneal run` as a process of its own, seen by way of /proc',
  n: 'meanwhile those who read nothing are sent 12 MB each; they are let go of after 20 s',
  w: 'the most while ten ask for every node in a few words at the same moment',
  i: 'over 5 s, of one core',
} as const

export const dashboardSections = (seen: readonly Seen[]): Section[] => sectionsOf(FIGURES, seen)

const times = (value: number): string => `×${value < 10 ? value.toFixed(1) : value.toFixed(0)}`
const share = (value: number): string => `${(Math.floor(value * 1_000) / 10).toFixed(1)} %`
const view = (of: 'now' | 'fleet', field: keyof View) => (m: Seen) => m[of][field]
const ms = (route: Route) => (m: Seen) => m.routes[route].ms
const size = (route: Route) => (m: Seen) => m.routes[route].bytes

const AT = 10_000
const within = (most: number, text: string) => ({ at: AT, most, text: `${text} on 10,000` })
const SECOND_MS = 1_000

const FIGURES: Figures<Seen> = {
  'The first view': [
    { what: 'Now, nothing kept', of: view('now', 'coldMs'), text: msText, goal: within(SECOND_MS, '≤ 1 s'), notes: ['c'] },
    { what: 'Now, again', of: view('now', 'warmMs'), text: msText, goal: within(SECOND_MS, '≤ 1 s'), notes: ['k'] },
    { what: 'Now, bytes', of: view('now', 'coldBytes'), text: bytesText, notes: ['b'] },
    { what: 'Now, requests', of: view('now', 'coldRequests'), text: countText, notes: ['b'] },
    { what: 'Fleet, nothing kept', of: view('fleet', 'coldMs'), text: msText, goal: within(SECOND_MS, '≤ 1 s'), notes: ['c'] },
    { what: 'Fleet, again', of: view('fleet', 'warmMs'), text: msText, goal: within(SECOND_MS, '≤ 1 s'), notes: ['k'] },
    { what: 'Fleet, bytes', of: view('fleet', 'coldBytes'), text: bytesText, notes: ['b'] },
  ],
  'A change is shown': [
    { what: 'written in the database', of: (m) => m.shownMs.word, text: msText, goal: within(SECOND_MS, '≤ 1 s'), notes: ['v'] },
    { what: 'in the cloud, by a hook', of: (m) => m.shownMs.hook, text: msText, goal: within(SECOND_MS, '≤ 1 s'), notes: ['t'] },
    { what: 'in the cloud, by the poll', of: (m) => m.shownMs.poll, text: msText, goal: within(15_000, '≤ 15 s'), notes: ['u'] },
  ],
  Routes: [
    { what: 'fleet, its sums', of: ms('fleet'), text: msText, notes: ['j'] },
    { what: 'every node in a few words', of: ms('fleetNodes'), text: msText, notes: ['j'] },
    {
      what: 'this to fleet, bytes',
      of: (m) => size('fleetNodes')(m) / size('fleet')(m),
      text: times,
      notes: [],
    },
    {
      what: 'memory, ten ask at once',
      of: (m) => m.crowd.most,
      text: bytesText,
      notes: ['m', 'w'],
    },
    { what: 'this to before', of: (m) => m.crowd.most / m.crowd.before, text: times, notes: [] },
    { what: 'nodes, a page of 100', of: ms('nodes'), text: msText, notes: ['j'] },
    { what: 'nodes, all, a page of 500', of: ms('allNodes'), text: msText, notes: ['j'] },
    { what: 'cases, a page of 100', of: ms('cases'), text: msText, notes: ['j'] },
    { what: 'decisions', of: ms('decisions'), text: msText, notes: ['j'] },
    { what: 'clouds', of: ms('clouds'), text: msText, notes: ['j'] },
  ],
  'Readers of events': [
    { what: 'readers', of: (m) => m.heard.readers, text: countText, notes: ['e'] },
    { what: 'events that arrived', of: (m) => m.heard.delivered, text: share, notes: ['e'] },
    { what: 'arrival, median', of: (m) => m.heard.p50Ms, text: msText, notes: ['e'] },
    { what: 'arrival, 99 of 100', of: (m) => m.heard.p99Ms, text: msText, goal: within(SECOND_MS, '≤ 1 s'), notes: ['e'] },
    { what: 'idle with all of them', of: (m) => m.heard.idle, text: share, notes: ['m', 'i'] },
    { what: 'memory without them', of: (m) => m.heard.memory.before, text: bytesText, notes: ['m'] },
    { what: 'memory with all of them', of: (m) => m.heard.memory.connected, text: bytesText, notes: ['m'] },
    {
      what: 'a reader, memory',
      of: (m) => (m.heard.memory.connected - m.heard.memory.before) / m.heard.readers,
      text: bytesText,
      notes: ['m'],
    },
    { what: 'memory, some read nothing', of: (m) => m.heard.memory.most, text: bytesText, notes: ['m', 'n'] },
    { what: 'this to without readers', of: (m) => m.heard.memory.most / m.heard.memory.before, text: times, notes: [] },
    { what: 'of these let go of', of: (m) => m.heard.letGo / m.heard.slow, text: share, notes: ['n'] },
  ],
}
