/**
 * The list of parts of what is shipped, in CycloneDX: npm's own list of everything that a checkout has, reduced to what is in the two
 * bundles, and Node. It says nothing of what is used to build and to test, and nothing of when it was made but the commit's time.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { z } from 'zod'

const componentSchema = z.looseObject({
  'bom-ref': z.string(),
  name: z.string(),
  version: z.string(),
  properties: z.array(z.looseObject({ name: z.string() })).exactOptional(),
  externalReferences: z.array(z.looseObject({ type: z.string() })).exactOptional(),
})
const bomSchema = z.looseObject({
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string() }) }),
  components: z.array(componentSchema),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).exactOptional() })),
})

type Shipped = { root: string; packages: readonly string[]; epoch: number }

/** @param packages `name@version` of what is shipped. Throws where npm's list lacks one of them. */
export function sbomText({ root, packages, epoch }: Shipped): string {
  const whole = bomSchema.parse(JSON.parse(execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], { cwd: root, encoding: 'utf8' })))
  const isShipped = (ref: string) => packages.includes(ref)
  const components = whole.components.filter((one) => isShipped(`${one.name}@${one.version}`)).map(shippedComponent)
  const missing = packages.filter((wanted) => !components.some(({ name, version }) => `${name}@${version}` === wanted))
  if (missing.length > 0) throw new Error(`npm's list of parts lacks ${missing.join(', ')}, which a bundle holds: run npm ci`)
  const own = whole.metadata.component['bom-ref']
  const bom = {
    ...whole,
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      // npm names a component after the folder of its checkout.
      component: { ...whole.metadata.component, name: own.split('@')[0], type: 'application' },
    },
    components,
    dependencies: whole.dependencies
      .filter(({ ref }) => ref === own || isShipped(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isShipped) })),
  }
  return `${JSON.stringify({ ...bom, serialNumber: serialNumber(JSON.stringify(components)) }, null, 2)}\n`
}

/** What is built in is shipped, whether npm calls it a dependency for development or not. Addresses of archives depend on where npm looked. */
function shippedComponent(component: z.output<typeof componentSchema>): z.output<typeof componentSchema> {
  const { properties = [], externalReferences = [], ...rest } = component
  return {
    ...rest,
    scope: 'required',
    properties: properties.filter(({ name }) => name !== 'cdx:npm:package:development' && name !== 'cdx:npm:package:path'),
    externalReferences: externalReferences.filter(({ type }) => type !== 'distribution'),
  }
}

/** The same parts give the same number. */
function serialNumber(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex')
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
