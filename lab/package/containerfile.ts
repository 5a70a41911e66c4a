/**
 * Plays packaging/Containerfile without an engine, on copies of a Debian system that stands in for its base image: COPY copies, RUN runs in
 * systemd-nspawn. It knows the instructions that the file uses and refuses all others. It shows that the steps work and where they lead; it does
 * not show what an engine makes of them.
 */
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'

export type Image = { root: string; user: string; folder: string; env: string[]; command: string[] }

type Playing = { context: string; base: string; into: string; runIn: (root: string, command: string) => void }

/** Throws where a step fails. */
export function playContainerfile(path: string, { context, base, into, runIn }: Playing): Image {
  const stages = new Map<string, string>()
  const image: Image = { root: '', user: 'root', folder: '/', env: [], command: [] }
  let entry: string[] = []
  for (const line of instructionsOf(readFileSync(path, 'utf8'))) {
    const [instruction = '', ...words] = line.split(/\s+/)
    const rest = line.slice(instruction.length + 1)
    switch (instruction) {
      case 'FROM':
        image.root = join(into, `stage-${stages.size}`)
        execFileSync('cp', ['--archive', base, image.root])
        stages.set(words[2] ?? image.root, image.root)
        break
      case 'COPY':
        copy(words, { stages, context, root: image.root })
        break
      case 'RUN':
        runIn(image.root, rest)
        break
      case 'ENV':
        image.env.push(rest)
        break
      case 'USER':
        image.user = rest
        break
      case 'WORKDIR':
        image.folder = rest
        break
      case 'ENTRYPOINT':
        entry = jsonWords(rest)
        break
      case 'CMD':
        image.command = jsonWords(rest)
        break
      case 'VOLUME':
        break
      default:
        throw new Error(`the Containerfile says ${instruction}, which is not known here`)
    }
  }
  return { ...image, command: [...entry, ...image.command] }
}

export const instructionsOf = (text: string): string[] =>
  text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')

const jsonWords = (json: string): string[] => z.array(z.string()).parse(JSON.parse(json))

function copy(words: readonly string[], { stages, context, root }: { stages: Map<string, string>; context: string; root: string }): void {
  const from = words[0]?.startsWith('--from=') ? stages.get(words[0].slice('--from='.length)) : undefined
  const [source = '', target = ''] = words.slice(-2)
  const found = globSync(join(from ?? context, source))
  if (found.length !== 1) throw new Error(`COPY ${source} finds ${found.length} files`)
  mkdirSync(dirname(join(root, target)), { recursive: true })
  // A folder's content goes into the folder, as engines do it.
  execFileSync('cp', ['--recursive', '--no-target-directory', ...found, join(root, target)])
}
