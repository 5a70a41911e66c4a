/**
 * One node explained: what is decided and why, the evidence, what was tried, the proof, its reservations, its story; and a person's words.
 * A case that is closed has a page of its own, case.tsx.
 */
import { useQuery } from '@tanstack/react-query'
import { addressOfCase, Link } from '../address.tsx'
import type { Explanation } from '../api/answers.ts'
import { casePathOf, casesOfNode, explanation, nodePathOf } from '../api/queries.ts'
import { Answered, Heading, Section } from '../parts/answered.tsx'
import { Attempts } from '../parts/attempts.tsx'
import { Evidence } from '../parts/evidence.tsx'
import { SeenBy } from '../parts/seen-by.tsx'
import { Sentence } from '../parts/sentence.tsx'
import { Slug, Stands } from '../parts/slug.tsx'
import { Story } from '../parts/story.tsx'
import { Ago, spanOf, Until, When } from '../parts/time.tsx'
import { type Word, WordButton } from '../parts/word.tsx'
import { acknowledgeCaseWord, approveWord, rejectWord } from '../parts/words-on-case.ts'
import { standingOfDecision } from '../standing.ts'
import { Leases, Proof } from './node-proof.tsx'

export function NodePage({ cloud, node }: { cloud: string; node: string }) {
  const query = useQuery(explanation(cloud, node))
  return (
    <>
      {query.data === undefined ? <Heading title={node} /> : null}
      <Answered query={query}>{(of) => <Explained of={of} />}</Answered>
    </>
  )
}

function Explained({ of }: { of: Explanation }) {
  return (
    <>
      <Heading title={of.name ?? of.uuid}>
        <p className="soft ids">
          {of.cloud} · <code>{of.uuid}</code>
          {of.case === null ? null : (
            <>
              {' '}
              · case <Link to={addressOfCase(of.case)}>{of.case}</Link>
            </>
          )}
        </p>
      </Heading>
      <Verdict of={of} />
      <div className="columns">
        <div>
          <Section title="Why">
            <Evidence
              cause={of.diagnosis?.cause ?? null}
              transient={of.diagnosis?.transient ?? null}
              place={of.diagnosis?.place ?? null}
              evidence={of.diagnosis?.evidence ?? []}
              against={of.against}
            />
          </Section>
          <Section title="Story">
            <Story wish={{ cloud: of.cloud, uuid: of.uuid }} />
          </Section>
        </div>
        <div>
          <Section title="Tried">
            <Budget budget={of.budget} />
            <Attempts attempts={of.attempts} />
          </Section>
          <Proof of={of} />
          <Leases of={of} />
          <Earlier of={of} />
        </div>
      </div>
    </>
  )
}

function Verdict({ of }: { of: Explanation }) {
  const { decision, hold, pause, incident } = of
  const standing = standingOfDecision(decision?.kind ?? null, decision?.reason ?? null)
  return (
    <div className={`verdict-box is-${standing ?? (hold === null ? 'free' : 'left')}`}>
      <p className="verdict-head">
        {standing === null ? null : <Stands standing={standing} />}
        <span>
          state <b>{of.provision_state ?? 'unknown'}</b>
        </span>
        {decision === null ? null : <Slug slug={decision.reason} />}
      </p>
      <p className="verdict-sentence">
        <Sentence text={decision?.message ?? 'Nothing is the matter: nothing is decided about it.'} />
      </p>
      <p className="facts">
        {decision === null ? null : (
          <>
            <span>
              next look <Until at={decision.until} />
            </span>
            <span>
              so for <Ago at={of.since} />
            </span>
          </>
        )}
        {incident === null ? null : (
          <span>
            with {incident.members - 1} others in an incident: {incident.key} {incident.value}
          </span>
        )}
        <SeenBy by={of.acknowledged} />
        {hold === null ? null : (
          <span className="attention">
            held by {hold.by} since <When at={hold.at} />: {hold.why}
          </span>
        )}
        {pause === null ? null : (
          <span className="attention">
            {pause.cloud ?? 'all clouds'} paused by {pause.by}: {pause.why}
          </span>
        )}
      </p>
      <Words of={of} />
    </div>
  )
}

/** The words that can be meant now; the daemon refuses the others, too. */
function wordsFor({ cloud, uuid, case: id, closed, decision, hold, acknowledged }: Explanation): Word[] {
  const path = nodePathOf(cloud, uuid)
  const isAsked = decision?.reason === 'needs-approval'
  const words: (Word | false)[] = [
    id !== null && (isAsked || decision?.reason === 'rejected') && approveWord(id, decision?.act),
    id !== null && isAsked && rejectWord(id, decision?.act),
    id !== null && { label: 'Retry', does: 'One attempt out of turn. Every safety gate still stands.', path: `${path}/retry` },
    decision?.reason === 'quarantined' && {
      label: 'Release',
      does: 'Lifts our own quarantine: the node was mended and may be repaired and used again.',
      path: `${path}/release`,
    },
    id !== null && closed === null && decision !== null && acknowledged === null && acknowledgeCaseWord(id),
    hold === null
      ? { label: 'Hold', does: 'Anneal leaves this node alone until somebody says unhold.', path: `${path}/hold` }
      : { label: 'Unhold', does: 'Gives the node back to Anneal.', path: `${path}/unhold` },
  ]
  return words.filter((word) => word !== false)
}

function Words({ of }: { of: Explanation }) {
  return (
    <div className="words">
      {wordsFor(of).map((word, at) => (
        <WordButton key={word.label} word={word} about={of.name ?? of.uuid} isPlain={at > 0 || word.label !== 'Approve'} />
      ))}
      {of.case === null ? null : (
        <a href={`${casePathOf(of.case)}/evidence`} download>
          Evidence for a ticket
        </a>
      )}
    </div>
  )
}

function Budget({ budget: { spent, max, windowMs } }: Pick<Explanation, 'budget'>) {
  return (
    <p className="budget">
      <span className="pips" aria-hidden="true">
        {'■'.repeat(Math.min(spent, max))}
        {'□'.repeat(Math.max(0, max - spent))}
      </span>
      {spent} of {max} resets spent {windowMs === 'lifetime' ? 'in its life' : `in ${spanOf(windowMs)}`}
    </p>
  )
}

function Earlier({ of }: { of: Explanation }) {
  const closed = useQuery(casesOfNode(of.cloud, of.uuid)).data?.cases ?? []
  if (closed.length === 0) return null
  return (
    <Section title="Earlier cases" count={closed.length}>
      <ul className="plain">
        {closed.map(({ id, openedAt, result, cause }) => (
          <li key={id}>
            <Link to={addressOfCase(id)}>{id}</Link> <When at={openedAt} />: {cause ?? 'no cause'}, {result ?? 'open'}
          </li>
        ))}
      </ul>
    </Section>
  )
}
