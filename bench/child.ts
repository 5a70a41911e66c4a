/**
 * A child process that answers questions: the pretend cloud and the operator under measure each run in one of their own, so that time and
 * memory of one never count for the other. Questions and answers are plain JSON over Node's own channel.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { z } from 'zod'

const answerSchema = z.object({ id: z.number(), answer: z.unknown() })
const questionSchema = z.object({ id: z.number(), say: z.string(), given: z.unknown() })

export type Child = {
  pid: number
  /** Asks and waits; rejects where the child ends first. `given` is plain JSON that belongs to the question. */
  ask<T>(say: string, shape: z.ZodType<T>, given?: unknown): Promise<T>
  stop(): Promise<void>
}

/** @param flags for Node itself @param under a command that starts Node, such as nsenter with its arguments */
export function startChild(file: URL, args: readonly string[], flags: readonly string[] = [], under: readonly string[] = []): Child {
  const [execPath = process.execPath, ...execArgv] = [...under, process.execPath, ...flags]
  const child = fork(file, [...args], {
    execPath,
    execArgv,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>()
  let asked = 0
  child.on('message', (message) => {
    const { id, answer } = answerSchema.parse(message)
    waiting.get(id)?.resolve(answer)
    waiting.delete(id)
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`${file.pathname} ended with ${code} before it answered`))
      waiting.clear()
      resolve()
    })
  })
  return {
    pid: child.pid ?? 0,
    ask: async (say, shape, given = null) => {
      const id = ++asked
      const answer = await new Promise<unknown>((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        child.send({ id, say, given })
      })
      return shape.parse(answer)
    },
    stop: () => stopped(child, ended),
  }
}

function stopped(child: ChildProcess, ended: Promise<void>): Promise<void> {
  // One that has ended already, as after a signal to all of them, must not hide what went wrong.
  if (child.connected) child.disconnect()
  return ended
}

/** The child's side: answers every question with what its function of that name comes to, until the parent lets go. */
export function answering(answers: Record<string, (given: unknown) => unknown>): void {
  // However the parent ends, its children end with it.
  process.once('disconnect', () => process.exit(0))
  process.on('message', (message) => {
    const { id, say, given } = questionSchema.parse(message)
    const answer = answers[say]
    if (answer === undefined) throw new Error(`nobody answers to ${say}`)
    void Promise.resolve(answer(given)).then((said) => process.send?.({ id, answer: said ?? null }))
  })
}
