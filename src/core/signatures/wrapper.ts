/**
 * The sentences that Ironic puts around the exception that tells the cause (conductor/*, common/neutron.py, common/cinder.py,
 * drivers/modules). They are taken off from the left until none fits; the innermost one that means something by itself is the
 * reading where what is left is not known. They never win over what they wrap.
 */
import type { Cause, Transient } from '../decision.ts'

export type Wrapper = {
  name: string
  /** Anchored at the start; everything it matches is taken off. */
  pattern: RegExp
  /** What the sentence alone says; absent: only that something failed. */
  says?: { cause: Cause; transient: Transient }
}

const AGENT = { cause: 'agent', transient: 'maybe' } as const
const BMC = { cause: 'bmc-fault', transient: 'maybe' } as const
const NETWORK = { cause: 'network-fabric', transient: 'maybe' } as const
const STORAGE = { cause: 'storage', transient: 'maybe' } as const
const API = { cause: 'api-unreachable', transient: 'maybe' } as const

/** One phase's sentence around another's: they say which step failed, never why. */
const PHASES: readonly Wrapper[] = [
  { name: 'async-execution', pattern: /^Async execution of \S+ failed with error: /i },
  { name: 'provision-instance', pattern: /^Failed to provision instance \S+: /i },
  { name: 'deploy-instance', pattern: /^Failed to deploy instance: /i },
  { name: 'tear-down', pattern: /^Failed to tear down(?:\. Error)?: /i },
  {
    name: 'tear-down-cleaning',
    pattern: /^Failed to tear down (?:from )?(?:cleaning|service|servicing|inspection)[^:.]{0,80}?(?:, reason|\. Error|): /i,
  },
  { name: 'prepare-node', pattern: /^Failed to prepare node \S+ for [\w -]{1,30}: /i },
  { name: 'prepare-deploy', pattern: /^Failed to prepare to deploy(?:\. Exception)?: /i },
  { name: 'clean-up-after-failure', pattern: /^failed to clean up due to: /i },
  { name: 'image-provisioning', pattern: /^(?:Image provisioning|Provisioning|Inspection|Introspection|Hardware inspection) failed: /i },
  {
    name: 'after-deploy',
    pattern: /^Error (?:changing node \S+ to tenant networks|(?:re)?booting node \S+) after deploy\. \w{1,80}: /i,
  },
  { name: 'verify-step', pattern: /^Node \S+ failed (?:verify|deploy|clean|service) step .{1,300}? with unexpected error: /i },
  { name: 'unexpected', pattern: /^Failed to inspect node \S+: Unexpected exception of type \w{1,80}: /i },
  { name: 'restart-steps', pattern: /^Could not restart (?:automated cleaning|deployment|\w+) on node \S+ after step .{1,400}?\}: /i },
  { name: 'step-hook', pattern: /^For node \S+, post \w+ step hook \S+ failed for \w+ step .{1,400}?\}\.? ?/i },
  { name: 'next-step', pattern: /^(?:Failed to process|Unexpected error when processing) (?:the )?next \w+ step\.?(?: Error:)? /i },
  {
    name: 'out-of-band-step',
    pattern:
      /^Node \S+ failed (?:\w+ )?step \{(?=.{0,300}'interface': '(?:raid|bios|management|firmware|power)').{0,900}?\}[.:]? (?:Error: )?/i,
    says: BMC,
  },
  {
    name: 'step-with-error',
    pattern: /^(?:(?:Clean |Deploy |Service )?Step|Inspection) (?:\w+ )?failed (?:on|for) node \S+ with (?:the following )?error: /i,
    says: BMC,
  },
  { name: 'node-failed-step', pattern: /^Node \S+ failed (?:\w+ )?step \{.{0,900}?\}[.:]? (?:Error: )?/i },
  { name: 'steps', pattern: /^(?:Cannot get|Error while getting|Failed to get) \w+ steps[^:.]{0,80}: /i },
  { name: 'first-step', pattern: /^Node failed to start the (?:first|next) \w+ step\. Error: /i },
  { name: 'cannot-clean', pattern: /^(?:Cannot clean|Cannot service|Failed to clean|Failed to service|Failed to verify) node \S+: /i },
  { name: 'validation', pattern: /^(?:Validation of node \S+ for \w+ failed|Failed to validate [\w -]{1,40} for node \S+): /i },
  {
    name: 'power-validation',
    pattern: /^Failed to validate \w+ driver interface(?: for node \S+)?\.(?: Can not \w+ instance\.)? Error: /i,
  },
  { name: 'inspection', pattern: /^Failed to inspect hardware\. Reason: (?:unable to start inspection: )?/i },
  { name: 'rescue', pattern: /^Failed to (?:un)?rescue instance \S+ for node \S+: /i },
  { name: 'rescue-clean-up', pattern: /^Rescue operation was unsuccessful, clean up failed for node: /i },
  { name: 'power-change', pattern: /^Failed to (?:change|set) power state to [^:.]{1,60}[:.] (?:Error: )?/i, says: BMC },
  { name: 'adoption', pattern: /^(?:Error while attempting to adopt node \S+|Adoption of node \S+ failed): /i },
]

/** Sentences of the parts that did the work: they tell who failed where the inner text is unknown. */
const PARTS: readonly Wrapper[] = [
  {
    name: 'power-read',
    pattern: /^Failed to get power state for node \S+\. Error: /i,
    says: { cause: 'bmc-unreachable', transient: 'maybe' },
  },
  { name: 'power-sync', pattern: /^During sync_power_state, max retries .{0,300}? to maintenance mode\. Error: /i, says: BMC },
  { name: 'agent-step', pattern: /^(?:Deploy|Clean|Service) step \S+ failed on node \S+?\.? (?!with error)(?=\S)/i, says: AGENT },
  { name: 'conductor-step', pattern: /^(?:Deploy|Clean|Service) step \S+ failed(?::| with \w+:) /i },
  { name: 'agent-error', pattern: /^Agent returned error for \w+ step .{0,900}? on node \S+ ?: /i, says: AGENT },
  { name: 'agent-performing', pattern: /^Error performing (?:\w+_)?step \w+: /i, says: AGENT },
  {
    name: 'agent-command',
    pattern: /^(?:Command execution failed|(?:Clean|Deploy|Service) step failed|Invalid command parameters): /i,
    says: AGENT,
  },
  { name: 'agent-status', pattern: /^node \S+ command status errored: (?:\{'message': ['"])?/i, says: AGENT },
  { name: 'agent-connection', pattern: /^Connection to agent failed: /i, says: AGENT },
  { name: 'agent-download', pattern: /^Error downloading image: (?=Download of image)/i, says: AGENT },
  { name: 'ramdisk-report', pattern: /^ramdisk reported error: /i, says: AGENT },
  { name: 'remote-error', pattern: /^(?:Remote error|RPC error): ?/i, says: API },
  { name: 'redfish', pattern: /^Redfish exception occurred\. Error: /i, says: BMC },
  { name: 'redfish-request', pattern: /^(?:Setting|Getting|Changing) [^:]{1,80} failed for node \S+\. Error: /i, says: BMC },
  {
    name: 'redfish-connection',
    pattern: /^Redfish connection failed for node \S+: /i,
    says: { cause: 'bmc-unreachable', transient: 'maybe' },
  },
  { name: 'driver-exception', pattern: /^(?:[\w-]{1,20} ){1,3}exception occurred(?: for node \S+)?[.:] (?:Error: )?/i, says: BMC },
  { name: 'driver-client', pattern: /^Cisco UCS client: (?:operation .{1,60}|connection) failed for node \S+ Reason: /i, says: BMC },
  { name: 'retry', pattern: /^RetryError\[<Future at \w+ state=finished raised /i },
  { name: 'drac', pattern: /^DRAC operation failed\. Reason: /i, says: BMC },
  { name: 'irmc', pattern: /^iRMC .{1,80}? failed\. Reason: /i, says: BMC },
  { name: 'ilo', pattern: /^(?:iLO |\[iLO\] ?).{0,80}? failed, error: /i, says: BMC },
  { name: 'snmp', pattern: /^SNMP operation '[^']{1,60}' failed: /i, says: BMC },
  { name: 'driver-runtime', pattern: /^Runtime driver \S+ failure\. Reason: /i, says: BMC },
  { name: 'neutron-port', pattern: /^Unable to clear binding profile for neutron port \S+\. Error: /i, says: NETWORK },
  {
    name: 'neutron-vif',
    pattern: /^Could not (?:add|remove|get) .{1,160}?(?:possible|possibly a|possible a) network issue[.:] /i,
    says: NETWORK,
  },
  {
    name: 'neutron-read',
    pattern: /^(?:Could not retrieve|Unable to get) (?:network|neutron|security|port|subnet)[^:]{0,60}: (?:Error: )?/i,
    says: NETWORK,
  },
  {
    name: 'cinder-volume',
    pattern:
      /^Failed to (?:connect to block storage service|(?:get|reserve|detach|request|initialize|inform|attach)[^:]{0,200}(?:volume|cinder)[^:]{0,160}?) ?: /i,
    says: STORAGE,
  },
  // The conductor builds boot images on its own disk from files that ironic.conf names.
  { name: 'image-creation', pattern: /^Creating \w+ image failed: /i, says: { cause: 'config', transient: 'maybe' } },
  { name: 'configdrive', pattern: /^Failed to (?:upload|store|prepare) the configdrive[^:.]{0,40}[:.] (?:Exception: )?/i },
  { name: 'swift', pattern: /^Swift operation '[^']{1,60}' failed: /i, says: API },
  { name: 'glance', pattern: /^Connection to glance endpoint \S+ failed: /i, says: API },
]

export const WRAPPERS: readonly Wrapper[] = [...PHASES, ...PARTS]
