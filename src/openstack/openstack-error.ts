/**
 * The one error that clients of OpenStack throw: what was asked, and what came back, in a sentence. It holds no header, no
 * body sent, no query and no token. What follows from a status is decided by those who catch it (observe and act).
 */
import type { HttpRequest, HttpResponse } from '../core/seams.ts'
import type { ServiceType } from './service-type.ts'

type Said = {
  service: ServiceType
  method: HttpRequest['method']
  path: string
  status: number | null
  phase: 'before' | 'after' | null
  requestId: string | null
  sentence: string
  text: string
  ownAnswer?: boolean
  kind?: 'keystone'
}

export class OpenStackError extends Error {
  override name = 'OpenStackError'
  readonly service: ServiceType
  readonly method: HttpRequest['method']
  /** Without the query. */
  readonly path: string
  /** null: there was no answer, or to a write none that can be read. Below 300: the answer to a read came and cannot be read. */
  readonly status: number | null
  /** Where there was no answer: whether the request can have arrived (TransportError). null where there was one. */
  readonly phase: 'before' | 'after' | null
  /** The service's own id of the request, for its logs. */
  readonly requestId: string | null
  /** What went wrong, for a person: one line, at most 300 characters. */
  readonly sentence: string
  /** The service's own words, longer: what signatures of error texts are matched against. */
  readonly text: string
  /** The error came in the service's own form (JSON), so it is the service that said no; a proxy's page may hide anything. */
  readonly ownAnswer: boolean
  /** 'keystone': it failed while a token was being obtained, so the service itself was not asked. */
  readonly kind: 'keystone' | null

  constructor(said: Said) {
    // A sentence may name what came from outside, and a path too: ids of any length.
    const [sentence, path] = [oneLine(said.sentence), oneLine(said.path)]
    super(`${said.method} ${said.service} ${path}: ${said.status === null ? 'no answer' : said.status}: ${sentence}`)
    this.service = said.service
    this.method = said.method
    this.path = path
    this.status = said.status
    this.phase = said.phase
    this.requestId = said.requestId
    this.sentence = sentence
    this.text = said.text.slice(0, TEXT_MAX)
    this.ownAnswer = said.ownAnswer ?? false
    this.kind = said.kind ?? null
  }
}

/** An answer that came and says nothing that can be used; `sentence` says what is wrong with it. */
export function unusableAnswer(
  call: { service: ServiceType; method: HttpRequest['method']; path: string },
  sentence: string,
): OpenStackError {
  const { service, method, path } = call
  return new OpenStackError({ service, method, path, status: 200, phase: null, requestId: null, sentence, text: sentence })
}

/** Longer answers are pages for a browser, not errors for us; Ironic itself cuts its texts at 4096. */
const TEXT_MAX = 4096
const SENTENCE_MAX = 300

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= SENTENCE_MAX ? line : `${line.slice(0, SENTENCE_MAX - 1)}…`
}

/** Cuts out what must not be repeated (call.ts knows it). */
export type Clean = (text: string) => string

/** One line of at most 300 characters out of any error answer; says so where the answer holds no text. */
export function faultOf(response: HttpResponse, clean?: Clean): string {
  const line = oneLine(faultText(response, clean))
  return line === '' ? `HTTP ${response.status} ${isJsonLike(response.text) ? 'with JSON that holds no message' : 'without a text'}.` : line
}

/** The words of the service itself, unpacked from its own way of wrapping them; user names in addresses are cut out. */
export function faultText(response: HttpResponse, clean: Clean = (text) => text): string {
  const body = response.text.trim()
  const found = wordsIn(parsed(body)) ?? (isJsonLike(body) ? '' : isMarkup(body) ? wordsInHtml(clean(body)) : body)
  // Cleaned before it is cut, or the half of a secret would be left at the end; and after unpacking, which undoes JSON's escapes.
  return clean(found)
    .replace(/\/\/[^/@\s]+@/g, '//')
    .slice(0, TEXT_MAX)
}

const isMarkup = (text: string): boolean => /^(<!doctype|<html|<\?xml|<head|<body)/i.test(text)

/** Whole or cut off. Where no message is in it, it is a document, perhaps a node with its driver_info, and none of it is repeated. */
const isJsonLike = (text: string): boolean => /^\s*[[{]/.test(text)

/** Whether an error answer is one that a service wrote itself. */
export const isOwnAnswer = (response: HttpResponse): boolean => wordsIn(parsed(response.text)) !== null

export const requestIdOf = (response: HttpResponse): string | null =>
  response.headers['x-openstack-request-id'] ?? response.headers['openstack-request-id'] ?? null

const WORDY = ['faultstring', 'message', 'detail', 'description', 'error_message', 'NeutronError', 'error', 'errors', 'title']

/** Ironic's own are four; a body of nothing but wrappers must not use up the stack. */
const WRAPPERS_MAX = 20

/**
 * Ironic: error_message is a string that holds JSON with faultstring (or title and description). Neutron: NeutronError.
 * Keystone: error.message. Placement: errors[].detail. Blazar: error_message is the text. Nova and Cinder: one key that names the
 * fault, with message in it. Each wrapper is taken off in turn.
 */
function wordsIn(value: unknown, wrappers = WRAPPERS_MAX): string | null {
  if (wrappers === 0) return null
  const inside = (inner: unknown): string | null => wordsIn(inner, wrappers - 1)
  if (typeof value === 'string') {
    const inner = parsed(value)
    return typeof inner === 'object' && inner !== null ? (inside(inner) ?? value) : value
  }
  if (Array.isArray(value)) return value.length === 0 ? null : inside(value[0])
  if (typeof value !== 'object' || value === null) return null
  const fields = new Map<string, unknown>(Object.entries(value))
  for (const key of WORDY) {
    const words = fields.has(key) ? inside(fields.get(key)) : null
    if (words !== null && words.trim() !== '') return words
  }
  const [key = '', only] = fields.size === 1 ? ([...fields][0] ?? []) : []
  return typeof only === 'object' && only !== null && !WORDY.includes(key) ? inside(only) : null
}

/** A page of a proxy or of middleware: the text of its body, else its title. Each step looks at a character once: a page may be megabytes. */
function wordsInHtml(page: string): string {
  const plain = (html: string) =>
    without(without(html, 'script'), 'style')
      .replace(/<[^<>]*>/g, ' ')
      .replace(/&(amp|lt|gt|quot|nbsp|#39);/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
  const body = plain(after(page, 'body') ?? '')
  const title = plain(after(page, 'title')?.split(/<\/title>/i)[0] ?? '')
  return body === '' ? (title === '' ? plain(page) : title) : body
}

/** What follows the first tag of this name; null where there is none. */
function after(page: string, tag: string): string | null {
  const from = page.search(new RegExp(`<${tag}[\\s>]`, 'i'))
  const end = from < 0 ? -1 : page.indexOf('>', from)
  return end < 0 ? null : page.slice(end + 1)
}

/** Elements of this name cut out with what is in them; one that never ends takes the rest along. */
function without(html: string, tag: string): string {
  const [first = '', ...parts] = html.split(new RegExp(`<${tag}[\\s>]`, 'i'))
  const ending = new RegExp(`</${tag}`, 'i')
  const rest = parts.map((part) => {
    const end = part.search(ending)
    return end < 0 ? '' : part.slice(end)
  })
  return [first, ...rest].join(' ')
}

/** The object or list in a JSON text, or undefined where it is none: an answer may be anything at all. */
export function parsed(text: string): unknown {
  if (!isJsonLike(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Knows: JSON.parse throws only SyntaxError; what a text that is no JSON means is the caller's to say.
    return undefined
  }
}
