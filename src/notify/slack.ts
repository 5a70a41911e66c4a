/**
 * A bulletin as a message to Slack's incoming webhook. The address of the webhook is the only secret there is, and tells Slack where to post.
 */

import type { Bulletin } from './bulletin.ts'
import type { SlackReceiver } from './receiver.ts'

const COLOURS = { info: '#2eb67d', warning: '#ecb22e', critical: '#e01e5a' } as const

/** Slack cuts a longer text with a link to see more; this is what a person reads. */
const TEXT_MAX = 3_000

export function slackRequest(bulletin: Bulletin, { url, channel }: Pick<SlackReceiver, 'url' | 'channel'>) {
  const { happened, did, todo, link } = bulletin
  const parts = [happened.join('\n'), did.join('\n'), todo.length === 0 ? '' : `*To do:* ${todo.join(' ')}`]
  const text = parts
    .filter((part) => part !== '')
    .map(escaped)
    .join('\n')
    .slice(0, TEXT_MAX)
  const title = escaped(bulletin.title)
  const attachment = {
    color: COLOURS[bulletin.severity],
    fallback: title,
    title,
    ...(link === null ? {} : { title_link: link }),
    text,
    mrkdwn_in: ['text'],
    ts: Math.floor(bulletin.at / 1_000),
  }
  const body = { ...(channel === null ? {} : { channel }), attachments: [attachment] }
  return { url, headers: { 'idempotency-key': bulletin.key }, body: JSON.stringify(body) }
}

/** Slack's three: without them a text from outside could call everybody in the channel. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
