/**
 * A text of Ironic, of a driver or of a person without what in it could be a credential: what leaves the site in a bundle must hold none, and
 * drivers quote addresses with users in them, command lines and whole dictionaries. It knows forms, not values; what is stored stays as it is.
 */

/** Each repetition is bounded: a text may be a megabyte of anything, and each of its characters is to be looked at a few times only. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,8192}/g, '(withheld)'],
  // The user of an address; also where the address was cut in the middle of it, or a password holds a slash.
  [/\/\/[^/\s"'<>]{1,256}@/g, '//'],
  [/\/\/[^\s/:@]{1,64}:(?!\d{1,5}(?:[^\w]|$))[^\s@]{0,256}@/g, '//'],
  [/\/\/[^\s/:@]{1,64}:(?!\d{1,5}(?:[^\w…]|$))[^\s/@]{0,256}…/g, '//…'],
  [/(?<![^\s"'(=,])[^\s:/@"'(=,]{1,64}:[^\s/@"']{1,128}@(?=[\w[])/g, ''],
  [/(authorization\W{1,6}(?:basic|bearer|digest)\s{1,3})[^\s"',]{1,4096}/gi, '$1(withheld)'],
  [/\b(basic|bearer) {1,3}(?=[\w+/.~-]{0,64}[0-9=])[\w+/.~=-]{12,4096}/gi, '$1 (withheld)'],
  [
    /((?:pass(?:word|wd|phrase|_?code)?|secret|token|credential|community|api[_-]?key|auth[_-]?key|access[_-]?key|user(?:_?name|_?id)?|login)[\\"']{0,3}\s{0,3}[:=]\s{0,3})(?:\\?"[^"\\]{0,512}\\?"|\\?'[^'\\]{0,512}\\?'|[\\"']{0,3}[^\s"',;&}\\]{1,4096})/gi,
    '$1(withheld)',
  ],
  // Tokens of Keystone (Fernet), compressed config drives, and whatever else is long and has no spaces.
  [/gAAAA[\w-]{16,4096}={0,2}/g, '(withheld)'],
  [/[\w+/=-]{256,}/g, '(withheld)'],
]

/** ipmitool's options for the user, the password and the keys, as a command line or as a list. */
const OF_IPMITOOL = /(-[UPky]["']?[,\s]\s{0,3}["']?)[^\s"',]{1,256}/g

export function withoutCredentials(text: string): string {
  const plain = FORMS.reduce((rest, [form, instead]) => rest.replace(form, instead), text)
  return plain.includes('ipmitool') ? plain.replace(OF_IPMITOOL, '$1(withheld)') : plain
}

const SHORT = '…'

/** One line of at most `max` characters for a person: no credential, no control character, nothing that turns the direction of writing. */
export function lineOf(text: string, max: number): string {
  const line = withoutCredentials(text)
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .trim()
  return line.length <= max ? line : `${line.slice(0, max - SHORT.length).toWellFormed()}${SHORT}`
}

/** The value as JSON without credentials. What a terminal could take for an order is escaped, so that it may be looked at by `cat`. */
export function cleanJson(value: unknown, indent: number | null = 2): string {
  const text = JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? withoutCredentials(inner) : inner), indent ?? 0)
  return text.replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
