/**
 * Writes the published JSON Schemas: of anneal.yaml, and of what other programs read from us. Run it after a change to
 * src/config-schema.ts, src/commands/published-schemas.ts or src/http; tests fail as long as the files are not what this would write.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { PUBLISHED_NAMES, publishedJsonSchema } from '../src/commands/published-schemas.ts'
import { settingsJsonSchema } from '../src/config-schema.ts'
import { describedApi } from './described-api.ts'

const docs = new URL('../docs/', import.meta.url)
const write = (name: string, schema: unknown): void => writeFileSync(new URL(name, docs), `${JSON.stringify(schema, null, 2)}\n`)

write('anneal.schema.json', settingsJsonSchema())
mkdirSync(new URL('schemas', docs), { recursive: true })
for (const name of PUBLISHED_NAMES) write(`schemas/${name}.schema.json`, publishedJsonSchema(name))
write('openapi.json', await describedApi())
