/**
 * What was decided and said: decisions in force, the audit trail, approvals, holds, the policy in force, and a case's evidence as an archive.
 * Nothing here changes anything; people's words are word-routes.ts.
 */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { archiveOf } from '../commands/archive.ts'
import { CommandError } from '../commands/command-error.ts'
import { evidenceFiles } from '../commands/evidence-files.ts'
import { evidenceOfCase } from '../commands/evidence-of-case.ts'
import { mustBeKnown } from '../commands/list-clouds.ts'
import { pageOfAudit, pageOfDecisions } from '../commands/list-decisions.ts'
import { listPolicies } from '../commands/list-policies.ts'
import { listApprovals, listHolds } from '../commands/list-words.ts'
import { showCase } from '../commands/show-case.ts'
import { cloudName, given, kind, markerOf, markIn, paged, reason } from './paging.ts'
import { casePath } from './reading-routes.ts'
import { answers, answersText, SHAPES } from './shapes.ts'
import type { App, HttpWorld } from './world.ts'

const word = z.string().min(1).max(255)
const decisionMark = z.object({ since: z.number(), cloud: z.string(), uuid: z.string() })
const decisionsQuery = z.strictObject({ cloud: cloudName.optional(), kind: kind.optional(), reason: reason.optional(), ...paged })
const auditQuery = z.strictObject({
  cloud: cloudName.optional().meta({ description: 'With what was said of all clouds' }),
  uuid: word.optional().meta({ description: 'of the node' }),
  case: word.optional(),
  by: word.optional(),
  kind: word.optional(),
  ...paged,
})
const cloudQuery = z.strictObject({ cloud: cloudName.optional() })

export function recordRoutes(app: App, world: HttpWorld): void {
  const { store } = world
  const known = async (cloud: string | undefined): Promise<string | null> => {
    if (cloud !== undefined) await mustBeKnown(store, cloud)
    return cloud ?? null
  }
  const about = (summary: string) => ({ summary, tags: ['what was decided and said'] })

  const ofDecisions = {
    ...about('Decisions in force, newest first'),
    querystring: decisionsQuery,
    response: answers(SHAPES.decisions, 404),
  }
  app.get('/api/v1/decisions', { schema: ofDecisions }, async ({ query: { marker, limit, ...rest } }) => {
    await known(rest.cloud)
    const page = await pageOfDecisions(store, { ...given({ ...rest, after: markIn(marker, decisionMark) ?? undefined }), limit })
    return { ...page, next: markerOf(page.next) }
  })

  const ofAudit = { ...about('Who said or decided what, newest first'), querystring: auditQuery, response: answers(SHAPES.audit, 404) }
  app.get('/api/v1/audit', { schema: ofAudit }, async ({ query: { marker, limit, case: caseId, ...rest } }) => {
    await known(rest.cloud)
    const page = await pageOfAudit(store, { ...given({ ...rest, caseId, before: markIn(marker, z.int()) ?? undefined }), limit })
    return { ...page, next: markerOf(page.next) }
  })

  const ofApprovals = {
    ...about('What waits for a yes, and what was said yes to'),
    querystring: cloudQuery,
    response: answers(SHAPES.approvals, 404),
  }
  app.get('/api/v1/approvals', { schema: ofApprovals }, async ({ query }) => await listApprovals(store, await known(query.cloud)))

  const ofHolds = { ...about('Holds in force, oldest first'), querystring: cloudQuery, response: answers(SHAPES.holds, 404) }
  app.get('/api/v1/holds', { schema: ofHolds }, async ({ query }) => ({ holds: await listHolds(store, await known(query.cloud)) }))

  app.get('/api/v1/policy', { schema: { ...about('The policy in force on each cloud'), response: answers(SHAPES.policy) } }, async () => ({
    clouds: await listPolicies(store, world.clouds),
  }))

  const ofEvidence = {
    ...about('All that is on record about a case, as one archive'),
    params: casePath,
    response: answersText('application/gzip', 'A .tar.gz', 404, 503),
  }
  app.get(
    '/api/v1/cases/:id/evidence',
    { schema: ofEvidence, exposeHeadRoute: false },
    async ({ params: { id } }, reply) => await sendEvidence(world, id, reply),
  )
}

async function sendEvidence(world: HttpWorld, id: string, reply: FastifyReply): Promise<FastifyReply> {
  await showCase(world.store, id)
  const evidence = await evidenceOnRecord(world, id)
  const hardware = await world.hardwareOf(evidence.case)
  const folder = `anneal-evidence-${evidence.case.id}`
  const made = await archiveOf(evidenceFiles({ evidence, hardware }, world.version), { folder, at: evidence.asOf })
  return await reply
    .type('application/gzip')
    .header('content-disposition', `attachment; filename="${folder}.tar.gz"`)
    .send(Buffer.from(made))
}

/** Read to its end before anything is asked of the cloud: a reader that lingers keeps the database from tidying up its log. */
async function evidenceOnRecord(world: HttpWorld, id: string) {
  const records = await world.records()
  if (records === null)
    throw new CommandError('not-found', { what: id, message: 'The database is kept in memory only.', fix: 'Name a file as the database.' })
  try {
    return await evidenceOfCase(records, { cloud: null, named: id })
  } finally {
    await records.close()
  }
}
