/**
 * Texts that say that a person decided or that the request was out of place: a retry would act against somebody's word. They
 * are `config` and never transient. Missing or wrong settings are in config.ts.
 */
import type { Signature } from './signature.ts'

export const PERSON = [
  {
    name: 'node-protected',
    cause: 'config',
    transient: 'no',
    patterns: [/is protected and cannot be/i],
    why: 'A person protected the node (exception.NodeProtected); only a person may lift that.',
    example: 'Node 11111111-2222-3333-4444-555555555555 is protected and cannot be undeployed, rebuilt or deleted',
  },
  {
    name: 'aborted-by-person',
    cause: 'config',
    transient: 'no',
    patterns: [
      /\bby request,? the \w+ (?:operation )?was aborted/i,
      /\baborted by (?:the |an )?(?:request|user|operator|admin)/i,
      /\babort(?:ed)? (?:was )?requested/i,
    ],
    why: 'Somebody sent `abort` (get_last_error of cleaning, deployments, servicing, inspection): going on is theirs to say.',
    example: 'By request, the service operation was aborted during or after the completion of step "bios.apply_configuration"',
  },
  {
    name: 'node-in-maintenance',
    cause: 'config',
    transient: 'no',
    patterns: [/(?:as|because|since) (?:the )?(?:node|it)(?: is|'s) in maintenance/i, /node in maintenance mode is not allowed/i],
    why: 'The node was put into maintenance before or during the work; the flag has an owner.',
    example: 'Cleaning a node in maintenance mode is not allowed',
  },
  {
    name: 'node-retired',
    cause: 'config',
    transient: 'no',
    patterns: [/because it is retired/i],
    why: 'exception.NodeIsRetired: a person retired the node.',
    example: "The provide operation can't be performed on node 11111111-2222-3333-4444-555555555555 because it is retired.",
  },
  {
    name: 'wrong-state-for-verb',
    cause: 'config',
    transient: 'no',
    patterns: [
      /can ?not be performed on node .{0,200} while it is in state/i,
      /Can ?not transition from state/i,
      /^Invalid resource state\.?$/i,
      /is (?:already )?associated with (?:instance|a node)/i,
    ],
    why: 'The request does not fit the state of the node (InvalidStateRequested, NodeAssociated): sending it again changes nothing.',
    example:
      'The requested action "deleted" can not be performed on node "11111111-2222-3333-4444-555555555555" while it is in state "available".',
  },
] as const satisfies readonly Signature[]
