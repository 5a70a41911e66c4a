/**
 * Asks a Redfish BMC whether it is alive: one GET of the service root, which by the standard (DSP0266, section on security) needs
 * no credentials. None are sent, no session is opened, nothing is retried. The certificate is not verified, because only
 * liveness is asked and no secret travels; whether Ironic may talk to this BMC is Ironic's own setting.
 */
import * as z from 'zod'
import type { BmcAddress, BmcLook } from '../core/observation.ts'
import { known, type Reading, unknown } from '../core/reading.ts'
import { type HttpResponse, type Seams, TransportError } from '../core/seams.ts'

/** Design section 4: connect 5 s, answer 10 s. */
const CONNECT_MS = 5000
const ANSWER_MS = 10_000

/** What makes a JSON body a Redfish service root: either of the two fields that every implementation sends. */
const ServiceRoot = z.looseObject({ RedfishVersion: z.string() }).or(z.looseObject({ '@odata.id': z.string() }))

/** This host itself could not send: the name has no address, or no route leads there. Says nothing about the BMC. */
const NO_ROUTE = /ENOTFOUND|EAI_AGAIN|EAI_FAIL|ENETUNREACH|EHOSTUNREACH|ENETDOWN|EADDRNOTAVAIL|EACCES|EPERM/

/** The host is up and nobody listens: the kernel's code, or its words. */
const REFUSED = /ECONNREFUSED|connection refused/i

/** Nothing came in time: the transport's own words, and the kernel's. */
const TOO_LATE = /no connection within|no (?:complete )?answer within|ETIMEDOUT|timed out|timeout/i

type RedfishAddress = Pick<BmcAddress, 'host' | 'port' | 'scheme'>

/**
 * What a Redfish BMC does when asked without credentials; at most 15 s. Any HTTP answer below 500 but 404 counts as an answer: a BMC
 * that wants a login even for its root is alive. `silent` is not yet calibrated: see observe/bmc-watch.ts.
 */
export async function lookAtRedfish(address: RedfishAddress, seams: Pick<Seams, 'clock' | 'transport'>): Promise<Reading<BmcLook>> {
  const look = (kind: BmcLook['kind'], detail: string): Reading<BmcLook> => known({ kind, detail, at: seams.clock.now() })
  const url = serviceRootUrl(address)
  // An address with a zone, say: nothing is asked, so nothing is known of the BMC.
  if (!URL.canParse(url)) return unknown(`no-route-from-here: ${address.host} can stand in no web address`)
  const request = {
    method: 'GET' as const,
    url,
    headers: { accept: 'application/json', 'odata-version': '4.0' },
    connectTimeoutMs: CONNECT_MS,
    answerTimeoutMs: ANSWER_MS,
    tls: { verify: false },
  }
  // A failed request is the reading itself here: refused, silent and unreachable are three different facts about the BMC.
  const answer = await seams.transport(request).catch((error: unknown) => {
    if (error instanceof TransportError) return error
    throw error
  })
  if (!(answer instanceof TransportError)) {
    const [kind, detail] = judgeAnswer(answer)
    return look(kind, detail)
  }
  if (REFUSED.test(answer.message)) return look('refusing', `the host is up but nobody listens on TCP port ${address.port}`)
  if (NO_ROUTE.test(answer.message)) return unknown(`no-route-from-here: this host could not send to the BMC at all (${answer.message})`)
  if (TOO_LATE.test(answer.message)) {
    const connected = answer.phase !== 'before'
    const detail = connected
      ? `it takes the connection and gives no answer within ${ANSWER_MS / 1000} s`
      : `no connection within ${CONNECT_MS / 1000} s`
    // Silent all the same: it answers nothing that Ironic asks. Only where to look for the trouble is another place.
    return known({ kind: 'silent', detail, at: seams.clock.now(), ...(connected ? { hangs: true as const } : {}) })
  }
  return look('faulty', `breaks the connection off (${answer.message})`)
}

/** A path in redfish_address does not count: sushy joins the root's absolute path to it, which replaces it. */
export function serviceRootUrl(address: RedfishAddress): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${address.scheme ?? 'https'}://${host}:${address.port}/redfish/v1/`
}

function judgeAnswer(answer: HttpResponse): [BmcLook['kind'], string] {
  // The standard requires the root (DSP0266), so where it is missing an HTTP server answers that is no Redfish service, or a proxy.
  if (answer.status >= 500 || answer.status === 404) return ['faulty', `answers the Redfish service root with status ${answer.status}`]
  if (answer.status !== 200) return ['answers', `answers the Redfish service root with status ${answer.status}`]
  return isServiceRoot(answer.text)
    ? ['answers', 'answers Redfish']
    : ['faulty', 'answers with status 200, but not with a Redfish service root']
}

function isServiceRoot(text: string): boolean {
  try {
    return ServiceRoot.safeParse(JSON.parse(text)).success
  } catch {
    // Not JSON: whatever answers there, it is not Redfish.
    return false
  }
}
