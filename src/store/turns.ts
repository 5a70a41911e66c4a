/**
 * Turns within this process: several stores on one file take the write lock one after another by waiting here, without blocking.
 * SQLite's own waiting (busy_timeout) stops the whole thread, and so would also stop the store that is to let go of the lock.
 * Between processes SQLite's locks and busy_timeout do the work; this knows nothing about other processes.
 */

const queues = new Map<string, Promise<void>>()

/** Resolves when it is the caller's turn on this file, with the function that ends the turn (call it exactly once). */
export async function takeTurn(file: string): Promise<() => void> {
  const before = queues.get(file) ?? Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  queues.set(file, promise)
  await before
  return () => {
    // The last one out leaves nothing behind, or files of the past would add up in a long test run.
    if (queues.get(file) === promise) queues.delete(file)
    resolve()
  }
}
