/**
 * Examines copies of what the daemon left behind, in a process of its own, so that the next life need not wait for it.
 * usage: examiner.ts, as a child of main.ts
 */
import { z } from 'zod'
import { answering } from '../bench/child.ts'
import { lookAt } from './database.ts'

const copySchema = z.object({ copy: z.string(), folder: z.string() })

answering({
  examine: (given) => {
    const { copy, folder } = copySchema.parse(given)
    return lookAt(copy, folder)
  },
})
