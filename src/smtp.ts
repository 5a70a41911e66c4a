/**
 * The real mailer: SMTP over nodemailer, one connection for each mail. Beside the seams, because a mail needs sockets of its own. It sends
 * once; the outbox decides about another try.
 */
import { createTransport } from 'nodemailer'
import { MailError, type Mailer } from './notify/email.ts'

/** Of silence, at any step. */
const SILENCE_MS = 10_000
/** In all: servers that make a stranger wait do so at several steps. */
const MAIL_MS = 30_000

export const smtpMailer: Mailer = ({ server, login }, mail) => {
  const { host, port, tls, ca, verify } = server
  const transport = createTransport({
    host,
    port,
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { rejectUnauthorized: verify, ...(ca === null ? {} : { ca }) },
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: SILENCE_MS,
    greetingTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    dnsTimeout: SILENCE_MS,
    // Texts are ours, and nothing in them names a file or an address to be read.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return new Promise((resolve, reject) => {
    const end = (error: unknown): void => {
      clearTimeout(timer)
      transport.close()
      if (error === null) resolve()
      else reject(mailError(error))
    }
    const timer = setTimeout(() => end(new Error(`not done after ${MAIL_MS / 1_000} s`)), MAIL_MS)
    const sent: Promise<unknown> = mail === null ? transport.verify() : transport.sendMail(mail)
    sent.then(() => end(null), end)
  })
}

/** Codes of 500 and above are for good; nodemailer gives the login's own code too. */
function mailError(error: unknown): MailError {
  const message = error instanceof Error ? error.message : String(error)
  const status = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0
  return new MailError(message, status >= 500)
}
