/**
 * What waits for a person's yes, what was said yes to and is not used yet, and which nodes people keep from Anneal.
 */
import { useQuery } from '@tanstack/react-query'
import { addressOfNode, Link } from '../address.tsx'
import { approvals, holds, nodePathOf } from '../api/queries.ts'
import { Answered, Heading, Nothing, Section } from '../parts/answered.tsx'
import { Sentence } from '../parts/sentence.tsx'
import { Slug } from '../parts/slug.tsx'
import { Ago, Until } from '../parts/time.tsx'
import { WordButton } from '../parts/word.tsx'
import { approveWord, rejectWord } from '../parts/words-on-case.ts'

export function ApprovalsPage() {
  return (
    <>
      <Heading title="Approvals and holds" />
      <Answered query={useQuery(approvals)}>
        {({ waiting, given }) => (
          <>
            <Section title="Wait for a yes" count={waiting.length}>
              {waiting.length === 0 ? (
                <Nothing title="Nothing waits for a yes.">In mode approve, each act that changes something is asked about here.</Nothing>
              ) : (
                <ul className="entries">
                  {waiting.map((one) => (
                    <li key={one.id} className="entry is-person">
                      <div className="entry-who">
                        <Link to={addressOfNode(one)} className="name">
                          {one.name ?? one.uuid}
                        </Link>
                        <span className="soft">{one.cloud}</span>
                      </div>
                      <div className="entry-what">
                        <p className="sentence">
                          <Sentence text={one.decision?.message ?? ''} />
                        </p>
                        <Slug slug={one.cause} />
                      </div>
                      <span className="words">
                        <WordButton word={approveWord(one.id, one.decision?.act)} about={one.name ?? one.uuid} isPlain={false} />
                        <WordButton word={rejectWord(one.id, one.decision?.act)} about={one.name ?? one.uuid} />
                      </span>
                    </li>
                  ))}
                </ul>
              )}
            </Section>
            {given.length === 0 ? null : (
              <Section title="Said yes to, not used yet" count={given.length}>
                <ul className="plain">
                  {given.map((one) => (
                    <li key={`${one.uuid} ${one.at}`}>
                      <Link to={addressOfNode({ ...one, name: null })}>{one.uuid}</Link>: {one.act} for {one.cause}, by {one.by} ({one.why}
                      ); void <Until at={one.expiresAt} />
                    </li>
                  ))}
                </ul>
              </Section>
            )}
          </>
        )}
      </Answered>
      <Holds />
    </>
  )
}

function Holds() {
  return (
    <Answered query={useQuery(holds)}>
      {({ holds: all }) => (
        <Section title="Held" count={all.length}>
          {all.length === 0 ? (
            <Nothing title="No node is held.">A hold is said on a node's own page, with a reason.</Nothing>
          ) : (
            <ul className="entries">
              {all.map((hold) => (
                <li key={`${hold.cloud} ${hold.uuid}`} className="entry is-left">
                  <div className="entry-who">
                    <Link to={addressOfNode(hold)} className="name">
                      {hold.name ?? hold.uuid}
                    </Link>
                    <span className="soft">{hold.cloud}</span>
                  </div>
                  <div className="entry-what">
                    <p className="sentence">{hold.why}</p>
                    <p className="soft">
                      by {hold.by}, for <Ago at={hold.at} />
                      {hold.source === 'command' ? '' : '; since Ironic lifted a maintenance of theirs'}
                    </p>
                  </div>
                  <WordButton
                    word={{ label: 'Unhold', does: 'Gives the node back to Anneal.', path: `${nodePathOf(hold.cloud, hold.uuid)}/unhold` }}
                    about={hold.name ?? hold.uuid}
                  />
                </li>
              ))}
            </ul>
          )}
        </Section>
      )}
    </Answered>
  )
}
