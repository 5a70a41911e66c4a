/**
 * The lab's Neutron, Nova and Placement: one process, one port each, and a control port by which a test says what they answer.
 * They check no token. `up.sh` starts it; state lives in memory and is put back by enroll.ts.
 *
 * Control (JSON): GET /lab/journal · DELETE /lab/journal · POST /lab/modes {neutron|nova|placement: mode} · GET|PUT|DELETE
 * /lab/servers[/ID] · PUT /lab/allocations/NODE [consumer…] · GET|PUT|DELETE /lab/ports[/ID] · GET /k (any ramdisk's URL).
 * Modes: ok · 503 · 500 · 401 · 403 · hang (no answer) · refused (the port is closed) · nonadmin (Nova: a token of one project).
 */
import { z } from 'zod'
import { type Answered, type Asked, type Handler, serve } from './serve.ts'
import { readSettings } from './settings.ts'
import { neutronStub } from './stub-neutron.ts'
import { novaStub, Server } from './stub-nova.ts'
import { placementStub } from './stub-placement.ts'

const Service = z.enum(['neutron', 'nova', 'placement'])
type Service = z.infer<typeof Service>
const Mode = z.enum(['ok', '503', '500', '401', '403', 'hang', 'refused', 'nonadmin'])
type Mode = z.infer<typeof Mode>

const settings = readSettings()
const modes: Record<Service, Mode> = { neutron: 'ok', nova: 'ok', placement: 'ok' }
const journal: { time: string; service: Service; method: string; path: string; status: number | null }[] = []

const neutron = neutronStub(settings.neutron)
const nova = novaStub(`http://127.0.0.1:${settings.ports.nova}`)
const placement = placementStub()

/** Answers of a service that is down or will not have the caller, as its own middleware words them. */
function failure(mode: Mode): Answered | null {
  switch (mode) {
    case 'hang':
      return 'hang'
    case '503':
      return {
        status: 503,
        body: {
          message: 'The server is currently unavailable. Please try again at a later time.',
          code: '503 Service Unavailable',
          title: 'Service Unavailable',
        },
      }
    case '500':
      return { status: 500, body: { computeFault: { code: 500, message: 'Unexpected API Error.' } } }
    case '401':
      return {
        status: 401,
        body: { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
      }
    case '403':
      return { status: 403, body: { forbidden: { code: 403, message: "Policy doesn't allow this to be performed." } } }
    default:
      return null
  }
}

function service(name: Service, answer: Handler): Handler {
  return async (asked) => {
    const answered = failure(modes[name]) ?? (await answer(asked))
    const query = asked.query.size > 0 ? `?${asked.query}` : ''
    journal.push({
      time: new Date().toISOString(),
      service: name,
      method: asked.method,
      path: `/${asked.path.join('/')}${query}`,
      status: answered === 'hang' ? null : answered.status,
    })
    return answered
  }
}

const answers: Record<Service, Handler> = {
  neutron: service('neutron', neutron.answer),
  nova: service('nova', (asked) => nova.answer(asked, modes.nova !== 'nonadmin')),
  placement: service('placement', placement.answer),
}
/** Where the real services run, their ports are theirs, and only the control port is open here. */
const listen = settings.services
  ? null
  : {
      neutron: serve(settings.ports.neutron, answers.neutron),
      nova: serve(settings.ports.nova, answers.nova),
      placement: serve(settings.ports.placement, answers.placement),
    }

async function setModes(wanted: Partial<Record<Service, Mode>>): Promise<Answered> {
  for (const name of Service.options) {
    const mode = wanted[name]
    if (mode === undefined) continue
    modes[name] = mode
    await listen?.[name](mode !== 'refused')
  }
  return { status: 200, body: modes }
}

const ok = (body: unknown): Answered => ({ status: 200, body })

async function control({ method, path, body }: Asked): Promise<Answered> {
  if (path[0] === 'k') return { status: 200, text: 'k' }
  const [lab, kind, id] = path
  if (lab !== 'lab') return { status: 404, body: { error: 'control paths begin with /lab' } }
  if (kind === 'modes') return setModes(method === 'POST' ? z.partialRecord(Service, Mode).parse(body) : {})
  if (kind === 'journal') return ok(method === 'DELETE' ? journal.splice(0) : journal)
  if (kind === 'servers') return servers(method, id, body)
  if (kind === 'ports') {
    if (id !== undefined && method === 'PUT') return ok(neutron.save(id, z.record(z.string(), z.unknown()).parse(body)))
    if (id !== undefined && method === 'DELETE') return ok(neutron.ports.delete(id))
    return ok([...neutron.ports.values()])
  }
  if (kind === 'allocations' && id !== undefined && method === 'PUT') {
    placement.allocations.set(id, z.array(z.string()).parse(body))
    return ok(placement.allocations.get(id))
  }
  return { status: 404, body: { error: `no control path /${path.join('/')}` } }
}

/** PUT makes a server or changes the named fields of one; DELETE forgets it altogether. */
function servers(method: string, id: string | undefined, body: unknown): Answered {
  if (id !== undefined && method === 'DELETE') return ok(nova.servers.delete(id))
  if (id !== undefined && method === 'PUT') {
    const fields = z.record(z.string(), z.unknown()).parse(body)
    nova.servers.set(id, Server.parse({ hypervisor_hostname: null, ...nova.servers.get(id), ...fields, id }))
  }
  return ok([...nova.servers.values()])
}

serve(settings.ports.stubsControl, async (asked) => {
  try {
    return await control(asked)
  } catch (error) {
    // A mistake in a test's request: said in the answer instead of ending the stubs under the other tests.
    return { status: 400, body: { error: String(error) } }
  }
})
