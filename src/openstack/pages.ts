/**
 * Reads a list to its end, page by page, with the caller's own filter and the last row's key as marker. A list that cannot be
 * read to its end throws: a short list must never look like a whole one.
 */

import type { Call } from './call.ts'
import { unusableAnswer } from './openstack-error.ts'

type Page<Row> = { call: Call; rows: Row[] /** Whether the service says that there is more. */; more: boolean }

/** 100,000 nodes are 100 pages of Ironic's usual 1,000; ten times that is a server that never ends. */
const PAGES_MAX = 1_000

/** Each page as it comes; a caller that must not act on a short list waits for the end. */
export async function* eachPage<Key extends string, Row extends Record<Key, string>>(
  key: Key,
  page: (marker: [string, string][]) => Promise<Page<Row>>,
): AsyncGenerator<Row[]> {
  const seen = new Set<string>()
  let marker: [string, string][] = []
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const { call, rows: found, more } = await page(marker)
    for (const row of found) {
      if (seen.has(row[key])) throw unending(call, `${row[key]} came twice in one list`)
      seen.add(row[key])
    }
    yield found
    if (!more) return
    const last = found.at(-1)
    if (last === undefined) throw unending(call, 'an empty page promised another one')
    marker = [['marker', last[key]]]
    if (pages === PAGES_MAX - 1) throw unending(call, `it has more than ${PAGES_MAX} pages`)
  }
}

/** The rows of all pages; nothing where one of them throws. */
export async function allOf<Row>(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const page of pages) rows.push(...page)
  return rows
}

export async function allPages<Key extends string, Row extends Record<Key, string>>(
  key: Key,
  page: (marker: [string, string][]) => Promise<Page<Row>>,
): Promise<Row[]> {
  return await allOf(eachPage(key, page))
}

const unending = (call: Call, what: string) => unusableAnswer(call, `The list could not be read to its end: ${what}.`)
