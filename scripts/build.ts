/**
 * Makes dist/anneal.mjs, which an installed package runs, and the bundle that it loads: Node strips no types below node_modules. A
 * checkout needs no build. Which packages are bundled, and under which licences, ends up beside it.
 */
import { copyFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundledPackages, licencesText } from './licences.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/bundle.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
  // CommonJS packages inside the bundle call require for Node's own modules, and an ES module has none.
  banner: { js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);" },
})
writeFileSync(new URL('../dist/licences.md', import.meta.url), licencesText(bundledPackages(root, Object.keys(metafile.inputs))))
copyFileSync(new URL('dist-entry.mjs', import.meta.url), new URL('../dist/anneal.mjs', import.meta.url))
