/**
 * Texts that hold the name of an exception and no sentence of it: `RetryError[<Future ... raised NetworkError>]`, or a class
 * before a message that nothing else knows. Only names that Ironic, its drivers and clients use for one thing each.
 */
import type { Signature } from './signature.ts'

export const CLASS_NAMES = [
  {
    name: 'class-bmc-line',
    cause: 'bmc-unreachable',
    transient: 'maybe',
    patterns: [/\b(?:Redfish|Ilo|IBMC|IRMC|Drac|XClarity|OneView)\w{0,20}Connection\w{0,12}\b|\bWSManRequestFailure\b|\bIPMIFailure\b/],
    why: 'The class stands for a BMC that gave no answer.',
    example: 'RetryError[<Future at 0x7f00 state=finished raised RedfishConnectionError>]',
  },
  {
    name: 'class-bmc',
    cause: 'bmc-fault',
    transient: 'maybe',
    patterns: [
      /\b(?:RedfishError|DracOperationError|IloOperationError|IRMCOperationError|SNMPFailure|IBMCError|ServerSideError|BadRequestError)\b/,
    ],
    why: 'The class stands for a BMC that answered and refused.',
    example: 'RetryError[<Future at 0x7f00 state=finished raised DracOperationError>]',
  },
  {
    name: 'class-network',
    cause: 'network-fabric',
    transient: 'maybe',
    service: 'neutron',
    patterns: [/\b(?:NetworkError|FailedToUpdateMacOnPort|FailedToUpdateDHCPOptOnPort|FailedToGetIPAddressOnPort)\b/],
    why: 'The class stands for work on ports that Neutron did not do.',
    example: 'RetryError[<Future at 0x7f00 state=finished raised NetworkError>]',
  },
  {
    name: 'class-storage',
    cause: 'storage',
    transient: 'maybe',
    service: 'cinder',
    patterns: [/\bStorageError\b/],
    why: 'The class stands for volumes.',
    example: 'RetryError[<Future at 0x7f00 state=finished raised StorageError>]',
  },
] as const satisfies readonly Signature[]
