/**
 * The whole fleet: which share of it serves users, a picture of all nodes, and a list that is filtered and ordered here, since all of it is
 * here. What is chosen stands in the address.
 */
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useDeferredValue, useMemo } from 'react'
import { addressOfNode, choose, Link, useAddress } from '../address.tsx'
import type { FleetNode } from '../api/answers.ts'
import { closedCases, fleet, fleetNodes, openCases } from '../api/queries.ts'
import { Answered, Heading, Nothing, Section } from '../parts/answered.tsx'
import { FailedOverTime } from '../parts/failed-over-time.tsx'
import { NodeMap } from '../parts/node-map.tsx'
import { type Column, Rows } from '../parts/rows.tsx'
import { ShareBar } from '../parts/share-bar.tsx'
import { Slug, Stands } from '../parts/slug.tsx'
import { Ago } from '../parts/time.tsx'
import { ORDER, STANDINGS, type Standing, standingOf } from '../standing.ts'

export function FleetPage() {
  return (
    <>
      <Heading title="Fleet" />
      <Answered query={useQuery(fleet)}>{({ sums }) => (sums.length === 0 ? null : <ShareBar sums={sums} />)}</Answered>
      <Answered query={useQuery(fleetNodes)}>
        {({ nodes }) =>
          nodes.length === 0 ? (
            <Nothing title="No node is known yet.">The first census says which there are.</Nothing>
          ) : (
            <Fleet nodes={nodes} />
          )
        }
      </Answered>
    </>
  )
}

type Wish = { cloud: string; class: string; show: string; search: string; sort: string; order: string }

function wishIn({ searchParams }: URL): Wish {
  const of = (name: string): string => searchParams.get(name) ?? ''
  return { cloud: of('cloud'), class: of('class'), show: of('show'), search: of('search'), sort: of('sort'), order: of('order') }
}

const FAILED: readonly Standing[] = ['person', 'work', 'wait', 'left']

function fits(node: FleetNode, { cloud, class: ofClass, show, search }: Wish): boolean {
  if (cloud !== '' && node.cloud !== cloud) return false
  if (ofClass !== '' && (node.resource_class ?? 'none') !== ofClass) return false
  if (search !== '' && !(node.name ?? '').includes(search) && !node.uuid.includes(search)) return false
  if (show === '') return true
  const standing = standingOf(node)
  return show === 'failed' ? FAILED.includes(standing) : standing === show
}

const SORTS: Record<string, (node: FleetNode) => string | number> = {
  name: ({ name, uuid }) => name ?? uuid,
  standing: (node) => ORDER.indexOf(standingOf(node)),
  state: ({ provision_state }) => provision_state,
  class: ({ resource_class }) => resource_class ?? '',
  since: ({ since }) => (since === null ? Number.MAX_SAFE_INTEGER : Date.parse(since)),
}
const byName = SORTS['name'] ?? (() => 0)

const compare = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true })

function sorted(nodes: readonly FleetNode[], { sort, order }: Wish): FleetNode[] {
  const by = SORTS[sort] ?? SORTS['standing'] ?? byName
  // Keys once a node: comparing asks for them many times.
  const keyed = nodes.map((node) => ({ node, key: by(node), name: byName(node) }))
  keyed.sort((a, b) => (a.key === b.key ? (a.name < b.name ? -1 : 1) : compare(a.key, b.key)))
  const found = keyed.map(({ node }) => node)
  return order === 'desc' ? found.reverse() : found
}

function Fleet({ nodes }: { nodes: FleetNode[] }) {
  const wish = useDeferredValue(wishIn(useAddress()))
  const wished = JSON.stringify(wish)
  const shown = useMemo(() => {
    const wanted: Wish = JSON.parse(wished)
    return sorted(
      nodes.filter((node) => fits(node, wanted)),
      wanted,
    )
  }, [nodes, wished])
  return (
    <>
      <Maps nodes={nodes} wish={wish} />
      <Over />
      <Section title="Nodes" count={shown.length}>
        <Filters nodes={nodes} wish={wish} />
        {shown.length === 0 ? <Nothing title="No node fits." /> : <List nodes={shown} wish={wish} />}
      </Section>
    </>
  )
}

function Over() {
  const open = useQuery(openCases).data?.cases
  const closed = useQuery(closedCases).data?.cases
  const cases = useMemo(() => (open === undefined || closed === undefined ? [] : [...open, ...closed]), [open, closed])
  if (cases.length === 0) return null
  return (
    <Section title="Failed at a time">
      <FailedOverTime cases={cases} />
    </Section>
  )
}

function Maps({ nodes, wish }: { nodes: FleetNode[]; wish: Wish }) {
  const groups = useMemo(() => {
    const wanted = nodes.filter(
      (node) => (wish.cloud === '' || node.cloud === wish.cloud) && (wish.class === '' || node.resource_class === wish.class),
    )
    return [...Map.groupBy(wanted, ({ cloud, resource_class }) => `${cloud} · ${resource_class ?? 'no resource class'}`)].toSorted(
      ([a], [b]) => a.localeCompare(b),
    )
  }, [nodes, wish.cloud, wish.class])
  return (
    <div className="maps">
      {groups.map(([title, of]) => (
        <NodeMap key={title} title={title} nodes={of} />
      ))}
    </div>
  )
}

function Filters({ nodes, wish }: { nodes: FleetNode[]; wish: Wish }) {
  const { clouds, classes } = useMemo(
    () => ({
      clouds: [...new Set(nodes.map(({ cloud }) => cloud))].toSorted(),
      classes: [...new Set(nodes.map(({ resource_class }) => resource_class ?? 'none'))].toSorted(),
    }),
    [nodes],
  )
  return (
    <search className="filters">
      <label>
        Search
        <input
          type="search"
          defaultValue={wish.search}
          placeholder="name or uuid"
          onChange={(event) => choose('search', event.target.value)}
        />
      </label>
      <Choice name="show" label="Standing" value={wish.show}>
        <option value="failed">Failed or not ours</option>
        {ORDER.map((standing) => (
          <option key={standing} value={standing}>
            {STANDINGS[standing].label}
          </option>
        ))}
      </Choice>
      {clouds.length < 2 ? null : <Choice name="cloud" label="Cloud" value={wish.cloud} options={clouds} />}
      {classes.length < 2 ? null : <Choice name="class" label="Resource class" value={wish.class} options={classes} />}
    </search>
  )
}

type Choosing = { name: string; label: string; value: string; options?: string[]; children?: ReactNode }

function Choice({ name, label, value, options = [], children }: Choosing) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => choose(name, event.target.value)}>
        <option value="">all</option>
        {children}
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  )
}

const COLUMNS: readonly Column<FleetNode>[] = [
  { name: 'Node', sort: 'name', cell: (node) => <Link to={addressOfNode(node)}>{node.name ?? node.uuid}</Link> },
  { name: 'Stands', sort: 'standing', cell: (node) => <Stands standing={standingOf(node)} /> },
  { name: 'State', sort: 'state', cell: ({ provision_state, maintenance }) => `${provision_state}${maintenance ? ', maintenance' : ''}` },
  { name: 'Reason', cell: ({ reason }) => (reason === null ? '' : <Slug slug={reason} />) },
  { name: 'For', sort: 'since', cell: ({ since }) => (since === null ? '' : <Ago at={since} />) },
  { name: 'Class', sort: 'class', cell: ({ resource_class }) => resource_class ?? '' },
  { name: 'Cloud', cell: ({ cloud }) => cloud },
]

const keyOf = ({ cloud, uuid }: FleetNode): string => `${cloud} ${uuid}`

function List({ nodes, wish }: { nodes: FleetNode[]; wish: Wish }) {
  const by = wish.sort === '' ? 'standing' : wish.sort
  const descending = wish.order === 'desc'
  const chooseSort = (next: string): void => {
    choose('order', next === by && !descending ? 'desc' : '')
    choose('sort', next)
  }
  return <Rows label="Nodes" layout="fleet" rows={nodes} keyOf={keyOf} columns={COLUMNS} sorted={{ by, descending, choose: chooseSort }} />
}
