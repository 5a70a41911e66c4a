/**
 * Where the simulator knowingly answers otherwise than the lab, each with its reason. Whatever differs and does not stand here is a
 * defect of the simulator; what stands here and no longer differs is to be taken out.
 */
import type { Listed } from './compare.ts'

export const LISTED: readonly Listed[] = [
  {
    case: /./,
    at: /^body\.errors\.0\.request_id$/,
    why: 'Placement repeats the id of the request in the body; whoever wants it has it from the header, and every service of the simulator has it there.',
  },
]
