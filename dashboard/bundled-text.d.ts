/**
 * What vite makes of files that are not code: text, and style sheets that are only loaded.
 */
declare module '*.md?raw' {
  const text: string
  export default text
}
