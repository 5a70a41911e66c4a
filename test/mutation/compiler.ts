/**
 * Asks the compiler about one mutant: code that does not type-check cannot be shipped, so no test need notice it. Unused names are
 * let through, since they would refuse mutants for what is left over rather than for what is wrong. It writes no file.
 */
import { dirname, resolve } from 'node:path'
import ts from 'typescript'

const texts = new Map<string, { text: string; version: number }>()
const config = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, process.cwd())
const files = new Set<string>()

const service = ts.createLanguageService({
  getCompilationSettings: () => ({ ...options, noUnusedLocals: false, noUnusedParameters: false }),
  getScriptFileNames: () => [...files],
  getScriptVersion: (file) => String(texts.get(file)?.version ?? 0),
  getScriptSnapshot: (file) => {
    const text = texts.get(file)?.text ?? ts.sys.readFile(file)
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
  },
  getCurrentDirectory: () => process.cwd(),
  getDefaultLibFileName: (settings) => resolve(dirname(ts.getDefaultLibFilePath(settings)), ts.getDefaultLibFileName(settings)),
  fileExists: ts.sys.fileExists,
  readFile: ts.sys.readFile,
  readDirectory: ts.sys.readDirectory,
  directoryExists: ts.sys.directoryExists,
})

/** Whether the file does not compile with this text in its place. Only its own diagnostics count. */
export function compilerRefuses(file: string, text: string): boolean {
  const path = resolve(file)
  files.add(path)
  texts.set(path, { text, version: (texts.get(path)?.version ?? 0) + 1 })
  const refused = service.getSyntacticDiagnostics(path).length + service.getSemanticDiagnostics(path).length > 0
  texts.set(path, { text: ts.sys.readFile(path) ?? '', version: (texts.get(path)?.version ?? 0) + 1 })
  return refused
}
