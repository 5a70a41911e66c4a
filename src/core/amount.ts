/** How many of something, in words. Knows English plurals in -s, and nothing else. */

/** "1 node", "3 nodes". */
export const amount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
