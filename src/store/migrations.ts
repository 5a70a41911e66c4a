/**
 * The schema's numbered steps, as SQLite takes them; for PostgreSQL they are translated (postgres-migrations.ts). A step that has been released
 * is never edited: a change is a new step. The version stands in the table schema_version; a database from a newer version is refused before
 * anything is written to it.
 */
import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from './store-error.ts'

const FIRST = `
create table clouds (
  cloud text primary key, mode text not null, policyHash text not null, policyAt integer not null, policyRevision integer not null,
  firstPassAt integer, believed integer, believedAt integer, challenger text, doubtful text, listedSize integer, slowUntil integer
) strict;
create table classes (
  cloud text not null, resource_class text not null, listed integer not null, believed integer not null,
  primary key (cloud, resource_class)
) strict, without rowid;

create table nodes (
  cloud text not null, uuid text not null, name text,
  provision_state text not null, provision_updated_at text, target_provision_state text, power_state text, target_power_state text,
  maintenance integer not null, maintenance_reason text, fault text, instance_uuid text, reservation text,
  protected integer not null, retired integer not null, owner text, lessee text, resource_class text,
  conductor_group text not null, shard text,
  seenAt integer not null, missingSince integer, leftAt integer, person text,
  primary key (cloud, uuid)
) strict, without rowid;
create index nodes_by_name on nodes (cloud, name);
create index nodes_by_state on nodes (cloud, provision_state, missingSince);

create table due (
  cloud text not null, uuid text not null, dueAt integer not null, wakeAt integer, claimant text, claimUntil integer,
  primary key (cloud, uuid)
) strict, without rowid;
create index due_by_time on due (dueAt);

create table incidents (
  id text primary key, cloud text not null, kind text not null, value text not null, openedAt integer not null, closedAt integer
) strict;
create unique index incidents_open on incidents (cloud, kind, value) where closedAt is null;

create table cases (
  id text primary key, cloud text not null, uuid text not null, name text, resource_class text,
  openedAt integer not null, closedAt integer, result text, failureAt integer not null,
  memory text not null, diagnosis text, decision text, cause text, transient text, kind text, reason text,
  keys text not null, incidentId text references incidents (id)
) strict;
create unique index cases_open on cases (cloud, uuid) where closedAt is null;
create index cases_by_node on cases (cloud, uuid, openedAt);
create index cases_by_opening on cases (openedAt);
create index cases_by_class on cases (cloud, resource_class) where closedAt is null;
create index cases_by_incident on cases (incidentId) where incidentId is not null;

create table case_keys (
  cloud text not null, uuid text not null, kind text not null, value text not null,
  caseId text not null references cases (id), failureAt integer not null,
  primary key (cloud, uuid, kind, value)
) strict, without rowid;
create index case_keys_by_value on case_keys (cloud, kind, value, failureAt);
create index case_keys_by_case on case_keys (caseId);

create table decisions (
  cloud text not null, uuid text not null, name text, caseId text, kind text not null, reason text not null, message text not null,
  act text, until integer, since integer not null, at integer not null,
  primary key (cloud, uuid)
) strict, without rowid;

create table attempts (
  seq integer primary key autoincrement, id text not null unique, cloud text not null, uuid text not null,
  caseId text not null references cases (id), resource_class text, incidentId text references incidents (id),
  act text not null, number integer not null, cause text not null, createdAt integer not null, deadlineAt integer not null,
  mark text, markState text not null, step text, outcome text, outcomeReason text, settledAt integer, endedAt integer, result text,
  readings text not null, digest text not null, decided text not null, extraOthers text not null, text text,
  policyRevision integer not null
) strict;
create index attempts_by_node on attempts (cloud, uuid, seq);
create index attempts_by_case on attempts (caseId);
create index attempts_by_start on attempts (cloud, act, createdAt);
create index attempts_by_incident on attempts (incidentId) where incidentId is not null;
create index attempts_in_flight on attempts (cloud) where endedAt is null;
create unique index attempts_unsettled on attempts (cloud, uuid) where outcome is null;

create table words (
  seq integer primary key autoincrement, id text not null unique, cloud text, uuid text, kind text not null,
  by text not null, why text not null, at integer not null, endedAt integer, expiresAt integer, source text not null,
  caseId text, act text, cause text, number integer, digest text
) strict;
create index words_by_node on words (cloud, uuid, kind);
create index words_of_pause on words (kind, at) where kind = 'pause';

create table observations (
  seq integer primary key autoincrement, cloud text not null, uuid text not null, caseId text, at integer not null,
  kind text not null, reason text not null, body text not null
) strict;
create index observations_by_node on observations (cloud, uuid, seq);
create index observations_by_case on observations (caseId, seq);
create index observations_by_time on observations (at);

create table audit (
  id integer primary key autoincrement, at integer not null, cloud text, uuid text, caseId text, by text not null,
  kind text not null, reason text, message text not null
) strict;
create index audit_by_node on audit (cloud, uuid, id);
create trigger audit_no_update before update on audit begin select raise(abort, 'the audit trail is append-only'); end;
create trigger audit_no_delete before delete on audit begin select raise(abort, 'the audit trail is append-only'); end;

create table outbox (
  id integer primary key autoincrement, cloud text not null, uuid text not null, kind text not null, body text not null,
  at integer not null, sentAt integer
) strict;
create index outbox_unsent on outbox (id) where sentAt is null;
`

/** What was decided on beside the observation, and by which policy: each policy once, however many decisions it made. */
const RECORDED = `
create table policies (
  cloud text not null, hash text not null, at integer not null, body text not null,
  primary key (cloud, hash)
) strict, without rowid;
alter table observations add column recorded text;
alter table observations add column policyHash text;
`

/** What an act did at Blazar, and how soon the node of a case that waits for a place is needed. */
const RESERVATIONS = `
alter table attempts add column blazar text;
alter table cases add column queuedNeed integer;
create index cases_queued on cases (cloud, queuedNeed) where queuedNeed is not null;
`

/** Who may come in over HTTP; of each secret its hash alone. */
const LOGINS = `
create table tokens (
  name text primary key, hash text not null unique, role text not null, by text not null, at integer not null, expiresAt integer,
  usedAt integer
) strict;
create table sessions (
  hash text primary key, name text not null, method text not null, role text not null,
  at integer not null, seenAt integer not null, expiresAt integer not null
) strict, without rowid;
create index sessions_by_name on sessions (name, method, at);
`

/**
 * What each receiver has been told. `about` is the incident, case, node or lease by which messages become one; `batch` is the key of
 * those that are sent as one. Older versions told nobody anything, and what they left is no news any more.
 */
const DELIVERIES = `
alter table outbox add column caseId text;
alter table outbox add column incidentId text;
alter table outbox add column takenAt integer;
update outbox set takenAt = at, sentAt = coalesce(sentAt, at);
create index outbox_untaken on outbox (id) where takenAt is null;
create table receivers (
  name text primary key, failures integer not null, restUntil integer not null, claimant text, claimUntil integer
) strict, without rowid;
create table deliveries (
  receiver text not null, messageId integer not null references outbox (id), about text, batch text,
  tries integer not null, nextAt integer not null, endedAt integer, result text,
  primary key (receiver, messageId)
) strict, without rowid;
create index deliveries_open on deliveries (receiver, messageId) where endedAt is null;
create index deliveries_ended on deliveries (receiver, endedAt) where endedAt is not null;
create index deliveries_by_message on deliveries (messageId);
create table alerts (
  receiver text not null, id text not null, body text not null, since integer not null, sentAt integer not null,
  primary key (receiver, id)
) strict, without rowid;
`

/** What a person has seen: of a case or an incident, and how that stood. */
const ACKNOWLEDGED = `
alter table words add column incidentId text;
alter table words add column stood text;
create index words_acknowledged on words (kind, caseId) where kind = 'acknowledgement' and endedAt is null;
`

export const STEPS: readonly string[] = [FIRST, RECORDED, RESERVATIONS, LOGINS, DELIVERIES, ACKNOWLEDGED]

export const SCHEMA_VERSION = STEPS.length

/** The version from which on decisions are recorded. */
export const RECORDED_SINCE = STEPS.indexOf(RECORDED) + 1

/**
 * Brings the open database to this version, in one transaction. Throws StoreError for a database of a newer version or of
 * another program, both before anything is written. @param now epoch ms, noted beside each step.
 */
export function migrate(database: DatabaseSync, path: string, now: number): void {
  if (schemaVersion(database, path) === SCHEMA_VERSION) return
  database.exec('begin immediate')
  try {
    // Read again under the lock: another process may have been faster.
    for (let version = schemaVersion(database, path); version < SCHEMA_VERSION; version++) {
      database.exec(STEPS[version] ?? '')
      database.prepare('insert into schema_version (version, at) values (?, ?)').run(version + 1, now)
    }
    database.exec('commit')
  } finally {
    if (database.isTransaction) database.exec('rollback')
  }
}

/** 0 for an empty file. The table itself is made on the way to version 1. Throws StoreError as `migrate` does. */
export function schemaVersion(database: DatabaseSync, path: string): number {
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all()
  if (tables.length === 0) {
    if (database.isTransaction) database.exec('create table schema_version (version integer primary key, at integer not null) strict')
    return 0
  }
  if (!tables.some((table) => table['name'] === 'schema_version')) {
    throw belongsToAnother(path)
  }
  const version = Number(database.prepare('select coalesce(max(version), 0) as version from schema_version').get()?.['version'] ?? 0)
  if (version > SCHEMA_VERSION) throw isNewer(path, version)
  return version
}

export const belongsToAnother = (shown: string): StoreError =>
  new StoreError(shown, `The database ${shown} belongs to another program.`, 'Name another one as the database.')

export const isNewer = (shown: string, version: number): StoreError =>
  new StoreError(
    shown,
    `The database ${shown} was written by a newer anneal (schema ${version}, this one knows ${SCHEMA_VERSION}).`,
    'Run the newer anneal, or name another database; this one was not changed.',
  )
