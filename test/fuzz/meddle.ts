/**
 * Meddling with real answers: one change in a document that a service gave, made where the document has something to change. A change
 * either breaks it (a field away, renamed or of another type, a list twice, text cut off, another node's document, another status) or
 * lies in it (a well-formed document that says something else). Which of the two it was is told, since nobody can see a lie.
 */
import fc from 'fast-check'
import type { HttpRequest, HttpResponse } from '../../src/core/seams.ts'
import { DEEP, spelt, strangeBody, strangeStatus, strangeText, strangeValue } from './strange.ts'

/** `at` counts the places that fit. `key`: only this key of the document itself. */
export type Change =
  | { kind: 'drop' | 'rename' | 'twice' | 'deepen'; at: number; key?: string }
  /** Another type than the field has: never a lie. */
  | { kind: 'retype'; at: number; value: unknown; key?: string }
  | { kind: 'value'; at: number; value: unknown }
  | { kind: 'text'; at: number; value: string }
  | { kind: 'cut'; share: number }
  | { kind: 'body'; body: string }
  | { kind: 'status'; status: number; body: string | null }
  | { kind: 'headers'; value: string | null }
  /** A key before all others: a field of nobody's, or one that comes again, and of equal keys the last one counts. */
  | { kind: 'stranger'; key: string; value: unknown }
  /** The request is said back, with its token and its body: in the words of Ironic, in a page, plainly, as JSON, or cut off. */
  | { kind: 'echo'; form: 'ironic' | 'page' | 'plain' | 'json' | 'cut'; status: number }
  /** Another answer that was given before: to the same question about another thing, or to another question. */
  | { kind: 'other'; at: number }

const at = fc.nat(10_000)

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('drop', 'rename', 'twice', 'deepen'), at }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('retype'), at, value: strangeValue }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('value'), at, value: strangeValue }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('text'), at, value: strangeText }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut'), share: fc.double({ min: 0, max: 0.999, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('body'), body: strangeBody }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('status'), status: strangeStatus, body: fc.option(strangeBody) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('headers'), value: fc.option(strangeText) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stranger'), key: strangeText, value: strangeValue }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('other'), at }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('echo'),
      form: fc.constantFrom('ironic', 'page', 'plain', 'json', 'cut'),
      status: strangeStatus,
    }),
  },
)

export type Path = readonly (string | number)[]
type Place = { path: Path; value: unknown; key: string | number }

export type Meddled = {
  response: HttpResponse
  /** Where in the document; [] for the whole of it. */
  path: Path
  /** The document is whole and says something else. */
  lies: boolean
}

/** The answer after the change; null where it has no place for it. `others`: texts of answers given before. */
export function meddled(
  response: HttpResponse,
  how: Change,
  { request, others }: { request: HttpRequest; others: readonly string[] },
): Meddled | null {
  const whole = (change: Partial<HttpResponse>, lies = false): Meddled => ({
    response: { ...response, ...change, text: spelt(change.text ?? response.text) },
    path: [],
    lies,
  })
  switch (how.kind) {
    case 'cut':
      return whole({ text: response.text.slice(0, Math.floor(how.share * response.text.length)) })
    case 'body':
      return whole({ text: how.body })
    case 'status':
      return whole({ status: how.status, ...(how.body === null ? {} : { text: how.body }) })
    case 'headers':
      return whole({
        headers: Object.fromEntries(Object.keys(response.headers).flatMap((key) => (how.value === null ? [] : [[key, how.value]]))),
      })
    case 'echo':
      return whole({ status: how.status, text: echo(request, how.form) })
    case 'other': {
      const text = others[how.at % Math.max(1, others.length)]
      return text === undefined || text === response.text ? null : whole({ text })
    }
    default:
      return inDocument(response, how)
  }
}

function echo({ headers, body = '' }: HttpRequest, form: Extract<Change, { kind: 'echo' }>['form']): string {
  const said = `${Object.entries(headers).map(([name, value]) => `${name}: ${value}`)} ${body}`
  switch (form) {
    case 'ironic':
      return JSON.stringify({ error_message: JSON.stringify({ faultcode: 'Client', faultstring: said, debuginfo: said }) })
    case 'page':
      return `<html><head><title>${said}</title></head><body>${said.replaceAll('"', '&quot;')}</body></html>`
    case 'plain':
      return said
    case 'json':
      return JSON.stringify({ [said]: said, message: said })
    case 'cut':
      // What is sent as proof lies over the end of what a sentence may hold.
      return `${'y'.repeat(290)} ${Object.values(headers).join(' ')} ${body}`
    default:
      return form satisfies never
  }
}

type InDocument = Exclude<Change, { kind: 'cut' | 'body' | 'status' | 'headers' | 'other' | 'echo' }>

function inDocument(response: HttpResponse, how: InDocument): Meddled | null {
  // A document that was changed before may be too deep for us too.
  const document = response.text.length > 50_000 ? null : parsed(response.text)
  if (typeof document !== 'object' || document === null) return null
  const say = (text: string, path: Path, lies: boolean): Meddled => ({ response: { ...response, text: spelt(text) }, path, lies })
  if (how.kind === 'stranger') {
    const key = JSON.stringify(how.key)
    const inner = response.text.trim().replace(/^[[{]/, '')
    const isList = Array.isArray(document)
    return isList ? null : say(`{${key}:${JSON.stringify(how.value)}${inner === '}' ? '' : ','}${inner}`, [], false)
  }
  const places = placesIn(document).filter((place) => fits(how, place))
  const place = places[how.at % Math.max(1, places.length)]
  if (place === undefined) return null
  const lies = applied(document, how, place)
  return say(JSON.stringify(document), place.path, lies)
}

/** Every key and element below the document, parents before children. */
function placesIn(value: unknown, path: Path = []): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([key, inner]) => [{ path: [...path, key], value: inner, key }, ...placesIn(inner, [...path, key])])
}

function fits(how: InDocument, { path, key, value }: Place): boolean {
  const { kind } = how
  if ('key' in how && kind !== 'stranger' && (path.length > 1 || key !== how.key)) return false
  if (kind === 'drop' || kind === 'rename') return typeof key === 'string'
  if (kind === 'twice') return typeof key === 'number'
  if (kind === 'text') return typeof value === 'string'
  return true
}

type Parent = Record<string | number, unknown>

/** Changes the document in place; whether it lies now. */
function applied(document: object, how: Exclude<InDocument, { kind: 'stranger' }>, { path, key, value }: Place): boolean {
  const parent = path.slice(0, -1).reduce<Parent>((inner, step) => inner[step] as Parent, document as Parent)
  switch (how.kind) {
    case 'drop':
      delete parent[key]
      return false
    case 'rename':
      delete parent[key]
      parent[`${key}_`] = value
      return false
    case 'twice':
      if (Array.isArray(parent)) parent.splice(Number(key), 0, structuredClone(value))
      return false
    case 'deepen':
      parent[key] = DEEP
      return false
    case 'retype':
      parent[key] = ofAnotherType(value, how.value)
      return false
    case 'value':
    case 'text':
      parent[key] = how.value
      return JSON.stringify(how.value) !== JSON.stringify(value)
    default:
      return how satisfies never
  }
}

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/** A field that holds null may hold a text, and one that holds a text may hold null; everything else is another type. */
function ofAnotherType(value: unknown, wish: unknown): unknown {
  const text = ['null', 'string']
  const same = (a: string, b: string) => a === b || (text.includes(a) && text.includes(b))
  const candidates = [wish, 7, [], {}, true, 'x']
  return candidates.find((one) => !same(typeOf(one), typeOf(value)))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
