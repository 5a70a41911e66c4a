/**
 * Glance and Cinder, as far as a health probe asks: version documents and an empty list. They exist so that they can fail.
 */
import type { Service } from './answer.ts'
import type { World } from './world.ts'

const notFound = { status: 404, json: { itemNotFound: { code: 404, message: 'The resource could not be found.' } } }

export function glance(world: World): Service {
  return (asked) => {
    const path = asked.segments.join('/')
    const self = [{ rel: 'self', href: `${world.baseUrl}/image/v2/` }]
    if (path === '') return { status: 300, json: { versions: [{ id: 'v2.16', status: 'CURRENT', links: self }] } }
    if (path === 'v2/images') return { status: 200, json: { images: [], schema: '/v2/schemas/images', first: '/v2/images' } }
    return notFound
  }
}

export function cinder(world: World): Service {
  return (asked) => {
    const [version, , collection] = asked.segments
    const self = [{ rel: 'self', href: `${world.baseUrl}/volume/v3/` }]
    const versions = [{ id: 'v3.0', status: 'CURRENT', version: '3.70', min_version: '3.0', links: self }]
    if (version === undefined) return { status: 300, json: { versions } }
    if (collection === undefined) return { status: 200, json: { versions } }
    if (collection === 'volumes' || collection === 'services') return { status: 200, json: { [collection]: [] } }
    return notFound
  }
}
