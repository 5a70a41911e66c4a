/**
 * Servers of a real Nova whose only process is its API: what conductor, scheduler and compute would have written is written into its
 * database here. How such a server is shown, listed, filtered and not found any more is all Nova's own.
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { readSettings } from '../settings.ts'

type Row = Record<string, SQLInputValue>

const now = () => new Date().toISOString().slice(0, 23).replace('T', ' ')

function write(database: 'nova' | 'nova-api', work: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(join(readSettings().state, 'services', `${database}.sqlite`), { timeout: 10_000 })
  work(db)
  db.close()
}

function insert(db: DatabaseSync, table: string, row: Row): void {
  const names = Object.keys(row)
  db.prepare(`insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`).run(...Object.values(row))
}

/** Conductor and compute as Nova lists them while they report; nova.conf lets no report grow too old. */
export function writeServices(): void {
  write('nova', (db) => {
    for (const binary of ['nova-conductor', 'nova-compute']) {
      if (db.prepare('select 1 from services where binary = ?').get(binary) !== undefined) continue
      const counters = { report_count: 1, disabled: 0, deleted: 0, forced_down: 0, version: 64 }
      const times = { created_at: now(), updated_at: now(), last_seen_up: now() }
      insert(db, 'services', { host: 'compute-1', binary, topic: binary.slice('nova-'.length), uuid: randomUUID(), ...counters, ...times })
    }
  })
}

/** An instance keeps its flavor as a versioned object of Nova's in one column. */
function flavorText(): string {
  const sizes = { memory_mb: 65536, vcpus: 16, root_gb: 10, ephemeral_gb: 0, swap: 0 }
  const rest = { rxtx_factor: 1, vcpu_weight: 0, disabled: false, is_public: true, extra_specs: {}, description: null }
  const data = { id: 1, name: 'baremetal', flavorid: 'baremetal', ...sizes, ...rest }
  const flavor = { 'nova_object.name': 'Flavor', 'nova_object.namespace': 'nova', 'nova_object.version': '1.2', 'nova_object.data': data }
  return JSON.stringify({ cur: flavor, old: null, new: null })
}

/** A server of another project, active on a node. */
export function putServer(id: string, node: string): void {
  dropServer(id)
  const at = now()
  write('nova', (db) => {
    const state = { vm_state: 'active', power_state: 1, launch_index: 0, image_ref: '', deleted: 0, cleaned: 0, hidden: 0 }
    const owner = { project_id: 'other-project', user_id: 'other-user', display_name: 'tenant', hostname: 'tenant', config_drive: '' }
    const placed = { host: 'compute-1', node, instance_type_id: 1, launched_at: at, created_at: at, updated_at: at }
    insert(db, 'instances', { uuid: id, ...state, ...owner, ...placed })
    insert(db, 'instance_extra', { instance_uuid: id, flavor: flavorText(), created_at: at, deleted: 0 })
    insert(db, 'instance_info_caches', { instance_uuid: id, network_info: '[]', created_at: at, deleted: 0 })
  })
  write('nova-api', (db) => {
    const cell = db.prepare("select id from cell_mappings where name = 'cell1'").get()?.['id'] ?? null
    const owner = { project_id: 'other-project', user_id: 'other-user', queued_for_delete: 0, created_at: at }
    insert(db, 'instance_mappings', { instance_uuid: id, cell_id: cell, ...owner })
  })
  noteAction(id, 'create')
}

function noteAction(id: string, action: string): void {
  const at = now()
  const row = { action, instance_uuid: id, request_id: `req-${randomUUID()}`, start_time: at, created_at: at, updated_at: at, deleted: 0 }
  write('nova', (db) => insert(db, 'instance_actions', row))
}

/** The user's delete has arrived and compute is at it. */
export function markDeleting(id: string): void {
  noteAction(id, 'delete')
  write('nova', (db) => db.prepare("update instances set task_state = 'deleting' where uuid = ?").run(id))
}

/** Nova has finished deleting: the row stays, marked, until it is archived. */
export function markDeleted(id: string): void {
  const sql = "update instances set deleted = id, deleted_at = ?, terminated_at = ?, vm_state = 'deleted', task_state = null where uuid = ?"
  write('nova', (db) => db.prepare(sql).run(now(), now(), id))
  write('nova-api', (db) => db.prepare('update instance_mappings set queued_for_delete = 1 where instance_uuid = ?').run(id))
}

/** No trace is left of it, as after archiving. */
export function dropServer(id: string): void {
  write('nova', (db) => {
    for (const table of ['instance_extra', 'instance_info_caches', 'instance_actions'])
      db.prepare(`delete from ${table} where instance_uuid = ?`).run(id)
    db.prepare('delete from instances where uuid = ?').run(id)
  })
  write('nova-api', (db) => db.prepare('delete from instance_mappings where instance_uuid = ?').run(id))
}
