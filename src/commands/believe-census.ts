/**
 * A person's word that a census which counted far fewer nodes than before counted rightly: nodes were taken away on purpose. Until that, or
 * three equal censuses, nothing is started in the cloud.
 */
import type { CloudState } from '../store/clouds.ts'
import type { Store } from '../store/store.ts'
import { CommandError } from './command-error.ts'
import type { CloudWord, Spoken } from './words.ts'

/** With no cloud named, the only one whose census is doubtful is meant. Throws CommandError. */
export async function believeCensus(store: Store, word: CloudWord): Promise<Spoken> {
  const { cloud } = meant(await store.clouds(), word.cloud)
  const came = await store.believeCensus(cloud, word)
  if (came.kind === 'believed') {
    const message = `The census of ${cloud} is believed: ${came.size} nodes instead of ${came.was}. Work there goes on.`
    return { changed: true, message, cloud, uuid: null, name: null }
  }
  if (came.kind === 'not-doubtful')
    return { changed: false, message: `The census of ${cloud} is not in doubt.`, cloud, uuid: null, name: null }
  throw new CommandError('conflict', {
    what: cloud,
    message: 'The last census listed no node at all, and that is never believed.',
    fix: 'See with `anneal check` whether the credential sees the nodes.',
  })
}

function meant(clouds: CloudState[], named: string | null): CloudState {
  if (named !== null) {
    const found = clouds.find(({ cloud }) => cloud === named)
    if (found !== undefined) return found
    throw new CommandError('not-found', {
      what: named,
      message: 'No census of this cloud was ever taken.',
      fix: 'Run `anneal sweep` once.',
    })
  }
  const doubtful = clouds.filter(({ census }) => census.doubtful !== null)
  const [only] = doubtful.length > 0 ? doubtful : clouds
  if (only === undefined)
    throw new CommandError('not-found', { what: 'census', message: 'No census was ever taken.', fix: 'Run `anneal sweep` once.' })
  if (doubtful.length <= 1) return only
  throw new CommandError('ambiguous', {
    what: 'census',
    message: `The censuses of ${doubtful.map(({ cloud }) => cloud).join(' and ')} are in doubt.`,
    fix: 'Choose one with --os-cloud.',
  })
}
