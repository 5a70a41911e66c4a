/**
 * What the packages promise and what can be seen without building them: units that share one sandbox, and a Containerfile that runs as nobody
 * in particular. That they work is tried by `npm run test:package`, which needs root.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { NODE_FLAGS } from '../bench/bundled.ts'
import { instructionsOf } from '../lab/package/containerfile.ts'
import { packagesNamed } from '../scripts/licences.ts'

const text = (path: string) => readFileSync(new URL(`../packaging/${path}`, import.meta.url), 'utf8')

/** Settings of `[Service]` from User on, which both units share. */
function sandboxOf(unit: string): string[] {
  const [, service = ''] = text(`debian/${unit}`).split('[Service]\n')
  const lines = (service.split('\n[')[0] ?? '').split('\n').filter((line) => /^\w/.test(line))
  return lines.slice(lines.findIndex((line) => line.startsWith('User=')))
}

test('the daemon and the single pass run in the same sandbox', () => {
  assert.deepEqual(sandboxOf('anneal-sweep.service'), sandboxOf('anneal.service'))
  for (const setting of ['User=anneal', 'ProtectSystem=strict', 'NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'PrivateDevices=yes'])
    assert.ok(sandboxOf('anneal.service').includes(setting), setting)
})

test('the package, the launcher and the bench start Node with the same flags', () => {
  assert.ok(text('debian/anneal').includes(`exec /usr/lib/anneal/node ${NODE_FLAGS.join(' ')} /usr/lib/anneal/dist/anneal.mjs`))
  const launcher = readFileSync(new URL('../bin/anneal', import.meta.url), 'utf8')
  assert.ok(launcher.includes(`var FLAGS = ['${NODE_FLAGS.join("', '")}']`))
})

test('the container takes its files from the package alone, and runs as a user that has no name', () => {
  const instructions = instructionsOf(text('Containerfile'))
  const copies = instructions.filter((line) => line.startsWith('COPY'))
  assert.deepEqual(
    copies.filter((line) => !line.startsWith('COPY --from=package /package/')),
    ['COPY anneal_*.deb /anneal.deb'],
  )
  assert.match(instructions.findLast((line) => line.startsWith('USER')) ?? '', /^USER [1-9]\d*:[1-9]\d*$/)
  assert.doesNotMatch(instructions.join('\n'), /^ADD|apt-get|curl|https?:/m)
  // Nothing after it may need root.
  assert.ok(instructions.findLastIndex((line) => line.startsWith('RUN')) < instructions.findLastIndex((line) => line.startsWith('USER')))
})

test('a choice of licences in parentheses hides no package from the list of parts', () => {
  assert.deepEqual(
    packagesNamed('# Licenses\n\n## a - 1.0.0 (MIT)\n\nText (c)\n\n## @b/c - 2.0.0-rc.1 ((MIT OR CC0-1.0))\n\n## Terms - of use\n'),
    ['a@1.0.0', '@b/c@2.0.0-rc.1'],
  )
})
