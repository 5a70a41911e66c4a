/**
 * Writes man/anneal.1 from the program's own help. Run it after a change to a command's words; test/published.test.ts fails as long as
 * the file is not what this would write.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { manPage } from '../src/cli/man-page.ts'
import { describedProgram } from './described-program.ts'

const target = new URL('../man/anneal.1', import.meta.url)
mkdirSync(new URL('.', target), { recursive: true })
writeFileSync(target, manPage(describedProgram()))
