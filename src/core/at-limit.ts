/** Whether Ironic said that it is at its own limit of concurrent actions: 500 before 23.1.0, 503 since (cba1066), so the text tells. */
const AT_LIMIT = /concurrent action limit/i

export const isAtLimit = (text: string | null): boolean => text !== null && AT_LIMIT.test(text)
