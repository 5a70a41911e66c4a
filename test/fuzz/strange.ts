/**
 * What may come in place of what is expected: values, texts and whole bodies that no service of ours sends on a good day.
 */
import fc from 'fast-check'

/** So deep that a function which calls itself for each level dies of it. */
const DEPTH = 50_000

/** What would fill the screen where a failure is told stands as a word until it is sent: 1 MB of one text, and documents nested without end. */
const SPELT: readonly (readonly [string, string])[] = [
  ['«megabyte»', 'x'.repeat(1_000_000)],
  ['"«deep»"', `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`],
  ['"«wrapped»"', `${'{"error":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`],
]
export const spelt = (text: string): string => SPELT.reduce((rest, [word, meant]) => rest.replaceAll(word, meant), text)
/** As a value of a document. */
export const DEEP = '«deep»'

const TEXTS = [
  '',
  ' ',
  'null',
  'None',
  'true',
  '0',
  '..',
  '../..',
  '%2e%2e',
  'a b\nc',
  '\u0000',
  '\u001b[31mred\u001b[0m\u0007',
  '\ud800',
  '\ufffd\ufffd',
  '\u202eevil',
  '__proto__',
  'constructor',
  '-',
  '*',
  "'; DROP TABLE cases; --",
  '$HOME',
  'http://[::1',
  '** Value Redacted - Requires baremetal:node:get:x permission. **',
  'anneal:c-00000000 config: look',
  '0000-00-00T00:00:00Z',
  '9999-12-31T23:59:59+00:00',
  '-000001-01-01T00:00:00Z',
  '275760-09-13T00:00:00.000Z',
  '2026-02-30 25:61:61',
  '00000000-0000-0000-0000-000000000000',
]

const NUMBERS = [0, -0, -1, 1, 0.5, 1e308, -1e308, Number.MAX_SAFE_INTEGER, 2 ** 53, 5e-324, 1e15]

export const strangeText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.constant('«megabyte»') },
)

/** Any JSON value; keys of prototypes among them. */
export const strangeValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 5, arbitrary: strangeText },
  { weight: 2, arbitrary: fc.constantFrom<unknown>([], {}, [null], [[]], [{}], { content: null }, { id: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom('{"__proto__":{"x":1},"constructor":2}', '{"toString":null}').map((text) => JSON.parse(text)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)

/** Whole bodies that are not the document that was asked for. */
export const strangeBody: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'null',
    'true',
    '7',
    '"text"',
    '[]',
    '{}',
    '[[]]',
    '{',
    '[{]',
    'NaN',
    '\ufeff{}',
    '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
    '<!DOCTYPE html><html><body>Please log in to the guest network.</body></html>',
    `<html>${'<'.repeat(2_000)}`,
    'upstream connect error or disconnect/reset before headers',
    '{"error_message": "{\\"faultstring\\": \\"broken\\", \\"faultcode\\""}',
    '{"error": {"code": 500, "message": null}}',
    '{"__proto__": {"nodes": []}}',
    '"«deep»"',
    '{"a":"«deep»"}',
    '"«wrapped»"',
    '«megabyte»',
    '"«megabyte»"',
  ),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.json({ maxDepth: 4 }),
)

export const strangeStatus: fc.Arbitrary<number> = fc.constantFrom(
  ...[
    200, 201, 202, 203, 204, 206, 226, 299, 300, 301, 302, 304, 307, 399, 400, 401, 402, 403, 404, 405, 406, 409, 410, 418, 429, 451, 499,
  ],
  ...[500, 501, 502, 503, 504, 507, 520, 599, 999],
)
