/**
 * Texts as one .tar.gz, the same bytes for the same texts: names sorted, one time, one mode, nobody's name. What the texts are is none of its
 * business.
 */
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'

export type ArchivedText = { name: string; text: string }

/** Where a gzip file says which system made it (RFC 1952); 255 is "unknown", which is the same everywhere. */
const SYSTEM_AT = 9

/** All in one folder, so that unpacking strews nothing about. @param at epoch ms, of all files */
export async function archiveOf(texts: readonly ArchivedText[], { folder, at }: { folder: string; at: number }): Promise<Uint8Array> {
  const mtime = new Date(at)
  const entries = texts
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, text }) => {
      const body = Buffer.from(text, 'utf8')
      return { header: { name: `${folder}/${name}`, size: body.length, type: 'file' as const, mode: 0o644, uid: 0, gid: 0, mtime }, body }
    })
  const zipped = gzipSync(await packTar(entries), { level: 9 })
  zipped[SYSTEM_AT] = 255
  return zipped
}
