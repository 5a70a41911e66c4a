/**
 * Asked last, after the wrappers have had their say: texts that no signature knows but whose words still point somewhere. Every
 * one is a weak reading, so none says yes; the names begin with `sounds-like-` to show it.
 */
import type { Signature } from './signature.ts'

export const GENERAL = [
  {
    name: 'sounds-like-busy',
    cause: 'locked',
    transient: 'maybe',
    patterns: [
      /\blocked\b.{0,80}\b(?:retry|conductor|another|operation|task|process)\b|\b(?:retry|try again) (?:after|when|once|later)\b.{0,80}\b(?:complet|finish|operation|limit|done)\w*|\b(?:operation|task|action)s? .{0,40}\balready (?:running|in progress)\b/i,
      /\blimit\b.{0,80}\b(?:reached|exceeded)\b.{0,120}\b(?:later|again|retry)\b/i,
    ],
    why: 'Somebody else is at work and asks for patience.',
    example: 'The node is locked while another operation runs',
  },
  {
    name: 'sounds-like-refusal-by-person',
    cause: 'config',
    transient: 'no',
    patterns: [
      /\b(?:aborted|cancell?ed|rejected|denied)\b.{0,40}\b(?:user|operator|admin\w*|request|policy|maintenance)\b/i,
      /\b(?:can ?not|can't|may not) be (?:performed|deleted|undeployed|rebuilt|changed|removed|started|provisioned|cleaned)\b|\b(?:in|under) maintenance\b|\bwhile (?:it|the node) is in state\b|\b(?:node|it) is (?:protected|retired|reserved)\b/i,
    ],
    why: 'Somebody or a rule of theirs said no.',
    example: 'Provisioning was cancelled by an administrator',
  },
  {
    name: 'sounds-like-refused-account',
    cause: 'config',
    transient: 'no',
    patterns: [
      /\b(?:HTTP|status|code|error)\b.{0,16}\b40[13]\b|\bunauthori[sz]ed\b|\bforbidden\b|\bnot authori[sz]ed\b|\b(?:access|permission) (?:was |is )?denied\b|\bauthentication (?:is )?(?:required|failed)\b|\brequires authentication\b/i,
    ],
    why: 'Whoever was asked does not know the account or does not let it.',
    example: 'The image store says: forbidden',
  },
  {
    name: 'sounds-like-line-broken',
    cause: 'api-unreachable',
    transient: 'maybe',
    patterns: [/HTTPS?ConnectionPool\(|Failed to establish a new connection|Max retries exceeded with url/i],
    why: 'The conductor asked some web server that is neither BMC nor agent and got no answer.',
    example: "Can't download it. Reason: HTTPConnectionPool(host='10.0.0.4', port=8081): Read timed out.",
  },
  {
    name: 'sounds-like-error-answer',
    cause: 'api-unreachable',
    transient: 'maybe',
    patterns: [
      /\b(?:HTTP|status|code)\b.{0,16}\b(?:429|408|5\d\d)\b|\b(?:too many requests|bad gateway|gateway time-?out|service unavailable|reply|message bus)\b/i,
    ],
    why: 'A web service that nothing names says that it cannot now.',
    example: 'Something says status: 508',
  },
  {
    name: 'sounds-like-setting',
    cause: 'config',
    transient: 'no',
    patterns: [
      /\b(?:invalid|unsupported|malformed|duplicate|unknown|illegal|unrecogni[sz]ed|conflicting|incorrect|wrong)\b(?! error| exception| failure| response| answer| reply)/i,
      /\b(?:must|has to|have to|needs? to|should) (?:not )?(?:be|have|contain|match|specify|exist|start|end|provide|set|use|require)\b/i,
      /\bdo(?:es)? not (?:have|support|allow|exist|contain|specify)\b|\bnot (?:supported|valid|configured|enabled|installed|defined|allowed|permitted|associated|specified|unique|encoded|a boolean|an integer|a string)\b/i,
      /\bis (?:required|missing|mandatory|configured (?:to|for)|disabled|not set)\b|\bplease (?:specify|provide|check|set|ensure|install|enable|configure)\b|ensure (?:it|that|the)\b/i,
      /\b(?:cannot|can't|may not|can not) be (?:an? )?(?:empty|None|null|blank|zero|negative)\b|\bunexpected\b.{0,40}\b(?:type|value|format|argument|key|field|file)s?\b|\bincompatible\b|\bmismatch\b|\bout of range\b|\btoo (?:many|few|long|short|large|small)\b|\b(?:allowed|valid|supported) (?:values|choices|options|are)\b|\bonly \S{1,40} (?:is|are) (?:supported|allowed|valid)\b|\bsupported only\b|\bfailed to validate\b|\b(?:was|were|could) not (?:be )?(?:found|supplied|resolved)\b/i,
      /\bmore than one\b|\bmultiple\b.{0,120}\bfound\b|\bno [\w -]{1,40}\bavailable\b|\bconflicts? with\b|\bno (?:such|suitable|matching|available|candidates?)\b|^no (?:[\w-]{1,24} ){1,5}(?:is|are|was|were|has been|have been) |\b(?:un)?able to (?:attach|detach)\b|\bnot attached\b|\b(?:catalog|endpoint|object|container|file|image|path|driver|interface|group|network|service|region|template|key)\b.{0,60}\b(?:not found|is empty|not writable|not mounted)\b|\b(?:HTTP|status) code 4\d\d\b|\bcould not find\b|\bno connection adapters?\b/i,
      /\bis not (?:suitable|unique|compatible|among|one of|present in)\b|\bdo(?:es)? not match\b|\bnot enough\b|\bcan ?not be (?:used|combined|specified|resolved to)\b|\bmutually exclusive\b|\balready exists\b|\bat least one\b|\bexpected (?:a|an|one)\b|\bonly (?:support|allow|accept|one|valid)\w{0,4}\b|\bnot found (?:on|in|for) (?:the )?(?:node|config|instance|driver)/i,
      /No such file or directory|Failed to (?:load|parse|read|set) .{0,80}\b(?:file|playbook|template|config\w*|yaml|json)\b|unique names?/i,
    ],
    why: 'Words with which code refuses what it was given; the same is given next time.',
    example: 'Set_the_state called with invalid thing',
  },
  {
    name: 'sounds-like-bmc',
    cause: 'bmc-fault',
    transient: 'maybe',
    patterns: [
      /\b(?:BMC|redfish|i?DRAC|iLO|iRMC|IPMI|virtual media|vmedia|boot device|boot mode|power (?:state|on|off)|reboot|firmware|BIOS|secure boot|sensor|xclarity|XCC|C?IMC|UCSM?|oneview|AMT|PDU|outlet|chassis)\b/i,
      /\b(?:Redfish|Drac|Ilo|IRMC|IPMI|SNMP|XClarity|IBMC|PowerState)\w*(?:Error|Failure)\b/,
    ],
    why: 'Talks about what only the BMC does.',
    example: 'Something about secure boot went sideways',
  },
  {
    name: 'sounds-like-agent',
    cause: 'agent',
    transient: 'maybe',
    patterns: [
      /\bramdisk\b|\bagent\b|\bin-band\b|heart-?beat|\bIPA\b|introspection|inspection timed|\bAgent\w+(?:Error|Failed|Timeout)\b/i,
    ],
    why: 'Talks about the ramdisk.',
    example: 'The ramdisk went sideways',
  },
  {
    name: 'sounds-like-storage',
    cause: 'storage',
    transient: 'maybe',
    patterns: [/\bvolumes?\b|\biscsi\b|\bcinder\b|\bdisks?\b|\bpartitions?\b|block device|\/dev\/\w/i],
    why: 'Talks about volumes or disks.',
    example: 'The volume went sideways',
  },
  {
    name: 'sounds-like-network',
    cause: 'network-fabric',
    transient: 'maybe',
    patterns: [/\bneutron\b|\bports?(?:group)?\b|\bVIFs?\b|\bVLAN\b|\bDHCP\b|\bswitch\b|\bnetworks?\b/i],
    why: 'Talks about ports and networks.',
    example: 'The VLAN went sideways',
  },
  {
    name: 'sounds-like-service',
    cause: 'api-unreachable',
    transient: 'maybe',
    patterns: [/\b(?:keystone|glance|nova|swift|placement|inspector|endpoint|conductor|rpc|database|temporarily unavailable)\b/i],
    why: 'Talks about a part of the control plane.',
    example: 'Swift went sideways',
  },
] as const satisfies readonly Signature[]
