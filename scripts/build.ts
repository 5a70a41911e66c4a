/**
 * Makes dist/anneal.mjs, which an installed package runs, and the bundle that it loads: Node strips no types below node_modules. A
 * checkout needs no build. Licences of what is bundled end up beside it.
 */
import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/bundle.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  legalComments: 'linked',
  logLevel: 'warning',
  // CommonJS packages inside the bundle call require for Node's own modules, and an ES module has none.
  banner: { js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);" },
})
copyFileSync(new URL('dist-entry.mjs', import.meta.url), new URL('../dist/anneal.mjs', import.meta.url))
