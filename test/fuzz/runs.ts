/**
 * How a fuzz test is run: a fixed seed and few runs in `npm test`, so that it says the same every time; fresh seeds and many runs with
 * `npm run fuzz` (scripts/fuzz.ts), which says them through the environment. A failure names its seed and the smallest input found.
 */
import { test } from 'node:test'
import fc from 'fast-check'

const given = (name: string): number | null => {
  const text = process.env[name]
  return text === undefined || text === '' ? null : Number(text)
}

const SEED = given('ANNEAL_FUZZ_SEED') ?? 20261125
const RUNS = given('ANNEAL_FUZZ_RUNS')

/** Whether this is `npm run fuzz`: what needs the time of this machine is asked only there. */
export const isLong = RUNS !== null

/** A test over drawn inputs. `runs` is for `npm test`; a run that costs much (`weight`) is drawn more seldom in `npm run fuzz` too. */
export function fuzz<T>(
  name: string,
  input: fc.Arbitrary<T>,
  { runs, weight = 1 }: { runs: number; weight?: number },
  body: (input: T) => void | Promise<void>,
): void {
  test(name, async () => {
    const numRuns = RUNS === null ? runs : Math.max(runs, Math.ceil(RUNS / weight))
    await fc.assert(
      fc.asyncProperty(input, async (one) => {
        await body(one)
      }),
      { numRuns, seed: SEED, endOnFailure: false },
    )
  })
}
