/**
 * What must hold before a node counts as healed, check by check, and who has it reserved: as they were seen last.
 */
import type { Explanation } from '../api/answers.ts'
import { Section } from '../parts/answered.tsx'
import { Sentence } from '../parts/sentence.tsx'
import { Ago, When } from '../parts/time.tsx'

type Verdict = Explanation['proof'][number]['verdict']
/** A sign and a word: the colour says nothing that they do not. */
const SIGNS: Partial<Record<Verdict, { sign: string; className: string }>> = {
  holds: { sign: '✓', className: 'is-free' },
  fails: { sign: '✕', className: 'is-person' },
}

export function Proof({ of: { proof, proofAt } }: { of: Explanation }) {
  return (
    <Section
      title="Proof"
      aside={
        <span className="soft">
          {proofAt === null ? (
            ''
          ) : (
            <>
              seen <Ago at={proofAt} /> ago
            </>
          )}
        </span>
      }
    >
      {proof.length === 0 ? (
        <p className="soft">No look at it was kept.</p>
      ) : (
        <ul className="checks">
          {proof.map(({ check, verdict, sentence }) => {
            const { sign, className } = SIGNS[verdict] ?? { sign: '–', className: 'is-left' }
            return (
              <li key={check} className={className}>
                <span className="check-sign" aria-hidden="true">
                  {sign}
                </span>
                <div>
                  <b>{check.replaceAll('-', ' ')}</b> <span className="soft">{verdict}</span>
                  <p>
                    <Sentence text={sentence} />
                  </p>
                </div>
              </li>
            )
          })}
        </ul>
      )}
    </Section>
  )
}

export function Leases({ of: { blazar } }: { of: Explanation }) {
  if (blazar === null) return null
  const { unknown, leases, total, at, host } = blazar
  return (
    <Section
      title="Reservations"
      count={total}
      aside={
        <span className="soft">
          seen <Ago at={at} /> ago
        </span>
      }
    >
      {unknown === null ? null : <p className="attention">Nothing is known: {unknown}</p>}
      {host === null ? <p className="soft">Blazar does not know this node.</p> : null}
      <ul className="plain">
        {leases.map(({ id, name, start_date, end_date, status }) => (
          <li key={id}>
            {name ?? id} <span className="soft">{status}</span>
            <br />
            <When at={start_date} /> to <When at={end_date} />
          </li>
        ))}
      </ul>
    </Section>
  )
}
