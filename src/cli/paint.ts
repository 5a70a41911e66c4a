/**
 * Words for a terminal: colours where they are on, and never a control character of somebody else's. Texts of Ironic and of hardware
 * may hold anything, an escape sequence too.
 */
import { styleText } from 'node:util'

export type Colour = 'red' | 'yellow' | 'green' | 'cyan' | 'dim' | 'bold'

export const paint = (on: boolean, colour: Colour, text: string): string =>
  on && text !== '' ? styleText(colour, text, { validateStream: false }) : text

/** One line without control characters. */
export const plain = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim()
