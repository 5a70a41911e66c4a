/**
 * Writes the published JSON Schema of anneal.yaml. Run it after a change to src/config-schema.ts; src/config.test.ts fails
 * as long as the file is not what this would write.
 */
import { writeFileSync } from 'node:fs'
import { settingsJsonSchema } from '../src/config-schema.ts'

const target = new URL('../docs/anneal.schema.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(settingsJsonSchema(), null, 2)}\n`)
