/**
 * Texts about the ramdisk agent: it did not call back, could not be called, or did not succeed. Images and disks that do not
 * fit are in config.ts, broken disks in storage.ts: the agent only reports them.
 */
import type { Signature } from './signature.ts'

/** Asked early: these sentences hold words or addresses that belong to others. */
export const AGENT_EARLY = [
  {
    name: 'agent-ansible',
    cause: 'agent',
    transient: 'maybe',
    patterns: [/\bansible-playbook\b|\brun playbook\b/i],
    why: 'A playbook failed on the ramdisk or could not get in; what it printed are words of the machine there.',
    example: 'Ansible failed to run playbook /etc/ironic/playbooks/clean.yaml with exit code 2',
  },
  {
    name: 'agent-inspection-data',
    cause: 'agent',
    transient: 'no',
    patterns: [
      /inspection hooks?\b(?!.{0,400}(?:swift|connection|HTTP|database|pymysql|is locked|hints|already exists|disabled|not enabled))|inspection data (?:is|does|lacks)|inspected data|inventory .{0,60}(?:missing|invalid|incomplete)/i,
    ],
    why: 'What the ramdisk found on the hardware lacks what the hooks demand (inspect_utils); it finds the same again.',
    example: 'Failed to inspect hardware. Reason: failed to run inspection hooks: no interfaces were found in the inventory',
  },
  {
    name: 'agent-download',
    cause: 'agent',
    transient: 'yes',
    patterns: [
      /Download of image .{1,400}(?:Connection broken|IncompleteRead|timed? ?out|Connection (?:reset|refused|aborted)|Max retries|RemoteDisconnected|(?:code|status):? ?5\d\d|Temporary failure)/i,
    ],
    why: 'The download into the ramdisk broke off (IPA ImageDownloadError); the image and the node are fine.',
    example:
      "Error downloading image: Download of image 11111111 failed: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
  },
] as const satisfies readonly Signature[]

/** Asked after what the agent's tools say: an order that does not fit what the ramdisk found. */
export const AGENT_CHECKS = [
  {
    name: 'agent-refuses-order',
    cause: 'config',
    transient: 'no',
    peers: ['agent'],
    patterns: [
      /^(?!.{0,2000}(?:running command|exit code|time(?:d )?-?out|connect|unexpected error|HardwareManager|hardware manager|version|token|HTTP status|extension|partner|virtual media)).{0,800}\b(?:no (?:suitable|candidates?|valid|matching|such|\w{1,12} found)\b|protected|exceeds?|too (?:small|large|many|few)|(?:larger|smaller|bigger) than|not enough|outs?(?:ide)?|insufficient|(?:does|do) not (?:fit|match|exist|support|contain)|invalid|not valid|malformed|(?:is|are) (?:missing|not supported|required)|unsupported|(?:must|should) be|unable to find a valid|could not find an?|primary partitions)\b/i,
    ],
    why: 'The agent compared the order with disks, image or settings and did nothing: no tool, line or version is spoken of.',
    example: 'Deploy step deploy.write_image failed on node n. The hint names a disk that is smaller than the image',
  },
] as const satisfies readonly Signature[]

export const AGENT = [
  {
    name: 'agent-busy',
    cause: 'agent',
    transient: 'yes',
    patterns: [/Agent is (?:busy|presently executing)|AgentIsBusy|AgentInProgress/i],
    why: 'The agent still works on the last command (AgentInProgress).',
    example: 'Node n command "clean.execute_clean_step" failed. Agent is presently executing a command. Error busy',
  },
  {
    name: 'agent-version',
    cause: 'agent',
    transient: 'maybe',
    patterns: [/version mismatch|Mismatch in hardware manager|HardwareManager\b|hardware managers? /i],
    why: 'Steps and ramdisk do not belong together; a fresh start of cleaning reads them again.',
    example: 'Hardware managers version mismatch, reload agent with correct version: Current versions: {}, versions used by ironic: {}',
  },
  {
    name: 'agent-no-call-back',
    cause: 'agent',
    transient: 'maybe',
    patterns: [
      /Timeout reached while (?:waiting for .{0,30}call-?back|\w+ing the node|waiting for .{0,40}(?:ramdisk|agent|heartbeat))/i,
      /ramdisk (?:responsible|call-?back|to (?:boot|start))/i,
      /(?:introspection|inspection)\b.{0,40}(?:timeout|timed out)|time(?:d )?out .{0,60}(?:introspection|inspection)/i,
      /Timed out waiting for .{0,40}(?:agent|ramdisk|heartbeat)|no heartbeat/i,
    ],
    why: 'The ramdisk never called: PXE, VLAN, boot order or the machine itself; many at once point at the network.',
    example:
      'Timeout reached while servicing the node. Please check if the ramdisk responsible for the servicing is running on the node. Failed on step {}.',
  },
  {
    name: 'agent-unreachable',
    cause: 'agent',
    transient: 'maybe',
    patterns: [
      /Failed to connect to the agent|Connection to agent failed|requires agent_url|\bAgent(?:ConnectionFailed|CommandTimeout)\b|Error invoking agent command/i,
      /Timeout executing command|agent (?:did not|does not|is not|isn't|has not|was not) (?:respond|answer|running|reachable|com|booted)/i,
    ],
    why: 'The agent was there once and does not answer on port 9999 now: rebooted, hung or behind a filter.',
    example: 'Deploy step deploy.deploy failed: Timeout executing command clean.execute_clean_step on node n',
  },
  {
    name: 'agent-bad-answer',
    cause: 'agent',
    transient: 'maybe',
    patterns: [
      /Agent API for node|bad command result|Invalid agent response|agent returned (?:an? )?(?:invalid|error|unexpected)/i,
      /Unable to decode response as JSON|\bget_\w{1,12}_steps\b|steps are not yet available/i,
      /Agent (?:on node|returned)/i,
    ],
    why: 'The agent answered something the conductor cannot use, or that a command failed, and nothing more.',
    example: 'Agent API for node n returned HTTP status code 500 with error: internal',
  },
  {
    name: 'agent-reboot',
    cause: 'agent',
    transient: 'maybe',
    patterns: [
      /Reboot script failed|Error rebooting system|Error syncing system clock|(?:finalize|configur\w{1,20}) (?:the )?rescue|Error (?:heartbeating|attempting to heartbeat|getting configuration from Ironic|finding IP)|\bstress-ng\b|fio \(network\)/i,
    ],
    why: 'A duty of the ramdisk failed on the machine itself.',
    example: 'Reboot script failed with exit code 1. stdout: . stderr: busy.',
  },
] as const satisfies readonly Signature[]

/** Asked before the tools that work on disks: here they serve the boot loader. */
export const AGENT_BOOT = [
  {
    name: 'agent-boot-loader',
    cause: 'agent',
    transient: 'maybe',
    patterns: [/(?:install|installing) (?:a |the )?boot ?loader|efibootmgr|grub-?2?-?install|\bEFI (?:boot|system partition)/i],
    why: 'The agent could not make the written disk bootable; image and firmware share the blame.',
    example: 'Failed to install a bootloader when deploying node n. Error: exit code 1',
  },
] as const satisfies readonly Signature[]
