/**
 * The policy in force on each cloud: every figure that judgement goes by. It is changed in anneal.yaml, not here.
 */
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Answers } from '../api/answers.ts'
import { policy } from '../api/queries.ts'
import { Answered, Heading, Nothing, Section } from '../parts/answered.tsx'
import { spanOf, When } from '../parts/time.tsx'

type InForce = Answers['policy']['clouds'][number]

export function PolicyPage() {
  return (
    <>
      <Heading title="Policy">
        <p className="soft">What judgement goes by. It is changed in anneal.yaml, and a restart puts it in force.</p>
      </Heading>
      <Answered query={useQuery(policy)}>
        {({ clouds }) =>
          clouds.length === 0 ? (
            <Nothing title="No cloud is watched yet." />
          ) : (
            clouds.map((one) => <OfCloud key={one.cloud} inForce={one} />)
          )
        }
      </Answered>
    </>
  )
}

function OfCloud({ inForce: { cloud, mode, hash, since, isOurs, policy: content } }: { inForce: InForce }) {
  return (
    <Section
      title={cloud}
      aside={
        <span className="soft">
          since <When at={since} /> · {hash.slice(0, 12)}
        </span>
      }
    >
      <p>
        Mode <b>{mode}</b>.
      </p>
      {isOurs === true ? null : (
        <p className="attention">
          {isOurs === null
            ? 'This daemon does not watch this cloud.'
            : 'This daemon has another policy for this cloud, and only observes there.'}
        </p>
      )}
      {content === null ? null : (
        <dl className="policy">
          {Object.entries(content)
            .filter(([key]) => key !== 'mode')
            .map(([key, value]) => (
              <div key={key}>
                <dt>{wordsOf(key)}</dt>
                <dd>{shown(key, value)}</dd>
              </div>
            ))}
        </dl>
      )}
    </Section>
  )
}

const wordsOf = (key: string): string => key.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()

/** Every duration of a policy is a whole number of seconds, and no count is as large as one. */
const SECOND = 1_000
const isDuration = (value: number): boolean => value >= SECOND && value % SECOND === 0
const isShare = (key: string, value: number): boolean => /share/i.test(key) && value <= 1

function shown(key: string, value: unknown): ReactNode {
  if (typeof value === 'number') return isShare(key, value) ? `${value * 100} %` : isDuration(value) ? spanOf(value) : String(value)
  if (Array.isArray(value))
    return value.length === 0
      ? 'not limited'
      : value.map((one) => (typeof one === 'object' ? JSON.stringify(one) : shown(key, one))).join(', ')
  if (value === null) return 'not set'
  if (typeof value === 'object')
    return (
      <ul className="plain">
        {Object.entries(value).map(([name, inner]) => (
          <li key={name}>
            <span className="soft">{wordsOf(name)}</span> {shown(name, inner)}
          </li>
        ))}
      </ul>
    )
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}
