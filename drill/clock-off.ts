/**
 * Loaded before a replica (NODE_OPTIONS=--import=…), for the drill alone: from a moment on its wall clock is off. Monotonic time stays as it is.
 * ANNEAL_DRILL_CLOCK: by how many ms, `@`, and from when on (epoch ms).
 */
const [by = 0, from = 0] = (process.env['ANNEAL_DRILL_CLOCK'] ?? '').split('@').map(Number)
const TrueDate = Date

const shifted = (): number => {
  const now = TrueDate.now()
  return now >= from ? now + by : now
}

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, given: unknown[], asked) => Reflect.construct(target, given.length === 0 ? [shifted()] : given, asked),
  get: (target, name, receiver) => (name === 'now' ? shifted : Reflect.get(target, name, receiver)),
})
