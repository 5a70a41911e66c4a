/**
 * Makes dist/anneal.mjs, the one file that an installed package runs: Node strips no types below node_modules. A checkout
 * needs no build. Licences of what is bundled end up beside it.
 */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/anneal.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  legalComments: 'linked',
  logLevel: 'warning',
  // CommonJS packages inside the bundle call require for Node's own modules, and an ES module has none.
  banner: { js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);" },
})
