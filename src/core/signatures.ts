/**
 * All signatures in the order in which they are asked. The order carries the rule "the most specific inner cause wins": words
 * of people first, then locks, the conductor's own world and certificates, then switches, volumes and disks, settings and images, what a
 * peer answered, how a line broke, and sentences without a reason last.
 */
import { AGENT, AGENT_BOOT, AGENT_CHECKS, AGENT_EARLY } from './signatures/agent.ts'
import { CONDUCTOR, SERVICES } from './signatures/api.ts'
import { BMC_ANSWERS, BMC_LINE, BMC_SETTINGS, DRIVER_CHECKS } from './signatures/bmc.ts'
import { BUG } from './signatures/bug.ts'
import { IMAGES, SETTINGS } from './signatures/config.ts'
import { GENERAL } from './signatures/general.ts'
import { LOCKED } from './signatures/locked.ts'
import { PORTS, SWITCH } from './signatures/network.ts'
import { PERSON } from './signatures/person.ts'
import type { Signature } from './signatures/signature.ts'
import { DISK_WORK, DISKS, VOLUMES } from './signatures/storage.ts'
import { TLS } from './signatures/tls.ts'

export const SIGNATURES: readonly Signature[] = [
  ...PERSON,
  ...LOCKED,
  ...CONDUCTOR,
  ...TLS,
  ...AGENT_EARLY,
  ...SWITCH,
  ...VOLUMES,
  ...DISKS,
  ...BMC_SETTINGS,
  ...SETTINGS,
  ...IMAGES,
  ...AGENT_BOOT,
  ...DISK_WORK,
  ...BMC_ANSWERS,
  ...BUG,
  ...AGENT,
  ...AGENT_CHECKS,
  ...BMC_LINE,
  ...DRIVER_CHECKS,
  ...SERVICES,
  ...PORTS,
]

/** Weak readings, asked only where neither a signature nor a wrapper told anything. */
export const LAST_SIGNATURES: readonly Signature[] = GENERAL
