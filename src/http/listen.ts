/**
 * Opens the server's socket. The only place where the product lets anybody in.
 */
import { ConfigError } from '../core/config-error.ts'
import type { App } from './world.ts'

/** Returns the address, with the port that was free where 0 was wanted. Throws ConfigError where it cannot be had. */
export async function listen(app: App, wanted: { host: string; port: number }): Promise<string> {
  const { host, port } = wanted
  const named = host.includes(':') ? `[${host}]` : host
  await app.listen({ host, port }).catch((error: unknown) => {
    throw taken(error, `${named}:${port}`)
  })
  const [bound] = app.addresses()
  return `http://${named}:${typeof bound === 'object' ? bound.port : port}`
}

function taken(error: unknown, where: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'EADDRINUSE')
    return new ConfigError({
      what: `server.listen ${where}`,
      message: 'Another process has this address already.',
      fix: 'Give this daemon another port, such as server: { listen: 127.0.0.1:8781 } in anneal.yaml, or off.',
    })
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    return new ConfigError({
      what: `server.listen ${where}`,
      message: code === 'EACCES' ? 'This user may not listen there.' : 'This machine has no such address.',
      fix: 'Name another address in anneal.yaml, or off.',
    })
  return error
}
