/**
 * Which packages a bundle is made of, and what their licences ask to be passed on with it, as one text: the same form as the dashboard's own
 * (vite writes that one), so that both can be read back for the list of parts. It judges no licence.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

type BundledPackage = { name: string; version: string; licence: string; text: string }

const manifestSchema = z.object({ name: z.string(), version: z.string(), license: z.string() })

/** @param inputs paths of bundled files, relative to `root` */
export function bundledPackages(root: string, inputs: readonly string[]): BundledPackage[] {
  const folders = new Set(inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))
  return [...folders].toSorted().map((folder) => packageIn(join(root, folder)))
}

function packageIn(folder: string): BundledPackage {
  const { license, ...named } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  const file = readdirSync(folder)
    .toSorted()
    .find((name) => /^(licen[cs]e|copying)/i.test(name))
  const text =
    file === undefined ? `The package comes without the text of its licence (${license}).` : readFileSync(join(folder, file), 'utf8')
  return { ...named, licence: license, text: text.trim() }
}

export const licencesText = (packages: readonly BundledPackage[]): string =>
  `# Licenses\n\n${packages.map(({ name, version, licence, text }) => `## ${name} - ${version} (${licence})\n\n${text}\n`).join('\n')}`

/** `name@version` of every package that such a text names. */
export const packagesNamed = (text: string): string[] =>
  [...text.matchAll(/^## (\S+) - (\S+) \(.+\)$/gm)].map(([, name, version]) => `${name}@${version}`)
