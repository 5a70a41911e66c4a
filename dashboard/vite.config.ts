/**
 * How the dashboard is built: `npm run build:dashboard` writes dist/dashboard, which the daemon serves. Nothing is inlined and nothing is
 * taken from elsewhere, since the daemon's content policy lets neither pass.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  base: '/',
  build: {
    outDir: here('../dist/dashboard'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
    reportCompressedSize: false,
    license: { fileName: 'licences.md' },
    rolldownOptions: {
      // That a package says "use client" is for servers that render pages, which ours does not.
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning)
      },
    },
  },
  // `vite dashboard` beside a daemon: the page is built on the fly, the API is the daemon's.
  server: { proxy: { '/api': 'http://127.0.0.1:8780', '/metrics': 'http://127.0.0.1:8780' } },
})
