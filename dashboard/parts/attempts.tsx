/**
 * What was sent for a node, and what came of it.
 */
import type { Explanation } from '../api/answers.ts'
import { When } from './time.tsx'

type Attempt = Explanation['attempts'][number]

const MARKS: Record<Attempt['markState'], string> = {
  none: 'no mark',
  written: 'marked',
  maybe: 'maybe marked',
  owed: 'the mark is still to be taken back',
  returned: 'the mark was taken back',
}

export function Attempts({ attempts }: { attempts: Attempt[] }) {
  if (attempts.length === 0) return <p className="soft">Nothing that changes anything was sent.</p>
  return (
    <ol className="attempts">
      {attempts.map((attempt) => (
        <li
          key={`${attempt.number} ${attempt.act} ${attempt.at}`}
          className={`attempt ${attempt.result === 'failed' ? 'is-person' : attempt.result === 'proven' ? 'is-free' : 'is-work'}`}
        >
          <p>
            <b>
              {attempt.act}
              {attempt.step === null ? '' : ` (${attempt.step})`}
            </b>{' '}
            <When at={attempt.at} />
          </p>
          <p className="soft">
            {attempt.outcome ?? 'under way'}
            {attempt.result === null ? '' : `, ${attempt.result}`} · {MARKS[attempt.markState]}
            {attempt.reason === null ? '' : ` · ${attempt.reason}`}
          </p>
        </li>
      ))}
    </ol>
  )
}
