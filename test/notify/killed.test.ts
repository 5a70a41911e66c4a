/**
 * A daemon that is killed while it tells somebody: before the answer, and between the answer and its record. Whatever was not recorded is told
 * again, by the same key and word for word, and nothing else is: at least once for each message, and once for who drops doubles.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { notificationSchema } from '../../src/commands/notification-schema.ts'
import { DAY } from '../../src/core/policy.ts'
import { realSeams } from '../../src/seams.ts'
import { openStore } from '../../src/store/store.ts'
import { pass, reset, wait } from '../store/given.ts'

const CASES = 8

type Arrival = { key: string; text: string; about: string[]; killed: boolean }

/** A webhook; of each three requests one finds the daemon killed before its answer, one right after it, and one finds peace. */
async function receiver(kill: () => void) {
  const arrivals: Arrival[] = []
  const meet = (response: ServerResponse): boolean => {
    const turn = arrivals.length % 3
    if (turn === 0) kill()
    else response.end('{}', turn === 1 ? kill : undefined)
    return turn !== 2
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const { id, messages } = notificationSchema.parse(JSON.parse(text))
    assert.equal(request.headers['idempotency-key'], id)
    const killed = meet(response)
    arrivals.push({ key: id, text, about: messages.map((one) => `${one.id} ${one.kind} ${one.uuid}`), killed })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  return {
    arrivals,
    url: `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}/`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('killed before an answer or before its record, it tells each message again under its key, and loses and doubles none', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-killed-'))
  const path = join(folder, 'anneal.db')
  const store = await openStore({ path, ...realSeams() })
  const children: ChildProcess[] = []
  const hook = await receiver(() => void children.at(-1)?.kill('SIGKILL'))
  try {
    const later = Date.now() + DAY
    // Two messages about each odd node, which are one group; one about each even one.
    for (let n = 1; n <= CASES; n++) await pass(store, n, n % 2 === 1 ? reset(later) : wait(later))
    const posted = (await store.unsent(99)).map(({ id, kind, uuid }) => `${id} ${kind} ${uuid}`)
    assert.equal(posted.length, CASES + CASES / 2)
    while ((await store.unsent(1)).length > 0) {
      assert.ok(children.length < 3 * CASES, 'it comes to an end')
      const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-while-telling.ts'), path, hook.url], { stdio: 'inherit' })
      children.push(child)
      const ended = once(child, 'exit')
      while (child.exitCode === null && child.signalCode === null && (await store.unsent(1)).length > 0)
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50))])
      child.kill('SIGKILL')
      await ended
    }
    const byKey = Map.groupBy(hook.arrivals, ({ key }) => key)
    for (const [key, arrivals] of byKey) {
      assert.equal(new Set(arrivals.map(({ text }) => text)).size, 1, `${key} says the same each time`)
      const kills = arrivals.filter(({ killed }) => killed).length
      assert.ok(arrivals.length <= kills + 1, `${key} arrived ${arrivals.length} times after ${kills} kills`)
    }
    const told = [...byKey.values()].flatMap(([first]) => first?.about ?? [])
    assert.deepEqual(told.toSorted(), posted.toSorted(), 'who drops doubles by the key has each message once')
    assert.equal(byKey.size, CASES, 'what is about one case is one group, also after a kill')
    assert.ok(hook.arrivals.length > byKey.size, 'some were told twice, so the kills met something')
    t.diagnostic(`${byKey.size} keys arrived ${hook.arrivals.length} times over ${children.length} lives`)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    hook.close()
    await store.close()
    rmSync(folder, { recursive: true })
  }
})
