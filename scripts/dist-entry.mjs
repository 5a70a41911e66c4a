/**
 * Becomes dist/anneal.mjs. Started by hand under an older Node, the bundle itself would end with a stack before its first line ran; this
 * says in one line what is needed. It knows no other Node: bin/anneal does, and starts that one.
 */
const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 24 || (major === 24 && minor >= 15)) await import(new URL('bundle.mjs', import.meta.url).href)
else {
  process.stderr.write(`anneal: it needs Node 24.15 or newer, this is ${process.versions.node}; start bin/anneal, which brings its own.\n`)
  process.exitCode = 78
}
