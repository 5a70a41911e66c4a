/**
 * Why Anneal says so: the evidence for the cause, and what speaks against it.
 */
import { Sentence } from './sentence.tsx'
import { Slug } from './slug.tsx'

const SURE: Record<string, string> = { yes: 'may pass by itself', no: 'does not pass by itself', maybe: 'may or may not pass by itself' }

/** Slugs of the daemon, as one says them. */
const PLACES: Record<string, string> = {
  bmc: 'the BMC',
  'nic-or-cable': 'its NIC or cable',
  switch: 'the switch',
  network: 'the network',
  credentials: 'the credentials',
}

type Weighed = { cause: string | null; transient: string | null; place?: string | null; evidence: string[]; against: string[] }

export function Evidence({ cause, transient, place = null, evidence, against }: Weighed) {
  if (cause === null) return <p className="soft">No cause is named.</p>
  return (
    <>
      <p className="verdict">
        <Slug slug={cause} /> {SURE[transient ?? ''] ?? ''}
        {place === null ? '' : `; the trouble more likely sits in ${PLACES[place] ?? place}`}
      </p>
      <div className="weighed">
        <Sentences title="For" sentences={evidence} none="Nothing is on record." />
        <Sentences title="Against" sentences={against} none="Nothing speaks against it." />
      </div>
    </>
  )
}

function Sentences({ title, sentences, none }: { title: string; sentences: string[]; none: string }) {
  return (
    <div>
      <h3>{title}</h3>
      {sentences.length === 0 ? (
        <p className="soft">{none}</p>
      ) : (
        <ul className="plain">
          {sentences.map((sentence) => (
            <li key={sentence}>
              <Sentence text={sentence} />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
