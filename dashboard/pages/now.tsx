/**
 * What is the matter now, by urgency: what needs a person, what Anneal does, what it waits for, what it leaves alone; and what several nodes
 * share. A node's whole story is node.tsx.
 */
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button'
import { useQuery } from '@tanstack/react-query'
import { Fragment, useState } from 'react'
import { addressOfNode, Link } from '../address.tsx'
import type { Cloud, Decision, ListedCase } from '../api/answers.ts'
import { clouds, decisions, fleet, incidents, openCases } from '../api/queries.ts'
import { Answered, Heading, Nothing, Section } from '../parts/answered.tsx'
import { SeenBy } from '../parts/seen-by.tsx'
import { Sentence } from '../parts/sentence.tsx'
import { ShareBar } from '../parts/share-bar.tsx'
import { Slug } from '../parts/slug.tsx'
import { Ago, Until, When } from '../parts/time.tsx'
import { WordButton } from '../parts/word.tsx'
import { type Standing, standingOfDecision } from '../standing.ts'
import { IncidentCard } from './incident-card.tsx'

const GROUPS: readonly { standing: Standing; title: string; none: string }[] = [
  { standing: 'person', title: 'Needs a person', none: 'Nothing waits for a person.' },
  { standing: 'work', title: 'In hand', none: 'Nothing is being repaired.' },
  { standing: 'wait', title: 'Waits', none: '' },
  { standing: 'left', title: 'Left alone', none: '' },
]
/** More is read a screen at a time. */
const SHOWN = 40

export function NowPage() {
  const inForce = useQuery(decisions)
  const cases = new Map((useQuery(openCases).data?.cases ?? []).map((one) => [one.id, one]))
  const sums = useQuery(fleet).data?.sums
  return (
    <>
      <Heading title="Now">{sums === undefined ? null : <ShareBar sums={sums} />}</Heading>
      <Clouds />
      <Answered query={inForce}>
        {({ decisions: all, next }) => (
          <>
            {all.length === 0 ? (
              <Nothing title="All is well.">No node is failed, and none is on its way. What comes will stand here within seconds.</Nothing>
            ) : (
              GROUPS.map((group) => (
                <Fragment key={group.standing}>
                  <Group {...group} decisions={all} cases={cases} />
                  {group.standing === 'person' ? <Incidents /> : null}
                </Fragment>
              ))
            )}
            {next === null ? null : (
              <p className="soft">
                These are the newest {all.length}. <Link to="/fleet?show=failed">All of them</Link>
              </p>
            )}
          </>
        )}
      </Answered>
    </>
  )
}

type Cases = ReadonlyMap<string, ListedCase>

function Group({ standing, title, none, decisions: all, cases }: (typeof GROUPS)[number] & { decisions: Decision[]; cases: Cases }) {
  const [isWhole, setWhole] = useState(false)
  const mine = all.filter(({ kind, reason }) => standingOfDecision(kind, reason) === standing)
  if (mine.length === 0) return none === '' ? null : <p className={`group-none is-${standing}`}>{none}</p>
  const shown = isWhole ? mine : mine.slice(0, SHOWN)
  return (
    <Section title={title} count={mine.length}>
      <ul className="entries">
        {shown.map((decision) => (
          <Entry key={`${decision.cloud} ${decision.uuid}`} standing={standing} decision={decision} of={cases.get(decision.case ?? '')} />
        ))}
      </ul>
      {mine.length > shown.length ? (
        <Button variant="link" onClick={() => setWhole(true)}>
          Show the other {mine.length - shown.length}
        </Button>
      ) : null}
    </Section>
  )
}

function Entry({ standing, decision, of }: { standing: Standing; decision: Decision; of: ListedCase | undefined }) {
  const { cloud, name, uuid, reason, message, until, since } = decision
  return (
    <li className={`entry is-${standing}`}>
      <div className="entry-who">
        <Link to={addressOfNode(decision)} className="name">
          {name ?? uuid}
        </Link>
        <span className="soft">{cloud}</span>
      </div>
      <div className="entry-what">
        <p className="sentence">
          <Sentence text={message} />
        </p>
        <p className="entry-slugs">
          {of?.cause ? (
            <>
              <Slug slug={of.cause} /> <span aria-hidden="true">→</span>{' '}
            </>
          ) : null}
          <Slug slug={reason} /> <SeenBy by={of?.acknowledged ?? null} />
        </p>
      </div>
      <dl className="entry-times">
        <div>
          <dt>next look</dt>
          <dd>
            <Until at={until} />
          </dd>
        </div>
        <div>
          <dt>for</dt>
          <dd>
            <Ago at={since} />
          </dd>
        </div>
      </dl>
    </li>
  )
}

function Incidents() {
  const open = useQuery(incidents).data?.incidents ?? []
  if (open.length === 0) return null
  return (
    <Section title="Incidents" count={open.length}>
      <div className="cards">
        {open.map((incident) => (
          <IncidentCard key={incident.id} incident={incident} />
        ))}
      </div>
    </Section>
  )
}

function Clouds() {
  return (
    <Answered query={useQuery(clouds)}>
      {({ clouds: all }) =>
        all.length === 0 ? (
          <Nothing title="No cloud is watched yet.">The daemon has not reached one; its log says why.</Nothing>
        ) : (
          <ul className="clouds">
            {all.map((cloud) => (
              <CloudLine key={cloud.cloud} cloud={cloud} />
            ))}
          </ul>
        )
      }
    </Answered>
  )
}

const MODES = {
  observe: 'only looks; sends nothing that changes anything',
  approve: 'asks a person before each act',
  auto: 'acts by itself',
} as const

function CloudLine({ cloud: { cloud, mode, pause, census, slowUntil, inFlight } }: { cloud: Cloud }) {
  const pauseWord = {
    label: 'Pause',
    does: 'Nothing that changes anything is sent on this cloud until somebody resumes.',
    path: '/api/v1/pause',
  }
  const resumeWord = { label: 'Resume', does: 'Ends the pause on this cloud.', path: '/api/v1/resume' }
  return (
    <li className={pause === null ? 'cloud' : 'cloud is-paused'}>
      <strong>{cloud}</strong>
      <span>
        <b>{mode}</b>: {MODES[mode]}
      </span>
      {pause === null ? null : (
        <span className="attention">
          paused by {pause.by}: {pause.why}
        </span>
      )}
      {census.doubtful === null ? null : <span className="attention">the last census is not believed: {census.doubtful}</span>}
      {slowUntil === null ? null : (
        <span className="attention">
          Ironic asked for patience until <When at={slowUntil} withDay={false} />
        </span>
      )}
      <span className="soft">
        {inFlight} in flight · census <Ago at={census.at} /> ago
      </span>
      <span className="cloud-word">
        {pause === null ? (
          <WordButton word={{ ...pauseWord, body: { cloud } }} about={cloud} />
        ) : (
          <WordButton word={{ ...resumeWord, body: { cloud: pause.cloud } }} about={pause.cloud ?? 'all clouds'} isPlain={false} />
        )}
      </span>
    </li>
  )
}
