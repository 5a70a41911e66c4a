/**
 * For supervisors and Prometheus: whether the process answers, whether it is at work, and its figures.
 */
import { FOR_ANYBODY } from './caller.ts'
import { HttpRefusal } from './refusal.ts'
import { answers, answersText, SHAPES } from './shapes.ts'
import type { App, HttpWorld } from './world.ts'

export function healthRoutes(app: App, world: HttpWorld): void {
  const about = (summary: string) => ({ summary, tags: ['health'] })

  app.get('/healthz', { schema: { ...about('The process answers'), response: answers(SHAPES.health) }, config: FOR_ANYBODY }, async () => ({
    status: 'ok',
  }))

  app.get(
    '/readyz',
    {
      schema: {
        ...about('Every cloud is watched, the database answers, and every self-canary was healed in time'),
        response: answers(SHAPES.health, 503),
      },
      config: FOR_ANYBODY,
    },
    async () => {
      // Asks the database, whose failure is a 503 too.
      await world.store.newestAudit()
      const sick = world.canaries().find(({ trouble }) => trouble !== null)
      if (sick !== undefined)
        throw new HttpRefusal(503, {
          what: `canary ${sick.node} of ${sick.cloud}`,
          message: `${sick.trouble} ${sick.message}`,
          fix: `\`anneal explain ${sick.node}\` says what keeps it.`,
        })
      if (world.isReady()) return { status: 'ready' }
      throw new HttpRefusal(503, {
        what: 'anneal',
        message: 'It is starting: not every cloud is watched yet.',
        fix: 'Ask again in a few seconds.',
      })
    },
  )

  const ofMetrics = { ...about('Figures for Prometheus'), response: answersText('text/plain', 'Prometheus text format', 503) }
  app.get('/metrics', { schema: ofMetrics }, async (_request, reply) => {
    const figures = await world.metrics.text()
    return await reply.type(world.metrics.contentType).send(figures)
  })
}
