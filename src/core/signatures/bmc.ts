/**
 * Texts of conversations with a BMC. The first list knows refusals and settings, the second only how the line broke.
 * IPMI carries no reason: what `IPMI call failed` means is told by a probe, not by the text.
 */
import type { Signature } from './signature.ts'

const BMC = ['bmc'] as const

/** Settings that only look like a BMC's fault. */
export const BMC_SETTINGS = [
  {
    name: 'bmc-system-id',
    cause: 'config',
    transient: 'no',
    peers: BMC,
    patterns: [
      /Resource \S*\/Systems(?:\/[^/\s]+)?\/? not found/i,
      /\/Systems(?:\/[^/\s]+)?\/? returned code 404/i,
      /attribute (?:Boot|PowerState|SystemType|ProcessorSummary|MemorySummary)\S* is missing from the resource \S*\/(?:Managers|Chassis)\b/i,
      /(?:redfish_system_id|system_id)\b.{0,80}(?:not|no|more than one|specif)/i,
    ],
    why: 'redfish_system_id names nothing, or something that is no System: the node was enrolled wrong or a board was swapped.',
    example: 'Redfish exception occurred. Error: Resource /redfish/v1/Systems/OLD1 not found',
  },
  {
    name: 'bmc-cannot-mount-image',
    cause: 'config',
    transient: 'no',
    peers: BMC,
    patterns: [/unable to mount (?:the )?remote share|unable to (?:connect|access|locate|mount).{0,40}(?:image|ISO|share)\b/i],
    why: "The BMC cannot use the conductor's image address: route, name or certificate on the BMC's side.",
    example:
      'HTTP POST https://10.9.0.1/redfish/v1/Managers/1/VirtualMedia/CD/Actions/VirtualMedia.InsertMedia returned code 400. Base.1.8.GeneralError: Unable to mount remote share https://10.0.0.1/boot.iso.',
  },
  {
    name: 'bmc-settings-asked-for',
    cause: 'config',
    transient: 'no',
    patterns: [
      /physical disks? .{0,40}(?:provided|space|not enough)|RAID level\b|RAID volumes? cannot|allocate physical disk|free space of a disk|failed to find matching physical disks|logical.disks?\b.{0,80}(?:invalid|not|cannot|no|missing)|target_raid_config|raid.config\S{0,80}.{0,60}(?:invalid|missing|not)/i,
      /(?:invalid value for|unknown|unsupported|read-only).{0,20}(?:BIOS )?setting(?:s|\(s\))?\b/i,
      /no candidates (?:left )?for physical disk|partitions detected on|(?:incorrect|different|too many|not enough|cannot find any) .{0,20}(?:physical |hard )?(?:disks?|drives?|HDDs?)\b|insufficient disk capacity|calculate spans/i,
      /(?:RAID )?controller \S{1,80} (?:was |is )?not found|interface type \S{1,20} not supported/i,
      /doesn't have (?:a |an )?(?:BIOS settings?|Firmware component)\b|requires (?:UEFI|BIOS|legacy)\b|(?:only in|not in) (?:UEFI|BIOS|legacy) boot mode/i,
      /\bSTOR\d{3,4}\b|Invalid parameter value Extended information|not supported in (?:the )?\w+ (?:boot )?mode/i,
    ],
    why: 'RAID or BIOS settings that were ordered do not fit this hardware.',
    example: 'Redfish BIOS apply_configuration failed for node n: unknown setting(s): FooBar',
  },
] as const satisfies readonly Signature[]

/** Asked after the BMC's answers were looked for: a driver that refuses an order before it sends anything. */
export const DRIVER_CHECKS = [
  {
    name: 'driver-refuses-order',
    cause: 'config',
    transient: 'no',
    peers: BMC,
    patterns: [
      /^(?!.{0,2000}(?:returned code|status code|error code|resource \/|running command|unexpected (?:error|exception|\w{1,12} status)|free port|codec|\bRAKP|\bHTTP (?:[A-Z]|\d)|\[iLO|\[ErrorCode|\bjobs?\b|\btasks?\b|time(?:d )?-?out|connect|session|respon|answer|completion|not completed|internal error)).{0,800}\b(?:(?:must|should|has to|have to) (?:not )?(?:be|have|contain|match|specify)|(?:cannot|can't|may not|can not) (?:be|have|find|create|use|set|parse|determine|change|power)|(?:is|are|was|were|be) (?:required|mandatory|missing|empty|not (?:supported|specified|provided|supplied|set|given|defined|configured|valid|allowed|enough|found))|requires? (?:a|an|the|at least|both)\b)/i,
      /^(?!.{0,2000}(?:returned code|status code|error code|resource \/|running command|unexpected (?:error|exception|\w{1,12} status)|free port|codec|\bRAKP|\bHTTP (?:[A-Z]|\d)|\[iLO|\[ErrorCode|\bjobs?\b|\btasks?\b|time(?:d )?-?out|connect|session|respon|answer|completion|not completed|internal error)).{0,800}\b(?:at (?:least|most) (?:one|two|three|\d+)|mutually exclusive|not enough|insufficient|invalid|unsupported|unknown|incorrect|incompatible|different|malformed|cannot contain|duplicate|unexpected|mismatch|too (?:many|few|long|short|large|small)|conflicts? with|already exists?|(?:does|do|did) not (?:exist|match|support|contain|have)|could not find|not found|no (?:such|suitable|matching|valid|free)|more than one|(?:only|allowed|valid|supported) (?:values?|choices|options|are|is)\b|only \S{1,40} (?:is|are) (?:supported|allowed|valid)|supported only|exceeds?|out of range)\b|\bmissing\.?$/i,
    ],
    why: 'The driver compared the order with the node and sent nothing: no answer, session, job or line is spoken of.',
    example: 'iRMC RAID config failed. Reason: The size of the hot spare must be given',
  },
  {
    name: 'class-bmc-line',
    cause: 'bmc-unreachable',
    transient: 'maybe',
    patterns: [/\b(?:Redfish|Ilo|IBMC|IRMC|Drac|XClarity|OneView)\w{0,20}Connection\w{0,12}\b|\bWSManRequestFailure\b|\bIPMIFailure\b/],
    why: 'The class stands for a BMC that gave no answer.',
    example: 'RetryError[<Future at 0x7f00 state=finished raised RedfishConnectionError>]',
  },
] as const satisfies readonly Signature[]

/** The BMC answered, and what it said. */
export const BMC_ANSWERS = [
  {
    name: 'bmc-sessions-full',
    cause: 'bmc-fault',
    transient: 'maybe',
    patterns: [
      /maximum number of (?:user )?sessions|SessionLimitExceeded|session limit|too many (?:open )?sessions|insufficient resources for session|RAC0218/i,
    ],
    why: 'No free session: sessions time out, unless something keeps leaking them.',
    example: 'HTTP POST https://10.9.0.1/redfish/v1/SessionService/Sessions returned code 503. Base.1.8.SessionLimitExceeded: full',
  },
  {
    name: 'bmc-not-permitted',
    cause: 'bmc-fault',
    transient: 'no',
    peers: BMC,
    patterns: [
      /returned code 40[13]\b|\bcode:? ?40[13]\b|\b40[13] (?:Client Error|Unauthorized|Forbidden)|HTTP 40[13]\b/i,
      /insufficient ?privilege|privilege level|invalid (?:user ?name|password|credentials)|username or password|unauthorized|unauthorized name|authentication (?:failed|failure|error)|(?:login )?credentials rejected|(?:is|are) (?:missing or )?invalid credentials|NoValidSession|account ?(?:is )?locked|login (?:failed|failure)|AccessError|access denied/i,
      /unknown SNMP (?:user|security) name|wrong SNMP PDU digest|authorizationError|\bnoAccess\b|unsupported SNMP security level|SNMP (?:message )?decryption/i,
      /RAKP \d .{0,60}(?:HMAC|invalid|illegal|fail|error)|Session Privilege .{0,60}failed/i,
    ],
    why: 'The BMC answered and refused this account: nothing changes until somebody sets account or password right.',
    example:
      'HTTP GET https://10.9.0.1/redfish/v1/Systems/1 returned code 403. Base.1.0.GeneralError: Forbidden Extended information: None',
  },
  {
    name: 'bmc-licence',
    cause: 'bmc-fault',
    transient: 'no',
    patterns: [
      /\bno (?:sufficient )?licen[cs]e\b|licen[cs]e .{0,60}(?:required|missing|expired|not (?:installed|available|present|valid))|(?:requires?|without|insufficient) .{0,30}licen[cs]e/i,
      /LicenseKey(?:Required|Missing)|NoLicense/i,
    ],
    why: 'The BMC lacks the licence for what is asked.',
    example: 'iLO insert_virtual_media failed, error: iLO Advanced license is required for this feature',
  },
  {
    name: 'bmc-says-later',
    cause: 'bmc-fault',
    transient: 'yes',
    patterns: [
      /ServiceTemporarilyUnavailable|service is temporarily unavailable/i,
      /UnableToModifyDuringSystemPOST|during system POST\b|while (?:the )?(?:system|server) is in POST\b|ServiceShuttingDown/i,
      /Chassis Power Status failed: Unspecified error|Chassis Power Control to .{1,30} failed: Node busy/i,
      /ActionParameterValueConflict.{0,300}ResetType|ResetType.{0,300}ActionParameterValueConflict/i,
    ],
    why: 'The BMC itself says that the moment is wrong: booting, in POST, or not settled after the last power change.',
    example: 'HTTP PATCH https://10.9.0.1/redfish/v1/Systems/1 returned code 400. iLO.2.14.UnableToModifyDuringSystemPOST: not now',
  },
  {
    name: 'bmc-cannot',
    cause: 'bmc-fault',
    transient: 'no',
    peers: BMC,
    patterns: [
      /attribute \S+ is (?:missing from|malformed in) the resource/i,
      /action \S+ is missing from the resource/i,
      /Property(?:Value(?:NotInList|FormatError|TypeError|OutOfRange|Incorrect)|NotWritable|Unknown|Missing)|Action(?:NotSupported|Parameter(?:NotSupported|Missing|Unknown|ValueTypeError|ValueNotInList))|Unsupported(?:Operation|MediaType)|QueryNotSupported|PreconditionRequired|CreateFailedMissingReqProperties|StrictAccountTypes|not in the list of acceptable values|NotSupported\b/i,
      /returned code (?:404|405|406|410|415|428|501)\b|Resource \S+ not found/i,
      /no matching cipher suite|\bprofile\b.{0,40}not found|cannot find any .{0,20}profile/i,
      /command not supported|invalid command|not supported\. error|is not supported (?:by|on) (?:this|the)/i,
      /parameter "\S+" value .{0,120} is invalid/i,
      /No suitable virtual \w{1,12}|has no managers|(?:settings|feature|operation|interface)s? (?:are|is) not supported\.?$/i,
    ],
    why: 'The BMC does not have what is asked of it: firmware or an incomplete implementation.',
    example: 'Redfish exception occurred. Error: The action #ComputerSystem.Reset is missing from the resource /redfish/v1/Systems/1',
  },
  {
    name: 'bmc-no-such-device',
    cause: 'bmc-fault',
    transient: 'no',
    patterns: [/no suitable virtual \w{1,12}|no (?:free |available )?virtual (?:media|USB|CD|floppy|slot)/i],
    why: 'The BMC offers no virtual device of the kind that is asked for, or all are taken.',
    example: 'No suitable virtual media device found for node n to mount image https://10.0.0.1:6180/redfish/boot-n.iso',
  },
  {
    name: 'bmc-inspection-incomplete',
    cause: 'bmc-fault',
    transient: 'no',
    patterns: [
      /(?:discover|introspect|inspect|detect|get|obtain)\w{0,4} .{0,20}following propert|didn't return the key|properties? .{0,60}(?:could not be|not) (?:discovered|found on the server)/i,
    ],
    why: 'Out-of-band inspection: the BMC answers and does not report what the driver needs.',
    example: 'Failed to inspect hardware. Reason: Failed to discover the following properties: cpu_arch on node n',
  },
  {
    name: 'bmc-error-answer',
    cause: 'bmc-fault',
    transient: 'maybe',
    peers: BMC,
    patterns: [
      /returned code [45]\d\d\b|(?:^|[^(\w])HTTP (?:status )?(?:code )?[45]\d\d\b|\bcode"?:? ?=? ?"?[45]\d\d\b|\b[45]\d\d (?:Server|Client) Error/i,
      /\[ErrorCode\]|\bparsing the XML\b|\bnot well-formed\b|yielded return value|(?:power|boot) \w{1,20} (?:was |were )?(?:rejected|refused)|(?:operation|command|request) (?:was )?(?:not completed|rejected|refused)/i,
      /InvalidOperationForSystemState|InternalError\b|GeneralError\b/i,
      /Set Chassis Power Control to .{1,30} failed|Chassis Power .{0,40} failed|Activate Session|Close Session|completion code/i,
      /noSuchName|wrongValue|commitFailed|genErr|notWritable|resourceUnavailable|inconsistentValue|badValue|tooBig|readOnly|X-Auth-Token|SNMP .{0,60}error.status/i,
    ],
    why: 'The BMC answered with an error of its own; some go away, some do not, and the text does not say which.',
    example: 'HTTP GET https://10.9.0.1/redfish/v1/Systems/1 returned code 502. unknown error Extended information: None',
  },
  {
    name: 'power-state-not-reached',
    cause: 'bmc-fault',
    transient: 'maybe',
    patterns: [
      /Failed to set node power state to/i,
      /Timed out after \d+ sec\w* waiting for (?:power|reboot|soft)/i,
      /node state power \w+ does not match expected|node state '?(?:power \w+|error|reboot\w*)'? does not match expected/i,
      /Power driver returned ERROR state|Chassis power = Unknown/i,
    ],
    why: 'The BMC took the command and kept showing another state past power_state_change_timeout.',
    example: 'Failed to set node power state to rebooting.',
  },
  {
    name: 'bmc-job',
    cause: 'bmc-fault',
    transient: 'maybe',
    patterns: [
      /Unfinished config jobs|(?:config(?:uration)?|BIOS|RAID|firmware|update|lifecycle) jobs?\b.{0,120}(?:fail|error|exist|not complete|pending|running|timed? ?out)/i,
      /waiting for task monitor|\btask monitor\b.{0,120}(?:fail|error|timed? ?out)|import(?:ing)? configuration|(?:import|export) operation/i,
      /(?:step|operation) \w{1,40} failed on node \S+ with error: unable to|unable to (?:create|delete) (?:raid|these logical)|session \S{1,12} (?:state|log) is\b/i,
      /Firmware update (?:failed|timed out|timeout)|(?:BMC|redfish) task\b.{0,120}(?:fail|exception|disappear|cancel|interrupt|timed? ?out)/i,
      /BIOS \w+ (?:step )?failed|Attributes .{0,200} (?:are|were) not (?:updated|applied)|Lifecycle controller|LC (?:is )?(?:not ready|in use)|(?:BIOS|RAID) (?:configuration|setting|update)\S* .{0,80}failed|failed to (?:apply|change|update|reset|create|delete) (?:the )?(?:BIOS|RAID|firmware|secure boot)/i,
    ],
    why: 'A job inside the BMC failed or blocks the next; often gone after the queue is cleared or the BMC restarted.',
    example: 'DRAC operation failed. Reason: Unfinished config jobs found: [JID_1]. Make sure they are completed before retrying.',
  },
  {
    name: 'ipmi-power-command',
    cause: 'bmc-fault',
    transient: 'maybe',
    patterns: [/IPMI call failed: (?:chassis )?power (?:on|off|reset|cycle|soft|diag)\b/i],
    why: 'ipmitool.py reads the status before it commands: that worked a moment ago, the command did not.',
    example: 'Failed to tear down: IPMI call failed: power reset.',
  },
] as const satisfies readonly Signature[]

/** No answer that means anything: the line, or a BMC that is down. */
export const BMC_LINE = [
  {
    name: 'ipmi-no-answer',
    cause: 'bmc-unreachable',
    transient: 'maybe',
    patterns: [
      /IPMI call failed/i,
      /IPMI Error encountered|\bipmitool\b.{0,40}-[IH]\b.{0,400}(?:failed|Unexpected error|timed? ?out)/i,
      /Unable to establish (?:IPMI|LAN|RMCP|IPMI v\S+ ?\/ ?RMCP\+) session|Get (?:Channel )?Auth(?:entication)? Capabilities|Get Session Challenge/i,
      /Address lookup for \S+ failed|Unable to get Chassis Power Status|No response from remote controller/i,
    ],
    why: 'IPMIFailure keeps only the command: cable, password, session limit and hang look the same, so a probe must tell.',
    example: 'Failed to get power state for node n. Error: IPMI call failed: power status.',
  },
  {
    name: 'bmc-line-dropped',
    cause: 'bmc-unreachable',
    transient: 'yes',
    peers: BMC,
    patterns: [
      /Connection aborted|RemoteDisconnected|Connection reset|Broken pipe|IncompleteRead|BadStatusLine|Tunnel connection failed: 5\d\d|Temporary failure in name resolution|Network is unreachable/i,
    ],
    why: 'A conversation broken off, a proxy or a resolver that is down: this goes away by itself.',
    example:
      "Redfish connection failed for node n: Unable to connect to https://10.9.0.1/redfish/v1/. Error: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
  },
  {
    name: 'bmc-no-answer',
    cause: 'bmc-unreachable',
    transient: 'maybe',
    peers: BMC,
    patterns: [
      /Unable to connect to|WSMan request failed|urlopen error|Failed to (?:establish a new connection|connect)|(?:could|can) ?not connect|connection (?:failed|error|timed out)|Max retries exceeded/i,
      /did not (?:become responsive|respond|answer)|(?:is |was )?(?:unresponsive|unreachable|not (?:responding|responsive|reachable))|no response|timed? ?-?out|ProxyError|Bad IPv[46]\/UDP transport|No SNMP response|Connection refused|No route to host|(?:Network|Host) is unreachable|Name or service not known|No address associated|EHOSTUNREACH|ECONNREFUSED|ETIMEDOUT|EOF occurred|UNEXPECTED_EOF/i,
    ],
    why: 'No application-level answer from the BMC; whether it is off, gone or restarting is not in the text.',
    example: "SNMP operation 'GET' failed: No SNMP response received before timeout",
  },
  {
    name: 'power-state-unread',
    cause: 'bmc-unreachable',
    transient: 'maybe',
    patterns: [
      /node state '?None'? does not match expected/i,
      /^Failed to get power state/i,
      /max retries exceeded for node .{0,200}maintenance mode/i,
    ],
    why: 'Power sync gave up without a state: Ironic retries by itself while fault says power failure.',
    example: "During sync_power_state, max retries exceeded for node n, node state None does not match expected state 'power on'.",
  },
] as const satisfies readonly Signature[]
