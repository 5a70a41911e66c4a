/**
 * Where a command works: the configuration, the database, and which cloud a person means. Commands that need no cloud get along without
 * any entry of clouds.yaml. Nothing is asked of a cloud here.
 */
import { CommandError } from '../commands/command-error.ts'
import type { Config } from '../config.ts'
import { cloudFor } from '../config.ts'
import type { Policy } from '../core/policy.ts'
import { type Records, recordsAt } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type Chosen, chosenClouds, openDatabase, readCloudNamed, readConfig } from '../wiring.ts'
import type { Globals } from './globals.ts'
import type { Io } from './io.ts'
import { UsageError } from './usage-error.ts'

export type Place = {
  io: Io
  globals: Globals
  config: Config
  store: Store
  /** The cloud whose nodes are meant; null: any. */
  cloud: string | null
  policyOf: (cloud: string) => Policy
}

/** Opens the database, works, and closes it again. Throws ConfigError and StoreError. */
export async function atPlace<T>(io: Io, globals: Globals, work: (place: Place) => Promise<T>): Promise<T> {
  const config = readConfig(io, globals)
  return await withStore(io, config, (store) =>
    work({ io, globals, config, store, cloud: cloudMeant(io, globals, config), policyOf: (cloud) => cloudFor(config, cloud).policy }),
  )
}

/** The same for what is told out of the database: a misspelt cloud must not look like a healthy one. Throws ConfigError for it too. */
export function atCloud<T>(io: Io, globals: Globals, work: (place: Place) => Promise<T>): Promise<T> {
  return atPlace(io, globals, async (place) => {
    if (place.cloud !== null) await mustExist(place, place.cloud)
    return await work(place)
  })
}

/** What is on record, where a command only reads. */
export type RecordsPlace = { config: Config; records: Records; cloud: string | null }

/** The same over the database as it is: nothing is made, migrated, written or locked. Throws CommandError where there is none yet. */
export async function atRecords<T>(io: Io, globals: Globals, work: (place: RecordsPlace) => Promise<T>): Promise<T> {
  const config = readConfig(io, globals)
  const cloud = cloudMeant(io, globals, config)
  const records = await recordsAt(config.database)
  if (records === null) {
    throw new CommandError('not-found', {
      what: config.database.shown,
      message: 'There is no database yet, so nothing is on record.',
      fix: 'Run `anneal sweep` once, or name the database: `database` in anneal.yaml, or ANNEAL_DATABASE.',
    })
  }
  try {
    if (cloud !== null) await mustExist({ io, config, store: records }, cloud)
    return await work({ config, records, cloud })
  } finally {
    await records.close()
  }
}

/** A cloud exists in anneal.yaml, in the database or in clouds.yaml. Throws ConfigError with the nearest name. */
export async function mustExist(
  { io, config, store }: Pick<Place, 'io' | 'config'> & { store: Pick<Store, 'clouds' | 'countNodes'> },
  cloud: string,
): Promise<void> {
  if (config.clouds.some(({ name }) => name === cloud)) return
  if ((await store.clouds()).some((state) => state.cloud === cloud) || (await store.countNodes({ cloud })) > 0) return
  readCloudNamed(cloud, io)
}

export async function withStore<T>(io: Io, config: Config, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openDatabase(config, io.seams)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** OS_CLOUD chooses an entry of clouds.yaml; where anneal.yaml gives clouds names of its own it means none of them. */
const cloudMeant = (io: Io, globals: Globals, config: Config): string | null =>
  globals.osCloud ?? (config.clouds.length === 0 ? io.env['OS_CLOUD'] || null : null)

/** For commands that work on one cloud. */
export function oneCloud(io: Io, globals: Globals, config: Config): Chosen {
  const [only, ...others] = chosenClouds(config, globals, io)
  if (only !== undefined && others.length === 0) return only
  throw new UsageError({
    what: 'usage',
    message: `${config.path ?? 'anneal.yaml'} lists ${config.clouds.length} clouds, and this command works on one.`,
    fix: `Choose with --os-cloud: ${config.clouds.map(({ name }) => name).join(', ')}.`,
  })
}
