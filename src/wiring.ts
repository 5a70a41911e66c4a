/**
 * From configuration to things: which clouds are meant, a way into each, the database, and the worlds that the controller works on
 * (wire-cloud.ts builds one from its parts). It takes no step of its own; what it is given (seams, environment) is main's.
 */
import { amqpLookAtQueues, amqpSubscribe } from './amqp.ts'
import { type CloudConfig, type Config, cloudFor, inMode, loadConfig } from './config.ts'
import type { CloudWorld, Log } from './controller/cloud-world.ts'
import { type Ear, ear } from './controller/hear.ts'
import { repeats } from './controller/repeats.ts'
import type { Mode } from './core/policy.ts'
import type { Seams } from './core/seams.ts'
import type { Bulletin } from './notify/bulletin.ts'
import { deliver } from './notify/deliver.ts'
import { type Notifier, notifier } from './notify/notifier.ts'
import type { NotifierParts } from './notify/parts.ts'
import type { Receiver, Reply } from './notify/receiver.ts'
import type { CountsCalls } from './openstack/call.ts'
import type { CloudAccess, Files } from './openstack/cloud-access.ts'
import { readCloud } from './openstack/clouds-yaml.ts'
import { type Ironic, ironicClient } from './openstack/ironic.ts'
import { openSession, type Session } from './openstack/session.ts'
import { smtpMailer } from './smtp.ts'
import { openPostgresStore, openStore, type Store } from './store/store.ts'
import { wireCloud } from './wire-cloud.ts'

/** What is around the process, as main read it. */
export type Around = { env: Record<string, string | undefined>; cwd: string; readFile: Files['read']; seams: Seams }

/** `--config`, `--os-cloud`, `--mode`; null where nothing was said. */
export type Wish = { config: string | null; osCloud: string | null; mode: Mode | null }

/** A cloud that is meant, with the ways into it. Nothing has been asked of it yet. */
export type Chosen = { config: CloudConfig; access: CloudAccess; servicesAccess: CloudAccess }

/** A chosen cloud with its sessions and Ironic's client. */
export type Reached = Chosen & { session: Session; services: Session; ironic: Ironic }

/** Throws ConfigError. */
export const readConfig = (around: Around, wish: Wish): Config => loadConfig({ ...around, path: wish.config })

/** Throws StoreError. */
export function openDatabase({ database }: Config, { clock, newId, random }: Seams): Promise<Store> {
  const seams = { clock, newId, random }
  return database.kind === 'sqlite' ? openStore({ path: database.path, ...seams }) : openPostgresStore({ place: database, ...seams })
}

/**
 * The clouds that are meant: the one that `--os-cloud` names; else all that anneal.yaml lists; else the one that OS_CLOUD, the OS_*
 * variables or the only entry of clouds.yaml come to. Throws ConfigError.
 */
export function chosenClouds(config: Config, wish: Wish, around: Around): Chosen[] {
  const named = wish.osCloud === null ? config.clouds : [cloudFor(config, wish.osCloud)]
  if (named.length > 0) return named.map((cloud) => chosen(cloud, wish, around))
  const access = entry(null, around)
  return [chosen(cloudFor(config, access.name), wish, around)]
}

function chosen(cloud: CloudConfig, wish: Wish, around: Around): Chosen {
  const access = entry(cloud.ironic, around)
  const servicesAccess = cloud.services === null ? access : entry(cloud.services, around)
  return { config: wish.mode === null ? cloud : inMode(cloud, wish.mode), access, servicesAccess }
}

const entry = (cloud: string | null, { env, readFile, cwd }: Around): CloudAccess => readCloud({ cloud, environment: env, readFile, cwd })

/** Opens the sessions; sends nothing. */
export function reach(cloud: Chosen, seams: Seams): Reached {
  const session = openSession(cloud.access, seams)
  const services = cloud.servicesAccess === cloud.access ? session : openSession(cloud.servicesAccess, seams)
  return { ...cloud, session, services, ironic: ironicClient(session) }
}

/** The world of a chosen cloud over a store, and the same sessions for what asks beside it. Sends nothing. */
export function wire(
  cloud: Chosen,
  to: { store: Store; seams: Seams; log: Log; counted?: CountsCalls },
): { world: CloudWorld; reached: Reached } {
  const { config, access, servicesAccess } = cloud
  const world = wireCloud({
    cloud: config.name,
    access,
    servicesAccess: servicesAccess === access ? null : servicesAccess,
    policy: config.policy,
    policyHash: config.policyHash,
    ...to,
  })
  return { world, reached: { ...cloud, session: world.sessions.ironic, services: world.sessions.services, ironic: world.ironic } }
}

/** What hears the notifications of a cloud; null where none are configured. Connects to nothing yet. @param pollMs the poll without proof, ms */
export function earFor(
  { name, notifications }: Pick<CloudConfig, 'name' | 'notifications'>,
  to: { store: Store; seams: Seams; log: Log; pollMs: number },
): Ear | null {
  return notifications === null ? null : ear({ ...to, cloud: name, plan: notifications, subscribe: amqpSubscribe })
}

/** The real brokers, for a check. */
export const brokers = { subscribe: amqpSubscribe, lookAtQueues: amqpLookAtQueues }

/** The entry of this name in clouds.yaml. Throws ConfigError, with the nearest name, where there is none. */
export const readCloudNamed = (cloud: string, around: Around): CloudAccess => entry(cloud, around)

/** The reader of the outbox, for as long as `store` is open. Sends nothing yet. @param alertsStandMs how long an alert stands unrepeated */
export function notifierFor(
  { receivers, serverUrl }: Pick<Config, 'receivers' | 'serverUrl'>,
  to: Pick<NotifierParts, 'store' | 'claimant' | 'alertsStandMs' | 'onTold'> & { seams: Seams; log: Log },
): Notifier {
  return notifier({ ...to, receivers, serverUrl, mailer: smtpMailer, trouble: repeats(to.seams.clock, to.log) })
}

/** One test message to one receiver, past the outbox. */
export const tellForTest = (seams: Seams, receiver: Receiver, bulletin: Bulletin): Promise<Reply> =>
  deliver({ seams, mailer: smtpMailer }, receiver, bulletin)
