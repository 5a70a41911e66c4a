/**
 * The OpenAPI 3.1 document, made from the routes themselves. Published as docs/openapi.json, which scripts/schema.ts writes.
 */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'

const zodToJsonConfig: NonNullable<Parameters<typeof createJsonSchemaTransform>[0]['zodToJsonConfig']> = {
  // Keys are only ever added to answers, so readers must let unknown ones pass.
  override: ({ zodSchema, jsonSchema }) => {
    const { def } = zodSchema._zod
    if (def.type === 'object' && !('catchall' in def && def.catchall !== undefined)) delete jsonSchema.additionalProperties
  },
}

export function documented(version: string): FastifyDynamicSwaggerOptions {
  const options = { zodToJsonConfig }
  const transformObject = createJsonSchemaTransformObject(options)
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Anneal',
        version,
        description: 'What the daemon knows and what a person may say to it. Errors are always {"error":{"what","message","fix"}}.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
    },
    transform: createJsonSchemaTransform(options),
    transformObject: (document) => withoutInputs(transformObject(document)),
  }
}

type Made = ReturnType<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>

/** Each named shape is also made as it would be sent to us, which none ever is. */
function withoutInputs(document: Made): Made {
  const schemas = 'components' in document ? document.components?.schemas : undefined
  for (const name of Object.keys(schemas ?? {})) if (name.endsWith('Input')) delete schemas?.[name]
  return document
}
