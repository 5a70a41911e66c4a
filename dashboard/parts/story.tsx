/**
 * What happened, in order, out of the audit trail: what was decided and why, what was sent, what came of it, what people said. Newest first,
 * a page at a time.
 */
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { AuditEntry } from '../api/answers.ts'
import { type AuditWish, auditPage } from '../api/queries.ts'
import { Answered, Nothing } from './answered.tsx'
import { Sentence } from './sentence.tsx'
import { Slug } from './slug.tsx'
import { When } from './time.tsx'

export const useAudit = (wish: AuditWish) =>
  useInfiniteQuery({
    queryKey: ['audit', wish],
    queryFn: ({ pageParam }) => auditPage(wish, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    select: ({ pages }) => pages.flatMap(({ audit }) => audit),
  })

const WORDS: Record<string, string> = {
  act: 'acts',
  wait: 'waits',
  leave: 'leaves alone',
  escalate: 'asks for a person',
  resolve: 'closes',
  outcome: 'outcome',
}
const COLOURS: Record<string, string> = { act: 'work', outcome: 'work', escalate: 'person', resolve: 'free', wait: 'wait', leave: 'left' }
const DECISIONS: readonly string[] = ['act', 'wait', 'leave', 'escalate', 'resolve']

export const isByPerson = ({ by }: Pick<AuditEntry, 'by'>): boolean => by !== 'anneal'

export function Story({ wish }: { wish: AuditWish }) {
  const audit = useAudit(wish)
  return (
    <Answered query={audit}>
      {(entries) =>
        entries.length === 0 ? (
          <Nothing title="Nothing was ever decided or said about it." />
        ) : (
          <>
            <ol className="story">
              {entries.map((entry) => (
                <Moment key={entry.id} entry={entry} />
              ))}
            </ol>
            {audit.hasNextPage ? (
              <Button variant="link" onClick={() => void audit.fetchNextPage()}>
                Earlier
              </Button>
            ) : null}
          </>
        )
      }
    </Answered>
  )
}

/** `reset:accepted` of an outcome is no heading of the runbook. */
function Moment({ entry }: { entry: AuditEntry }) {
  const { at, kind, reason, message, by } = entry
  const isDecision = DECISIONS.includes(kind)
  return (
    <li className={`moment is-${isByPerson(entry) ? 'said' : (COLOURS[kind] ?? 'note')}`}>
      <span className="moment-at">
        <When at={at} />
      </span>
      <div>
        <p className="moment-head">
          <b>{WORDS[kind] ?? kind.replaceAll('-', ' ')}</b>{' '}
          {isDecision ? <Slug slug={reason} /> : reason === null ? null : <code>{reason}</code>}
          {isByPerson(entry) ? <span className="by"> by {by}</span> : null}
        </p>
        <p className="sentence">
          <Sentence text={message} />
        </p>
      </div>
    </li>
  )
}
