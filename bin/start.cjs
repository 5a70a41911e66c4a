/**
 * Loads Anneal into this process, which runs on Node 24.15 or newer: the sources from a checkout, the bundle where it is
 * installed (Node strips no types below node_modules). Started on its own by `anneal` when that runs under an older Node.
 */
'use strict'

const { existsSync } = require('node:fs')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

const EXIT_CONFIGURATION = 78

const root = path.dirname(__dirname)
const isInstalled = root.split(path.sep).includes('node_modules')
const sources = path.join(root, 'src', 'main.ts')
const bundle = path.join(root, 'dist', 'anneal.mjs')
const main = !isInstalled && existsSync(sources) ? sources : bundle

function refuse(why, fix) {
  process.stderr.write(`anneal: ${why}; ${fix}.\n`)
  process.exit(EXIT_CONFIGURATION)
}

if (require.main === module) {
  process.argv[1] = path.join(__dirname, 'anneal')
  // Killed outright, the launcher cannot pass the signal on. What then goes on without it would be in the next one's way.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel?.unref()
}

if (!existsSync(main)) refuse(`there is no ${path.relative(root, main)}`, 'run `npm run build`, or install anneal again')
import(pathToFileURL(main).href).catch((error) => {
  // The one failure that is not ours: a checkout in which nothing is installed yet. Everything else ends with its own trace.
  if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !/package '/.test(error.message)) throw error
  refuse('its dependencies are not installed', isInstalled ? 'install anneal again' : 'run `npm ci` in the checkout')
})
