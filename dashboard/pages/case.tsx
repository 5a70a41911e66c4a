/**
 * One case, open or closed: a node's failure from its beginning to its end.
 */
import { useQuery } from '@tanstack/react-query'
import { addressOfNode, Link } from '../address.tsx'
import type { CaseInFull } from '../api/answers.ts'
import { caseInFull, casePathOf } from '../api/queries.ts'
import { Answered, Heading, Section } from '../parts/answered.tsx'
import { Attempts } from '../parts/attempts.tsx'
import { Evidence } from '../parts/evidence.tsx'
import { SeenBy } from '../parts/seen-by.tsx'
import { Slug } from '../parts/slug.tsx'
import { Story } from '../parts/story.tsx'
import { spanOf, When } from '../parts/time.tsx'

export function CasePage({ id }: { id: string }) {
  const query = useQuery(caseInFull(id))
  return (
    <>
      <Heading title={`Case ${id}`}>{query.data === undefined ? null : <Lead of={query.data} />}</Heading>
      <Answered query={query}>
        {(of) => (
          <div className="columns">
            <div>
              <Section title="Why">
                <Evidence cause={of.cause} transient={of.transient} evidence={of.evidence} against={of.against} />
              </Section>
              <Section title="Story">
                <Story wish={{ case: id }} />
              </Section>
            </div>
            <Section title="Tried">
              <Attempts attempts={of.attempts} />
              <p>
                <a href={`${casePathOf(id)}/evidence`} download>
                  Evidence for a ticket
                </a>
              </p>
            </Section>
          </div>
        )}
      </Answered>
    </>
  )
}

const ENDED: Record<string, string> = {
  healed: 'healed, and proven',
  launched: 'launched on again',
  moved: 'moved by a person',
  gone: 'gone from Ironic',
}

function Lead({ of: { openedAt, closedAt, result, decision, ...of } }: { of: CaseInFull }) {
  return (
    <p>
      <Link to={addressOfNode(of)}>{of.name ?? of.uuid}</Link> on {of.cloud}, open since <When at={openedAt} />
      {closedAt === null || openedAt === null ? (
        <>
          : {decision?.message ?? 'nothing is decided yet'} <Slug slug={decision?.reason ?? null} /> <SeenBy by={of.acknowledged} />
        </>
      ) : (
        <>
          {' '}
          for {spanOf(Date.parse(closedAt) - Date.parse(openedAt))}: {ENDED[result ?? ''] ?? result}.
        </>
      )}
    </p>
  )
}
