/**
 * Whether Anneal itself is well: when it looked last, how long a look takes, how the services of the clouds answer it, what it has left to
 * spend. It reads the figures that Prometheus reads.
 */
import { useQuery } from '@tanstack/react-query'
import { useStanding } from '../api/live.ts'
import { clouds, metrics } from '../api/queries.ts'
import { useNow } from '../api/server-time.ts'
import { Answered, Heading, Nothing, Section } from '../parts/answered.tsx'
import { named, type Sample, samplesIn, sumOf } from '../parts/prometheus.ts'
import { spanOf } from '../parts/time.tsx'

export function HealthPage() {
  return (
    <>
      <Heading title="Health of Anneal" />
      <Answered query={useQuery(metrics)}>
        {(text) => {
          const samples = samplesIn(text)
          return (
            <>
              <Figures samples={samples} />
              <Canaries samples={samples} />
              <Services samples={samples} />
              <Listening samples={samples} />
              <Requests samples={samples} />
            </>
          )
        }}
      </Answered>
    </>
  )
}

const meanOf = (samples: readonly Sample[], name: string): number | null => {
  const count = sumOf(named(samples, `${name}_count`))
  return count === 0 ? null : sumOf(named(samples, `${name}_sum`)) / count
}
const seconds = (value: number | null): string =>
  value === null ? '–' : value < 1 ? `${Math.round(value * 1_000)} ms` : spanOf(value * 1_000)

function Figures({ samples }: { samples: Sample[] }) {
  const now = useNow()
  const standing = useStanding()
  const known = useQuery(clouds).data?.clouds ?? []
  const lastLook = Math.max(0, ...named(samples, 'anneal_last_pass_timestamp_seconds').map(({ value }) => value * 1_000))
  const acts = named(samples, 'anneal_actions_total')
  const figures: [label: string, value: string, means: string][] = [
    [
      'last look',
      lastLook === 0 ? '–' : `${spanOf(Math.max(0, now - lastLook))} ago`,
      'at a node that is due; healthy ones are only listed',
    ],
    ['a look takes', seconds(meanOf(samples, 'anneal_pass_seconds')), 'from reading to acting, on average'],
    ['until healed', seconds(meanOf(samples, 'anneal_time_to_heal_seconds')), 'from the failure to the proof, on average'],
    ['acts', String(sumOf(acts)), `${sumOf(acts.filter(({ labels }) => labels['outcome'] === 'accepted'))} of them accepted`],
    ['may begin now', String(sumOf(named(samples, 'anneal_budget_remaining'))), 'repairs side by side'],
    ['events', standing === 'live' ? 'live' : 'not connected', 'whether this page hears of changes at once'],
  ]
  return (
    <>
      <dl className="figures">
        {figures.map(([label, value, means]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {value} <small>{means}</small>
            </dd>
          </div>
        ))}
      </dl>
      {known
        .filter(({ census }) => census.doubtful !== null)
        .map(({ cloud, census }) => (
          <p key={cloud} className="attention">
            {cloud}: the last census is not believed: {census.doubtful}
          </p>
        ))}
    </>
  )
}

/** A cloud has a self-canary only where the configuration names a node for it. */
function Canaries({ samples }: { samples: Sample[] }) {
  const now = useNow()
  const troubles = named(samples, 'anneal_canary_trouble')
  const healed = new Map(
    named(samples, 'anneal_canary_healed_timestamp_seconds').map(({ labels, value }) => [labels['cloud'], value * 1_000]),
  )
  if (troubles.length === 0) return null
  return (
    <Section title="Self-canaries" count={troubles.length}>
      <ul className="services">
        {troubles.map(({ labels: { cloud = '' }, value }) => {
          const at = healed.get(cloud) ?? 0
          return (
            <li key={cloud} className={`stands ${value === 0 ? 'is-free' : 'is-person'}`}>
              {cloud} <span className="soft">{at === 0 ? 'not healed yet' : `healed ${spanOf(Math.max(0, now - at))} ago`}</span>{' '}
              {value === 0 ? 'as it should be' : 'was not healed in time, or could not be tried'}
            </li>
          )
        })}
      </ul>
    </Section>
  )
}

/** Only clouds whose Ironic's notifications are listened to are named here; the others are polled. */
function Listening({ samples }: { samples: Sample[] }) {
  const now = useNow()
  const queues = named(samples, 'anneal_ironic_notifications_up')
  const of = (name: string, cloud: string): number | null =>
    named(samples, name).find(({ labels }) => labels['cloud'] === cloud)?.value ?? null
  if (queues.length === 0) return null
  return (
    <Section title="Ironic's notifications" count={queues.length}>
      <ul className="services">
        {queues.map(({ labels: { cloud = '' }, value }) => {
          const heard = (of('anneal_last_notification_timestamp_seconds', cloud) ?? 0) * 1_000
          const poll = of('anneal_poll_interval_seconds', cloud)
          return (
            <li key={cloud} className={`stands ${value === 1 ? 'is-free' : 'is-person'}`}>
              {cloud} <span className="soft">{heard === 0 ? 'nothing heard yet' : `heard ${spanOf(Math.max(0, now - heard))} ago`}</span>{' '}
              {value === 1 ? 'is listened to' : 'cannot be listened to'}
              {poll === null ? '' : `, polled every ${seconds(poll)}`}
            </li>
          )
        })}
      </ul>
    </Section>
  )
}

function Services({ samples }: { samples: Sample[] }) {
  const probes = named(samples, 'anneal_probe_up')
  return (
    <Section title="Services of the clouds" count={probes.length}>
      {probes.length === 0 ? (
        <Nothing title="None was asked yet.">They are asked when a node is looked at.</Nothing>
      ) : (
        <ul className="services">
          {probes.map(({ labels, value }) => (
            <li key={`${labels['cloud']} ${labels['service']}`} className={`stands ${value === 1 ? 'is-free' : 'is-person'}`}>
              {labels['service']} <span className="soft">{labels['cloud']}</span> {value === 1 ? 'answers' : 'does not answer well'}
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function Requests({ samples }: { samples: Sample[] }) {
  const byService = [...Map.groupBy(named(samples, 'anneal_cloud_requests_total'), ({ labels }) => labels['service'] ?? '')].toSorted(
    ([a], [b]) => a.localeCompare(b),
  )
  if (byService.length === 0) return null
  const isBad = ({ labels }: Sample): boolean => !/^[23]/.test(labels['status'] ?? '')
  const isChange = ({ labels }: Sample): boolean => labels['method'] !== 'GET'
  return (
    <Section title="Requests since it started">
      <div className="table-frame">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">All</th>
              <th scope="col">Not GET</th>
              <th scope="col">Refused or unanswered</th>
            </tr>
          </thead>
          <tbody>
            {byService.map(([service, of]) => (
              <tr key={service}>
                <th scope="row">{service}</th>
                <td>{sumOf(of).toLocaleString()}</td>
                <td>{sumOf(of.filter(isChange)).toLocaleString()}</td>
                <td>{sumOf(of.filter(isBad)).toLocaleString()}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}
