/**
 * One incident: what its nodes share, who went first, how far it is, what it cost.
 */
import { addressOfNode, Link } from '../address.tsx'
import type { Incident } from '../api/answers.ts'
import { SeenBy } from '../parts/seen-by.tsx'
import { Ago } from '../parts/time.tsx'
import { WordButton } from '../parts/word.tsx'
import { acknowledgeIncidentWord } from '../parts/words-on-case.ts'
import type { Standing } from '../standing.ts'

/** More names say nothing more. */
const NAMES = 8

export function IncidentCard({ incident }: { incident: Incident }) {
  const { cloud, key, value, members, canary, healed, failed, inFlight, openedAt, resetsSpent, nodeHours } = incident
  const others = Math.max(0, members.length - healed - failed - inFlight)
  const parts: [Standing, number][] = [
    ['free', healed],
    ['work', inFlight],
    ['person', failed],
    ['wait', others],
  ]
  return (
    <article className="card" aria-label={`Incident ${key} ${value}`}>
      <h3>
        <span className="soft">{key}</span> {value}
      </h3>
      <p>
        {members.length} nodes on {cloud}, for <Ago at={openedAt} />.{' '}
        {canary === null ? 'None has gone first yet.' : <CanaryWord canary={canary} cloud={cloud} />}
      </p>
      <div className="progress" aria-hidden="true">
        {parts
          .filter(([, count]) => count > 0)
          .map(([standing, count]) => (
            <i key={standing} className={`is-${standing}`} style={{ flexGrow: count }} />
          ))}
      </div>
      <p className="soft">
        {healed} healed · {inFlight} in flight · {failed} failed again · {others} wait · {resetsSpent} resets · {nodeHours} node-hours lost
      </p>
      {incident.acknowledged === null ? (
        <WordButton word={acknowledgeIncidentWord(incident.id)} about={`incident ${incident.id}`} />
      ) : (
        <p>
          <SeenBy by={incident.acknowledged} />
        </p>
      )}
      <p className="names">
        {members.slice(0, NAMES).map((member) => (
          <Link key={member.uuid} to={addressOfNode({ cloud, ...member })}>
            {member.name ?? member.uuid}
          </Link>
        ))}
        {members.length > NAMES ? <span className="soft">and {members.length - NAMES} more</span> : null}
      </p>
    </article>
  )
}

function CanaryWord({ canary: { uuid, name, result }, cloud }: { canary: NonNullable<Incident['canary']>; cloud: string }) {
  const went =
    result === 'proven'
      ? ' went first and is healed: the others follow, 2, 4, 8 at a time.'
      : result === 'failed'
        ? ' went first and failed again.'
        : ' goes first; the others wait for it.'
  return (
    <>
      <Link to={addressOfNode({ cloud, uuid, name })}>{name ?? uuid}</Link>
      {went}
    </>
  )
}
