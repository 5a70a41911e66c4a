/**
 * Writes the reference of the scenario language into docs/scenarios.md, from the tables by which scenarios are read. Run it after a change
 * to a deed; test/scenario-language.test.ts fails as long as the page is not what this would write.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { REFERENCE_ENDS, REFERENCE_STARTS, scenarioReference } from '../src/cli/simulation/reference.ts'

const page = new URL('../docs/scenarios.md', import.meta.url)
const text = readFileSync(page, 'utf8')
const [before = '', rest = ''] = text.split(REFERENCE_STARTS)
const [, after = ''] = rest.split(REFERENCE_ENDS)
writeFileSync(page, `${before}${scenarioReference()}${after}`)
