/**
 * Texts that come from the switch side: ML2 drivers, bindings, ports that never go active. That Neutron itself does not
 * answer is in api.ts and wins over "possible network issue"; names that Neutron does not know are in config.ts.
 */
import type { Signature } from './signature.ts'

/** Asked before the HTTP codes of Neutron: the body names the switch. */
export const SWITCH = [
  {
    name: 'switch-refused',
    cause: 'network-fabric',
    transient: 'no',
    patterns: [
      /(?:can'?t|cannot|unable to) (?:configure interface|set vlan)|_set_vlan|(?:interface|switch ?port) \S+ (?:does not exist|not found|is invalid) on (?:the )?switch/i,
    ],
    why: 'The switch rejects the command itself: what stands on that port must be put right by hand.',
    example:
      "ForbiddenException: 403: Client Error for url: http://n:9696/v2.0/ports, Cant configure interface: _set_vlan: can't set vlan 7 on interface id 3",
  },
  {
    name: 'switch-unreachable',
    cause: 'network-fabric',
    transient: 'maybe',
    service: 'neutron',
    patterns: [
      /netmiko|generic.?switch|\bNGS\b|Batching error|Mechanism ?driver|(?:pre|post)commit\b|ML2\b/i,
      /(?:connect|connection|ssh|login|log in|authenticat\w{1,20}|command\w{0,20}|config\w{0,20}).{0,60}\bswitch(?:es)?\b|\bswitch(?:es)? .{0,80}(?:fail|error|unreachable|timed? ?out|refus|not respond)/i,
      /\b(?:arista|cumulus|nexus|junos|dell.?os|ovh|fabric)\b.{0,80}(?:fail|error)/i,
    ],
    why: 'The driver between Neutron and the switch failed; management line, session limit or a restarting switch.',
    example: "Mechanism driver 'genericswitch' failed in update_port_postcommit",
  },
  {
    name: 'neutron-driver-error',
    cause: 'network-fabric',
    transient: 'maybe',
    service: 'neutron',
    peers: ['neutron'],
    patterns: [
      /\b500: Server Error for url: \S{1,400}, (?!.{0,20}(?:Request Failed|Internal|The server|An unexpected|500|<|\{)|.{0,200}(?:database|\bDB\w|quota))\S/i,
    ],
    why: 'Neutron hides its own faults behind one sentence; a 500 with other words passes on an exception of the driver for the switch.',
    example: 'HttpException: 500: Server Error for url: http://n:9696/v2.0/ports/1, Failed to edit configuration on device tor-3',
  },
  {
    name: 'port-binding-failed',
    cause: 'network-fabric',
    transient: 'maybe',
    service: 'neutron',
    patterns: [
      /binding_failed|port is already bound|Failed to bind port|Binding failed for port|Unable to bind port|failed to reach (?:status|state)|did not become active/i,
    ],
    why: 'ML2 could not bind the port or it never went active: the switch configuration did not land.',
    example: 'Port 11111111-2222-3333-4444-555555555555 failed to reach status ACTIVE',
  },
] as const satisfies readonly Signature[]

/** Asked after the HTTP codes: sentences that name the port work and no reason. */
export const PORTS = [
  {
    name: 'port-work-failed',
    cause: 'network-fabric',
    transient: 'maybe',
    service: 'neutron',
    patterns: [
      /Failed to create neutron ports|Could not (?:create|update|delete) (?:a )?(?:neutron )?port/i,
      /possibl[ey] (?:a )?network issue|Network operation failure/i,
      /(?:Update|Clean up|Retrieve|Failed to update).{0,30}\b(?:DHCP|MAC address|IP address|binding).{0,60}(?:failed|port)/i,
      /Could not (?:add|remove) .{0,40}\bVIF\b/i,
      /\bConflictException: 409\b.{0,200}\/ports|\bPortInUse\b|PortBound/i,
    ],
    why: 'Every port call was refused and the reason stands only in the logs of the conductor and Neutron.',
    example: "Failed to create neutron ports for node's 11111111 ports [Port(address=00:11:22:33:44:55)].",
  },
] as const satisfies readonly Signature[]
