/**
 * A bulletin as an e-mail in plain text. SMTP needs sockets, so that it is handed in as a function (src/smtp.ts has the real one). The
 * Message-ID is made of the key, so that a mail that arrives twice shows as one in most mailboxes; mails about one case or incident are a thread.
 */

import type { Bulletin } from './bulletin.ts'
import type { EmailReceiver, Reply } from './receiver.ts'
import { withoutSecrets } from './receiver.ts'

export type Mail = { from: string; to: string[]; subject: string; text: string; messageId: string; headers: Record<string, string> }

/** Sends the mail, or with null only logs in. Rejects with MailError only. */
export type Mailer = (by: Pick<EmailReceiver, 'server' | 'login'>, mail: Mail | null) => Promise<void>

/** `refused`: the server answered, and did not want this mail; else it could not be reached, or asks to come back later. */
export class MailError extends Error {
  override name = 'MailError'
  readonly refused: boolean
  constructor(message: string, refused: boolean) {
    super(message)
    this.refused = refused
  }
}

export async function sendMail(mailer: Mailer, receiver: EmailReceiver, bulletin: Bulletin): Promise<Reply> {
  // Nobody holds the lease of a test message: whether the server lets us in is all that can be tried.
  const isLoginOnly = bulletin.isTest && receiver.holders
  const mail = mailOf(bulletin, receiver)
  if (mail === null && !isLoginOnly) return { kind: 'refused', said: "the lease's holder makes no address" }
  try {
    await mailer(receiver, isLoginOnly ? null : mail)
    return { kind: 'sent', said: isLoginOnly ? 'the server lets us in; holders get no test message' : 'accepted by the server' }
  } catch (error) {
    // Knows: a mail may be sent again under the same Message-ID.
    if (!(error instanceof MailError)) throw error
    const said = withoutSecrets(error.message, receiver)
    return error.refused ? { kind: 'refused', said } : { kind: 'trouble', said, retryAfterMs: null }
  }
}

/** null: an address that names the holder cannot be made of this one. */
function mailOf(bulletin: Bulletin, { from, to, holders }: EmailReceiver): Mail | null {
  const { title, happened, did, todo, link, key, severity, messages, incident } = bulletin
  const lease = messages[0]?.body.lease ?? null
  const addresses = holders ? to.map((address) => holderAddress(address, lease)) : to
  if (!addresses.every((address) => address !== null)) return null
  const parts = [
    happened.join('\n'),
    did.join('\n'),
    todo.length === 0 ? '' : `What to do: ${todo.join(' ')}`,
    // Whoever holds a lease has no business with the server of the operators.
    link === null || holders ? '' : link,
  ]
  const thread = holders ? (lease?.id ?? null) : (incident ?? messages[0]?.body.caseId ?? null)
  const host = from.split('@').at(-1)?.replace(/>.*$/, '') ?? 'anneal'
  return {
    from,
    to: addresses,
    subject: holders ? title : `[anneal] ${title}`,
    text: `${parts.filter((part) => part !== '').join('\n\n')}\n`,
    messageId: `<${key}@${host}>`,
    headers: {
      'Auto-Submitted': 'auto-generated',
      ...(holders ? {} : { 'X-Anneal-Severity': severity }),
      ...(thread === null ? {} : { References: `<${thread.replaceAll(/[^\w.-]/g, '')}@${host}>` }),
    },
  }
}

/** What Blazar says of a holder is not ours: it must not become two addresses, or another header. */
function holderAddress(template: string, lease: { user_id: string | null; project_id: string | null } | null): string | null {
  const named = { user_id: lease?.user_id ?? '', project_id: lease?.project_id ?? '' }
  if (!Object.values(named).every((text) => /^[\w.+@-]{0,200}$/.test(text))) return null
  const address = template.replaceAll('{user_id}', named.user_id).replaceAll('{project_id}', named.project_id)
  return /^[\w.+-]+@[\w.-]+$/.test(address) ? address : null
}
