/**
 * Who decided or said what, newest first, as far back as is kept. Nothing is changed here.
 */
import { useQuery } from '@tanstack/react-query'
import { addressOfCase, addressOfNode, choose, Link, useAddress } from '../address.tsx'
import type { AuditEntry } from '../api/answers.ts'
import { nodeNames } from '../api/queries.ts'
import { Answered, Heading, Nothing } from '../parts/answered.tsx'
import { type Column, Rows } from '../parts/rows.tsx'
import { Sentence } from '../parts/sentence.tsx'
import { Slug } from '../parts/slug.tsx'
import { isByPerson, useAudit } from '../parts/story.tsx'
import { When } from '../parts/time.tsx'

const DECISIONS = ['act', 'wait', 'leave', 'escalate', 'resolve']
const KINDS = [
  ...DECISIONS,
  'outcome',
  'hold',
  'unhold',
  'retry',
  'approve',
  'release',
  'pause',
  'resume',
  'incident-opened',
  'incident-closed',
  'policy',
  'census',
]

const COLUMNS: readonly Column<AuditEntry>[] = [
  { name: 'When', cell: ({ at }) => <When at={at} /> },
  { name: 'Who', cell: (entry) => <span className={isByPerson(entry) ? 'by' : 'soft'}>{entry.by}</span> },
  { name: 'What', cell: ({ kind }) => kind },
  { name: 'About', cell: (entry) => <About entry={entry} /> },
  { name: 'Reason', cell: ({ kind, reason }) => (DECISIONS.includes(kind) ? <Slug slug={reason} /> : (reason ?? '')) },
  { name: 'In words', cell: ({ message }) => <Sentence text={message} /> },
]

/** The trail knows uuids; people know names. */
function About({ entry: { cloud, uuid, case: id } }: { entry: AuditEntry }) {
  const names = useQuery(nodeNames).data
  if (cloud === null || uuid === null) return cloud ?? 'all clouds'
  return (
    <>
      <Link to={addressOfNode({ cloud, uuid, name: null })}>{names?.get(`${cloud} ${uuid}`) ?? uuid.slice(0, 8)}</Link>{' '}
      {id === null ? null : <Link to={addressOfCase(id)}>{id}</Link>}
    </>
  )
}

const keyOf = ({ id }: AuditEntry): string => String(id)

export function AuditPage() {
  const { searchParams } = useAddress()
  const kind = searchParams.get('kind') ?? ''
  const by = searchParams.get('by') ?? ''
  const audit = useAudit({ kind, by })
  const more = (): void => {
    if (audit.hasNextPage && !audit.isFetchingNextPage) void audit.fetchNextPage()
  }
  return (
    <>
      <Heading title="Audit" />
      <search className="filters">
        <label>
          What
          <select value={kind} onChange={(event) => choose('kind', event.target.value)}>
            <option value="">all</option>
            {KINDS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Who
          <input type="search" value={by} placeholder="whole name" onChange={(event) => choose('by', event.target.value)} />
        </label>
      </search>
      <Answered query={audit}>
        {(entries) =>
          entries.length === 0 ? (
            <Nothing title="Nothing is on record.">With other filters there may be something.</Nothing>
          ) : (
            <Rows label="Audit trail" layout="audit" rows={entries} keyOf={keyOf} columns={COLUMNS} onEnd={more} />
          )
        }
      </Answered>
    </>
  )
}
