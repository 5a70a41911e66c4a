/**
 * A copy of the product with one defect in it: the sources, changed in a place or two, in a folder of their own. The tree itself is never
 * written. An edit whose text is not there exactly once is an error, so that no defect can quietly become none.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Defect, Edit } from './defect.ts'

const TREE = fileURLToPath(new URL('../..', import.meta.url))
const PLAY = join('test', 'defects', 'play.ts')

/** The text with the edit made. Throws where `find` is not there exactly once. */
export function edited(text: string, { file, find, replace }: Edit): string {
  const [before, after, ...more] = text.split(find)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${file} has ${after === undefined ? 'no' : 'more than one'} place that reads\n${find}`)
  return `${before}${replace}${after}`
}

/** The changed files by name. Several edits of one file are made in their order. @param from a snapshot; the tree itself where none is given */
export function editedFiles({ edits, beside = [] }: Pick<Defect, 'edits' | 'beside'>, from = TREE): Map<string, string> {
  const texts = new Map<string, string>()
  for (const edit of [...beside, ...edits])
    texts.set(edit.file, edited(texts.get(edit.file) ?? readFileSync(join(from, edit.file), 'utf8'), edit))
  return texts
}

/** The sources as they stand now, so that all copies are of one state of them however long the run takes. */
export function snapshot(folder: string): void {
  mkdirSync(join(folder, 'test', 'defects'), { recursive: true })
  cpSync(join(TREE, 'src'), join(folder, 'src'), { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  for (const file of ['package.json', 'tsconfig.json', PLAY]) cpSync(join(TREE, file), join(folder, file))
}

/** A copy of the snapshot with the defect in it. @returns the script in it that plays histories (play.ts) */
export function plant(folder: string, from: string, defect: Pick<Defect, 'edits' | 'beside'>): string {
  cpSync(from, folder, { recursive: true })
  symlinkSync(join(TREE, 'node_modules'), join(folder, 'node_modules'))
  for (const [file, text] of editedFiles(defect, from)) writeFileSync(join(folder, file), text)
  return join(folder, PLAY)
}
