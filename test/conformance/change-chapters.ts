/**
 * Small changes to a node, and what stands in their way: patches of `extra` and of other fields, maintenance, locks, protection.
 */
import { at, get, nodePath, patch, pick, put, readNode, said, seconds } from './look.ts'
import type { Answer, Ask, Chapter, Site } from './site.ts'

/** A patch's answer: refused with words, or what `extra` is then, with the lock that the reply was made under. */
const patched = (answer: Answer): unknown =>
  answer.status === 200 ? { status: 200, ...pick(answer.json, 'extra', 'reservation', 'provision_state') } : said(answer)

const MARKS = '/extra/hammer_error_resets'

const PATCHES: [string, unknown][] = [
  ['append to a list that is not there', [{ op: 'add', path: `${MARKS}/-`, value: 't1' }]],
  ['make a list', [{ op: 'add', path: MARKS, value: ['t1'] }]],
  ['append to a list', [{ op: 'add', path: `${MARKS}/-`, value: 't2' }]],
  ['put first in a list', [{ op: 'add', path: `${MARKS}/0`, value: 't0' }]],
  ['replace in a list', [{ op: 'replace', path: `${MARKS}/0`, value: 'T0' }]],
  ['remove from a list', [{ op: 'remove', path: `${MARKS}/0` }]],
  ['remove beyond the end of a list', [{ op: 'remove', path: `${MARKS}/7` }]],
  ['add beyond the end of a list', [{ op: 'add', path: `${MARKS}/7`, value: 'x' }]],
  ['a word as index of a list', [{ op: 'add', path: `${MARKS}/first`, value: 'x' }]],
  ['test is no operation', [{ op: 'test', path: MARKS, value: ['t1', 't2'] }]],
  ['move is no operation', [{ op: 'move', from: MARKS, path: '/extra/x' }]],
  ['copy is no operation', [{ op: 'copy', from: MARKS, path: '/extra/x' }]],
  ['remove what is not there', [{ op: 'remove', path: '/extra/nope' }]],
  ['replace what is not there', [{ op: 'replace', path: '/extra/nope', value: 1 }]],
  ['into what is not there', [{ op: 'add', path: '/extra/nope/deep', value: 1 }]],
  ['into a text', [{ op: 'add', path: `${MARKS}/0/deep`, value: 1 }]],
  ['a key with a slash', [{ op: 'add', path: '/extra/a~1b', value: 'x' }]],
  ['a key with a dot', [{ op: 'add', path: '/extra/a.b', value: 'x' }]],
  ['a path without a slash', [{ op: 'add', path: 'extra', value: {} }]],
  ['no path', [{ op: 'add', value: 'x' }]],
  ['no operation', [{ path: '/extra/x', value: 'x' }]],
  ['no value', [{ op: 'add', path: '/extra/x' }]],
  [
    'several steps',
    [
      { op: 'add', path: '/extra/x', value: null },
      { op: 'remove', path: '/extra/x' },
    ],
  ],
  [
    'the second step fails',
    [
      { op: 'add', path: '/extra/y', value: 1 },
      { op: 'remove', path: '/extra/nope' },
    ],
  ],
  ['last_error', [{ op: 'replace', path: '/last_error', value: null }]],
  ['provision_state', [{ op: 'replace', path: '/provision_state', value: 'available' }]],
  ['reservation', [{ op: 'replace', path: '/reservation', value: null }]],
  ['maintenance_reason', [{ op: 'replace', path: '/maintenance_reason', value: 'x' }]],
  ['fault', [{ op: 'replace', path: '/fault', value: null }]],
  ['no list', { op: 'add', path: '/extra/x', value: 1 }],
  ['a list of texts', ['x']],
  ['nothing at all', []],
  ['a wrong type', [{ op: 'replace', path: '/extra', value: 'x' }]],
  ['a flag that is none', [{ op: 'replace', path: '/protected', value: 'banana' }]],
  ['a number where a text belongs', [{ op: 'replace', path: '/owner', value: 5 }]],
]

const TYPES = ['application/json-patch+json', 'application/json', 'text/plain', 'application/x-www-form-urlencoded']

export const patches: Chapter = {
  title: 'patches',
  setting: 'plain',
  nodes: { a: {} },
  async tell(site, found) {
    const path = nodePath(site, 'a')
    for (const [what, body] of PATCHES) found(`patch: ${what}`, patched(await site.ironic({ method: 'PATCH', path, body })))
    for (const type of TYPES) {
      const raw = { type, text: JSON.stringify([{ op: 'add', path: '/extra/typed', value: type }]) }
      found(`patch sent as ${type}`, patched(await site.ironic({ method: 'PATCH', path, raw })))
    }
    const broken = { type: 'application/json', text: 'banana' }
    found('patch: no JSON', said(await site.ironic({ method: 'PATCH', path, raw: broken })))
    const big = await patch(site, 'a', { op: 'add', path: '/extra/big', value: 'x'.repeat(100_000) })
    found('patch: 100 KB', big.status)
    await patch(site, 'a', { op: 'remove', path: '/extra/big' })
    found('extra is what the patches made of it', (await readNode(site, 'a'))['extra'])
    await patch(site, 'a', { op: 'add', path: '/extra/list', value: [] })
    const appends = Array.from({ length: 12 }, (_, i) => patch(site, 'a', { op: 'add', path: '/extra/list/-', value: i }))
    const statuses = (await Promise.all(appends)).map(({ status }) => status)
    const kept = at((await readNode(site, 'a'))['extra'], 'list')
    found('parallel appends lose entries', {
      refused: statuses.filter((status) => status !== 200 && status !== 409),
      more: Array.isArray(kept) && kept.length < statuses.filter((status) => status === 200).length,
    })
    const took = (await patch(site, 'a', { op: 'remove', path: '/extra/list' })).seconds
    found('a patch takes', seconds(took))
    await fields(site, found)
  },
}

async function fields(site: Site, found: (name: string, finding: unknown) => void): Promise<void> {
  const one = async (field: string, op: unknown) => {
    const answer = await patch(site, 'a', op)
    return answer.status === 200 ? pick(answer.json, field) : said(answer)
  }
  found('patch: description', await one('description', { op: 'replace', path: '/description', value: 'd' }))
  found('patch: description removed', await one('description', { op: 'remove', path: '/description' }))
  found('patch: an owner', await one('owner', { op: 'add', path: '/owner', value: 'somebody' }))
  found('patch: the owner removed', await one('owner', { op: 'remove', path: '/owner' }))
  found('patch: what is null already removed', await one('owner', { op: 'remove', path: '/owner' }))
  found(
    'patch: a conductor group that nobody serves',
    await one('conductor_group', { op: 'replace', path: '/conductor_group', value: 'nowhere' }),
  )
  found('patch: a flag as a text', await one('retired', { op: 'replace', path: '/retired', value: 'no' }))
  found('patch: maintenance on', await one('maintenance', { op: 'replace', path: '/maintenance', value: true }))
  found('patch: maintenance off', await one('maintenance', { op: 'replace', path: '/maintenance', value: false }))
  found('patch: protected', await one('protected', { op: 'replace', path: '/protected', value: true }))
  found('deleted on a protected node', said(await put(site, 'a', 'deleted')))
  found('rebuild on a protected node', said(await put(site, 'a', 'rebuild')))
  found('patch: unprotected', await one('protected', { op: 'remove', path: '/protected' }))
  found('patch: retired', await one('retired', { op: 'replace', path: '/retired', value: true }))
  await patch(site, 'a', { op: 'remove', path: '/retired' })
  found('patch: the instance taken away', await one('instance_uuid', { op: 'remove', path: '/instance_uuid' }))
  found('patch: an instance that is none', await one('instance_uuid', { op: 'add', path: '/instance_uuid', value: 'banana' }))
}

export const maintenance: Chapter = {
  title: 'maintenance',
  setting: 'plain',
  nodes: { a: {} },
  async tell(site, found) {
    const path = nodePath(site, 'a', '/maintenance')
    const ask = async (name: string, request: Omit<Ask, 'path'>) => {
      const answer = await site.ironic({ ...request, path })
      found(name, { said: said(answer), ...pick(await readNode(site, 'a'), 'maintenance', 'maintenance_reason', 'fault') })
    }
    await ask('maintenance set', { method: 'PUT', body: { reason: 'one' } })
    await ask('maintenance set again replaces the reason', { method: 'PUT', body: { reason: 'two' } })
    await ask('maintenance without a body takes the reason away', { method: 'PUT' })
    await ask('maintenance cleared', { method: 'DELETE' })
    await ask('maintenance cleared where there is none', { method: 'DELETE' })
    await ask('maintenance with a number as reason', { method: 'PUT', body: { reason: 5 } })
    await ask('maintenance with an empty body', { method: 'PUT', body: {} })
    await ask('maintenance with a key too many', { method: 'PUT', body: { reason: 'x', foo: 1 } })
    await ask('maintenance with a reason of null', { method: 'PUT', body: { reason: null } })
    await patch(site, 'a', { op: 'replace', path: '/maintenance', value: false })
    found('maintenance cleared by a patch', pick(await readNode(site, 'a'), 'maintenance', 'maintenance_reason'))
    found('deleted is taken in maintenance', await undone(site))
  },
}

/** `deleted` on a node in maintenance: accepted, and maintenance stands at the end. */
async function undone(site: Site): Promise<unknown> {
  await site.ironic({ method: 'PUT', path: nodePath(site, 'a', '/maintenance'), body: { reason: 'mine' } })
  const { status } = await put(site, 'a', 'deleted')
  for (let node = await readNode(site, 'a'); ; node = await readNode(site, 'a')) {
    if (node['provision_state'] === 'available' && node['reservation'] === null)
      return { status, ...pick(node, 'maintenance', 'maintenance_reason') }
    await site.pass(100)
  }
}

export const locks: Chapter = {
  title: 'locks',
  setting: 'plain',
  nodes: { a: {} },
  async tell(site, found) {
    for (const holder of ['lab', 'ghost']) {
      await site.lock('a', holder)
      await locked(site, holder, found)
      await site.lock('a', null)
    }
    found('the lock left no trace', pick(await readNode(site, 'a'), 'reservation', 'maintenance', 'provision_state', 'extra'))
  },
}

async function locked(site: Site, holder: string, found: (name: string, finding: unknown) => void): Promise<void> {
  const requests: Record<string, Omit<Ask, 'path'> & { rest: string }> = {
    'a verb': { method: 'PUT', rest: '/states/provision', body: { target: 'deleted' } },
    'a verb of another state': { method: 'PUT', rest: '/states/provision', body: { target: 'provide' } },
    'an unknown verb': { method: 'PUT', rest: '/states/provision', body: { target: 'banana' } },
    maintenance: { method: 'PUT', rest: '/maintenance', body: { reason: 'x' } },
    'maintenance cleared': { method: 'DELETE', rest: '/maintenance' },
    power: { method: 'PUT', rest: '/states/power', body: { target: 'power off' } },
    'a patch': { method: 'PATCH', rest: '', body: [{ op: 'add', path: '/extra/x', value: 1 }] },
  }
  const answers = await Promise.all(
    Object.entries(requests).map(
      async ([what, { rest, ...ask }]) => [what, await site.ironic({ ...ask, path: nodePath(site, 'a', rest) })] as const,
    ),
  )
  for (const [what, answer] of answers)
    found(`${what} on a node locked by ${holder}`, { said: said(answer), took: seconds(answer.seconds) })
  const read = await get(site, nodePath(site, 'a'))
  found(`a read of a node locked by ${holder}`, { status: read.status, ...pick(read.json, 'reservation') })
}
