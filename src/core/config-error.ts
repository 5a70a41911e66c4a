/**
 * What is wrong with what an operator wrote: which file or variable, what about it, and what to do. The command line prints
 * it as one line and ends with 78. A secret never stands in it: it names keys, never their values.
 */
export class ConfigError extends Error {
  override name = 'ConfigError'
  /** The file, with the key where there is one: `~/.config/openstack/clouds.yaml: clouds.prod.auth.auth_url`. */
  readonly what: string
  /** What a person does about it, as a sentence. */
  readonly fix: string

  constructor(said: { what: string; message: string; fix: string }) {
    super(said.message)
    this.what = said.what
    this.fix = said.fix
  }
}

/** The known name nearest to `name` by edits, if one is near enough to be meant (a third of its length, at least 2); else null. */
export function nearest(name: string, known: readonly string[]): string | null {
  const most = Math.max(2, Math.floor(name.length / 3))
  // As many letters more or fewer are as many edits: a name of a megabyte is compared with none.
  const near = known.filter((candidate) => Math.abs(candidate.length - name.length) <= most)
  const ranked = near.map((candidate) => ({ candidate, edits: editsBetween(name.toLowerCase(), candidate.toLowerCase()) }))
  const best = ranked.toSorted((a, b) => a.edits - b.edits)[0]
  return best && best.edits <= most ? best.candidate : null
}

/** Levenshtein's distance, one row at a time. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
