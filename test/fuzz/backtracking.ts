/**
 * How much work a regular expression makes, counted and not timed: a plain backtracking matcher that counts its steps, and texts made from
 * the expression itself that make it try and fail as often as it can. Knows the syntax that this code base uses and refuses any other.
 */

type One = { kind: 'one'; fits: (letter: string) => boolean; example: string }
type Node =
  | One
  | { kind: 'edge'; holds: (text: string, at: number) => boolean }
  | { kind: 'all'; parts: Node[] }
  | { kind: 'any'; ways: Node[] }
  | { kind: 'times'; of: Node; min: number; max: number; lazy: boolean }
  | { kind: 'ahead'; of: Node; negative: boolean }

/** Repetitions with a bound are followed this far only: a bound is a constant factor, whatever its number. */
const BOUND = 6

const isWord = (letter: string | undefined): boolean => letter !== undefined && /\w/.test(letter)

export function parsedExpression({ source, flags }: RegExp): Node {
  let at = 0
  const next = (text: string): boolean => {
    if (!source.startsWith(text, at)) return false
    at += text.length
    return true
  }
  const refuse = (): never => {
    throw new Error(`not known here: ${source.slice(at)} of ${source}`)
  }
  /** Any expression of one letter, by the real engine. */
  const letter = (text: string): One => {
    const own = new RegExp(`^${text}$`, flags.replace(/[gmy]/g, ''))
    const example = EXAMPLES.find((one) => own.test(one)) ?? refuse()
    return { kind: 'one', fits: (one) => own.test(one), example }
  }

  function any(): Node {
    const ways = [all()]
    while (next('|')) ways.push(all())
    return ways.length === 1 && ways[0] ? ways[0] : { kind: 'any', ways }
  }

  function all(): Node {
    const parts: Node[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') parts.push(repeated(atom()))
    return { kind: 'all', parts }
  }

  function repeated(of: Node): Node {
    const found = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/.exec(source.slice(at))
    if (found === null) return of
    at += found[0].length
    const [sign = '', low, comma, high] = found
    const min = low === undefined ? (sign === '+' ? 1 : 0) : Number(low)
    const max =
      low === undefined ? (sign === '?' ? 1 : Number.POSITIVE_INFINITY) : comma ? (high ? Number(high) : Number.POSITIVE_INFINITY) : min
    const lazy = next('?')
    const bound = Number.isFinite(max) ? Math.min(max, BOUND) : max
    return { kind: 'times', of, min: Math.min(min, bound), max: bound, lazy }
  }

  function atom(): Node {
    if (next('(?:')) return closed(any())
    if (next('(?=')) return closed({ kind: 'ahead', of: any(), negative: false })
    if (next('(?!')) return closed({ kind: 'ahead', of: any(), negative: true })
    if (next('(?<!')) return closed(notBehind(any()))
    if (source.startsWith('(?', at)) return refuse()
    if (next('(')) return closed(any())
    if (next('^')) return { kind: 'edge', holds: (text, i) => i === 0 || (flags.includes('m') && text[i - 1] === '\n') }
    if (next('$')) return { kind: 'edge', holds: (text, i) => i === text.length || (flags.includes('m') && text[i] === '\n') }
    if (next('\\b')) return { kind: 'edge', holds: (text, i) => isWord(text[i - 1]) !== isWord(text[i]) }
    const one = /^(?:\[(?:\\.|[^\]\\])*\]|\\p\{\w+\}|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[^1-9k]|[^\\])/i.exec(source.slice(at))?.[0]
    if (one === undefined) return refuse()
    at += one.length
    return letter(one)
  }

  /** Of one letter alone, which is all that is used here. */
  function notBehind(of: Node): Node {
    const [only, ...more] = of.kind === 'all' ? of.parts : [of]
    if (only?.kind !== 'one' || more.length > 0) return refuse()
    return { kind: 'edge', holds: (text, i) => i === 0 || !only.fits(text[i - 1] ?? '') }
  }

  function closed(node: Node): Node {
    return next(')') ? node : refuse()
  }

  const node = any()
  if (at < source.length) refuse()
  return node
}

/** Letters that stand for a class; the rarer ones last. */
const EXAMPLES = [
  ...'ax1 0_-.:/,;\'"()[]{}<>=+*?!|\\^$%&#@~`\n\t\r\0bcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ23456789',
  '\u00a0',
  'ü',
  '’',
  '…',
  '\u200e',
  '\u001b',
]

/** Steps until the expression is found in the text or is known not to be; gives up, with what it counted, beyond `most`. */
export function stepsOf(node: Node, text: string, most: number): number {
  let steps = 0
  const spent = new Error('too many steps')
  const count = (): void => {
    steps += 1
    if (steps > most) throw spent
  }

  function match(of: Node, at: number, then: (at: number) => boolean): boolean {
    count()
    switch (of.kind) {
      case 'one':
        return at < text.length && of.fits(text[at] ?? '') && then(at + 1)
      case 'edge':
        return of.holds(text, at) && then(at)
      case 'any':
        return of.ways.some((way) => match(way, at, then))
      case 'all':
        return inTurn(of.parts, 0, at, then)
      case 'ahead':
        return match(of.of, at, () => true) !== of.negative && then(at)
      case 'times':
        return of.of.kind === 'one' ? letters({ ...of, of: of.of }, at, then) : again(of, 0, at, then)
      default:
        return of satisfies never
    }
  }

  const inTurn = (parts: Node[], i: number, at: number, then: (at: number) => boolean): boolean => {
    const part = parts[i]
    return part === undefined ? then(at) : match(part, at, (after) => inTurn(parts, i + 1, after, then))
  }

  /** Without a call for each letter: texts are longer than the stack is deep. */
  function letters(
    { of, min, max, lazy }: { of: One; min: number; max: number; lazy: boolean },
    at: number,
    then: (at: number) => boolean,
  ): boolean {
    let most = 0
    while (most < max && at + most < text.length && of.fits(text[at + most] ?? '') && (!lazy || most < text.length)) {
      most += 1
      count()
    }
    const counts = Array.from({ length: Math.max(0, most - min + 1) }, (_, i) => (lazy ? min + i : most - i))
    return counts.some((taken) => {
      count()
      return then(at + taken)
    })
  }

  function again(of: Extract<Node, { kind: 'times' }>, done: number, at: number, then: (at: number) => boolean): boolean {
    const more = () => done < of.max && match(of.of, at, (after) => after > at && again(of, done + 1, after, then))
    if (done < of.min) return more()
    return of.lazy ? then(at) || more() : more() || then(at)
  }

  try {
    for (let at = 0; at <= text.length; at += 1) if (match(node, at, () => true)) break
  } catch (error) {
    if (error !== spent) throw error
  }
  return steps
}

type Times = Extract<Node, { kind: 'times' }>

/** Every repetition in it. */
function repetitions(node: Node): Times[] {
  switch (node.kind) {
    case 'times':
      return [node, ...repetitions(node.of)]
    case 'all':
      return node.parts.flatMap(repetitions)
    case 'any':
      return node.ways.flatMap(repetitions)
    case 'ahead':
      return repetitions(node.of)
    default:
      return []
  }
}

const holds = (node: Node, inner: Node): boolean =>
  node === inner ||
  (node.kind === 'all' && node.parts.some((part) => holds(part, inner))) ||
  (node.kind === 'any' && node.ways.some((way) => holds(way, inner))) ||
  ((node.kind === 'times' || node.kind === 'ahead') && holds(node.of, inner))

/** A text that the expression likes, with one repetition repeated `count` times; `end`: only as far as that repetition. */
function liked(node: Node, pumped: Times | null, count: number, end = false): string {
  const go = (one: Node): string => {
    switch (one.kind) {
      case 'one':
        return one.example
      case 'edge':
      case 'ahead':
        return ''
      case 'any':
        return go(one.ways.find((way) => pumped !== null && holds(way, pumped)) ?? one.ways[0] ?? { kind: 'all', parts: [] })
      case 'times':
        return go(one.of).repeat(one === pumped ? count : Math.max(one.min, pumped !== null && holds(one, pumped) ? 1 : 0))
      case 'all': {
        const last = pumped === null ? -1 : one.parts.findIndex((part) => holds(part, pumped))
        return (end && last >= 0 ? one.parts.slice(0, last + 1) : one.parts).map(go).join('')
      }
      default:
        return one satisfies never
    }
  }
  return go(node)
}

/** Texts of about `length` letters that keep the expression busy: its beginnings over and over, and each repetition pumped and then let down. */
export function attacks(node: Node, length: number): string[] {
  const filled = (bit: string): string => bit.repeat(Math.ceil(length / Math.max(1, bit.length))).slice(0, length)
  const whole = liked(node, null, 0)
  const pumped = repetitions(node).flatMap((one) => {
    const head = liked(node, one, 1, true)
    const body = liked({ kind: 'times', of: one.of, min: 1, max: 1, lazy: false }, null, 1)
    const count = Math.ceil(length / Math.max(1, body.length))
    return [`${liked(node, one, count, true)}\u0001`, filled(head), `${filled(head)}\u0001`, filled(`${head}${body}`)]
  })
  return [...new Set([filled(whole.slice(0, -1)), filled(whole), filled(whole.slice(1)), ...pumped, filled(' '), filled('a')])]
}
