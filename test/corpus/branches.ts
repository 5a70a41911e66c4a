/**
 * A regular expression as a tree of its alternatives, so that one of them can be left out and the rest still be used. Knows the
 * syntax of the signatures and no more; what stands in a negative look-ahead is never left out, since that would widen the rest.
 */

export type Branch = { parts: (string | Group)[] }
export type Group = { open: string; ways: Branch[]; close: string; isGuard: boolean }
export type Tree = { ways: Branch[]; flags: string }

export function treeOf({ source, flags }: RegExp): Tree {
  let at = 0
  const waysUntilEnd = (): Branch[] => {
    const ways: Branch[] = [{ parts: [] }]
    const add = (part: string | Group) => ways.at(-1)?.parts.push(part)
    while (at < source.length && source[at] !== ')') {
      if (source[at] === '|') {
        ways.push({ parts: [] })
        at += 1
      } else if (source[at] === '(') add(group())
      else add(atom())
    }
    return ways
  }
  const atom = (): string => {
    const found = /^(?:\\.|\[(?:\\.|[^\]\\])*\]|.)/s.exec(source.slice(at))?.[0] ?? ''
    at += found.length
    return found
  }
  const group = (): Group => {
    const open = /^\((?:\?[:=!])?/.exec(source.slice(at))?.[0] ?? '('
    at += open.length
    const ways = waysUntilEnd()
    const close = /^\)(?:[*+?]|\{\d+(?:,\d*)?\})?\??/.exec(source.slice(at))?.[0] ?? ')'
    at += close.length
    return { open, ways, close, isGuard: open === '(?!' }
  }
  return { ways: waysUntilEnd(), flags }
}

/** Every alternative: the branches of each alternation and, where there is none, the whole expression. */
export function branchesOf(tree: Tree): { branch: Branch; siblings: Branch[] }[] {
  const inside = (ways: Branch[]): { branch: Branch; siblings: Branch[] }[] => [
    ...(ways.length > 1 || ways === tree.ways ? ways.map((branch) => ({ branch, siblings: ways.filter((way) => way !== branch) })) : []),
    ...ways.flatMap(({ parts }) => parts.flatMap((part) => (typeof part === 'string' || part.isGuard ? [] : inside(part.ways)))),
  ]
  return inside(tree.ways)
}

/** The expression without these branches, or null where nothing is left of it. */
export function without(tree: Tree, out: ReadonlySet<Branch>): RegExp | null {
  const ways = (of: Branch[]): string | null => {
    const left = of.filter((way) => !out.has(way)).flatMap((way) => branch(way) ?? [])
    return left.length === 0 ? null : left.join('|')
  }
  const branch = ({ parts }: Branch): string | null => {
    const texts = parts.map((part) => {
      if (typeof part === 'string') return part
      const inside = ways(part.ways)
      if (inside !== null) return `${part.open}${inside}${part.close}`
      return /^\)(?:[*?]|\{0,)/.test(part.close) ? '' : null
    })
    return texts.includes(null) ? null : texts.join('')
  }
  const source = ways(tree.ways)
  return source === null ? null : new RegExp(source, tree.flags)
}
