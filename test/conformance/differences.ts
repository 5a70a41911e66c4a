/**
 * Where the simulator knowingly answers otherwise than the lab, each with its reason. Whatever differs and does not stand here is a
 * defect of the simulator; what stands here and no longer differs is to be taken out.
 */
import type { Listed } from './compare.ts'

export const LISTED: readonly Listed[] = [
  {
    case: /^(servers on a node|a server by its id) while Neutron is away$/,
    why: "A real Nova asks Neutron for the security groups of each server that it shows, and answers 500. The simulator's services fail one by one, so that there Anneal names Neutron (service-red) where it names Nova (nova-unreadable) on a real cloud; nothing is sent either way.",
  },
  {
    case: /./,
    at: /^body\.errors\.0\.request_id$/,
    why: 'Placement repeats the id of the request in the body; whoever wants it has it from the header, and every service of the simulator has it there.',
  },
]
