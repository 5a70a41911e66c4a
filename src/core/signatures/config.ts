/**
 * Texts of missing or wrong settings: node, image, network names, credentials, the conductor's own disk. A person must edit
 * something, so none of them is ever transient. A person's own word is in person.ts.
 */
import type { Signature } from './signature.ts'

/** Asked before the parts of the cloud are: their sentences name a peer that is not at fault. */
export const SETTINGS = [
  {
    name: 'instance-info',
    cause: 'config',
    transient: 'no',
    patterns: [
      /\binstance_info\b/i,
      /Cannot (?:validate|deploy) .{0,100}(?:missing|not specified)/i,
      /\b(?:deploy template|runbook) invalid/i,
      /\btraits?\b.{0,60}(?:not set|missing|match)/i,
    ],
    why: 'The order for the instance is incomplete or contradicts the node (deploy_utils, validate_instance_info_traits).',
    example: 'Cannot validate image information for node 11111111 because one or more parameters are missing from its instance_info.',
  },
  {
    name: 'driver-info',
    cause: 'config',
    transient: 'no',
    patterns: [
      /\bMissing the following\b/i,
      /\bdriver_info\b.{0,120}\b(?:missing|invalid|required|must|should|not|is set)\b/i,
      /\b(?:missing|invalid|not set|not specified|not provided|wrong|must)\b.{0,160}\bdriver_info\b/i,
      /\b(?:credentials|parameters?|properties|fields?) (?:were|was|are|is) (?:missing|not (?:set|specified|provided|supplied|configured))/i,
      /\b(?:following|required|mandatory|some) (?:\w+ ){0,3}(?:parameters?|properties|fields?|options?)(?: \w+){0,3} (?:missing|not)\b/i,
      /\b(?:Invalid|Unsupported|Unknown) (?:Redfish|IPMI|iLO|iRMC|SNMP|DRAC|value (?:type|for|of|set|specified|["'])|SNMPv?\S*|privilege level|protocol version|boot mode|boot device|bridging|driver|parameter)\b/i,
    ],
    why: 'parse_driver_info and validate refuse what they find on the node; the same values are read next time.',
    example: "Missing the following iLO properties in node's driver_info: ['ilo_address']",
  },
  {
    name: 'interface-not-enabled',
    cause: 'config',
    transient: 'no',
    patterns: [
      /Could not find the following (?:interface|items|driver)/i,
      /is not supported by hardware type/i,
      /no default value found for/i,
      /\(disabled or not implemented\)/i,
      /does not support (?:this|these|the following) \w+ steps?/i,
      /hardware does not support feature/i,
      /could not be loaded\. Reason|OEM extension .{0,200}(?:failed|not found|installed)/i,
      /boot mode is not allowed/i,
      /(?:invalid|unsupported|unknown) (?:clean|deploy|service|verify) steps?/i,
      /\bsteps? .{0,300}(?:unexpected arguments|required arguments|requires booting a ramdisk|cannot be overridden|cannot have the same)/i,
      /not supported by '?\w+'? (?:package|library|client)|Unable to import/i,
      /\bis not (?:a )?(?:supported|valid) (?:boot (?:mode|device)|raid|power state)/i,
    ],
    why: 'Driver composition or a requested step that this node or this conductor does not have.',
    example: "raid interface implementation 'agent' is not supported by hardware type redfish.",
  },
  {
    name: 'catalog-incomplete',
    cause: 'config',
    transient: 'no',
    service: 'keystone',
    patterns: [
      /not found in keystone service catalog|in the (?:service )?catalog/i,
      /Couldn't get the URL of the Ironic API/i,
      /endpoint (?:for|of) .{0,80} not found|provided endpoint is invalid|EndpointNotFound/i,
      /Auth plugin requires parameters|MissingRequiredOptions|NoMatchingPlugin|plugin .{0,60} could not be found/i,
      /^Invalid configuration file|Supplied configuration is incorrect/i,
    ],
    why: 'The conductor does not know where to ask: catalog or ironic.conf (common/keystone.py, CatalogNotFound, ConfigInvalid).',
    example: 'Service type network with endpoint type internal not found in keystone service catalog.',
  },
  {
    name: 'service-credentials',
    cause: 'config',
    transient: 'no',
    service: 'keystone',
    patterns: [
      /Not authorized in Keystone/i,
      /(?:Could not find|Invalid) (?:user|project|domain|application credential)\b/i,
      /(?:account|user) is (?:locked|disabled)|password (?:has )?expired/i,
    ],
    why: 'Keystone answered and refused the conductor itself (KeystoneUnauthorized): a password or role must be set right.',
    example: 'Failed to tear down: Not authorized in Keystone.',
  },
  {
    name: 'conductor-disk',
    cause: 'config',
    transient: 'no',
    patterns: [
      /No space left on device|doesn't have enough disk space|not enough (?:free )?(?:disk )?space/i,
      /Directory \S+ is not writable|Path \S+ does not exist|Read-only file system|shared file system .{0,80} is not mounted/i,
      /\[Errno 13\]|Permission denied/i,
    ],
    why: "The conductor's own file system is full or closed to it; every node of that conductor follows.",
    example: "[Errno 28] No space left on device: '/httpboot/master_images/tmpabc'",
  },
  {
    name: 'network-name',
    cause: 'config',
    transient: 'no',
    service: 'neutron',
    patterns: [
      /with name or UUID .{0,200} was not found/i,
      /More than one .{0,80} (?:was|were) found for name/i,
      /UUID or name of .{0,80} is not set/i,
      /Could not find these security groups/i,
      /Neutron port \S+ was not found|\bNo (?:Port|Network|Subnet|SecurityGroup) found\b/i,
      /(?:Port|Network|Subnet) [0-9a-f-]{36} could not be found/i,
    ],
    why: 'Neutron answered: the network, group or port that is configured or attached is not there.',
    example: 'cleaning network with name or UUID ironic-clean was not found',
  },
  {
    name: 'node-ports',
    cause: 'config',
    transient: 'no',
    patterns: [
      /No available .{0,30}ports? on node|No (?:\w+ )?ports? (?:are )?available/i,
      /No neutron ports or portgroups are associated/i,
      /not enough free physical ports/i,
      /\blocal_link_(?:connection|information)\b/i,
      /inconsistent physical networks|physical network/i,
      /Unable to (?:attach|detach) VIF/i,
      /no (?:\w+ ){0,2}ports? (?:found|registered|enrolled|defined) (?:for|on) node/i,
      /Smart NIC port must have/i,
    ],
    why: "The node's ports, port groups or VIFs do not fit what is asked of them; they are enrolled by hand.",
    example: 'Unable to attach VIF 11111111-2222-3333-4444-555555555555, not enough free physical ports.',
  },
  {
    name: 'quota',
    cause: 'config',
    transient: 'maybe',
    patterns: [/Quota exceeded|OverQuota/i, /No more IP addresses available|IpAddressGenerationFailure|Range is full/i],
    why: 'A quota or an address pool is used up: somebody else may free a place, but the size is a setting.',
    example: 'Could not add public network VIF: ConflictException: 409: Client Error, Quota exceeded for resources: ["port"].',
  },
] as const satisfies readonly Signature[]

/** Images and disks that cannot fit together; the agent or the conductor only found it out. */
export const IMAGES = [
  {
    name: 'image-not-fetchable',
    cause: 'config',
    transient: 'no',
    patterns: [
      /(?:HTTP|status) code 4(?:0[0-7]|1\d)\b.{0,120}(?:HEAD|GET|expected|instead|image|from)/i,
      /(?:image|href|checksum).{0,300}\b(?:HTTP|status) code 4(?:0[0-7]|1\d)\b/i,
      /\bImage \S+ (?:could not be found|is unacceptable)/i,
      /Invalid image href|image file not found|Not authorized for image|Images API is forbidden/i,
      /image reference .{0,200} redirect|URL redirect when attempting/i,
    ],
    why: 'The image server answered that this address has no such image, or not for us.',
    example:
      'Validation of image href http://images.example.net/a.qcow2 failed, reason: Got HTTP code 403 instead of 200 in response to HEAD request.',
  },
  {
    name: 'image-unusable',
    cause: 'config',
    transient: 'no',
    patterns: [
      /valid partition table|number of primary partitions|outside of the device|No bootable partition/i,
      /image (?:is not|is invalid|format|contents?)\b.{0,80}(?:valid|allowed|permitted|match|supported)/i,
      /(?:too small|too large|larger than|bigger than|exceeds?\b|does not fit).{0,120}(?:image|disk|device|partition|root|memory|ramdisk)/i,
      /(?:image|disk|device|partition|root|memory).{0,80}(?:too small|too large|larger than|bigger than)/i,
      /kickstart (?:template|file)|Unsupported image|not a (?:valid|supported) (?:image|qcow2)/i,
    ],
    why: 'The image itself, or its size against this node, is wrong; writing it again gives the same.',
    example: 'Command execution failed: Unable to find a valid partition table on the disk after writing the image.',
  },
  {
    name: 'image-checksum',
    cause: 'config',
    transient: 'maybe',
    patterns: [
      /failed to verify against checksum/i,
      /checksum.{0,120}(?:match|invalid|support|load|cannot|missing|failed|unable)/i,
      /(?:invalid|unable|failed|no).{0,80}checksum/i,
    ],
    why: 'A wrong checksum as a rule; a download cut short looks the same, so not a plain no.',
    example: 'Image failed to verify against checksum. location: a.img; image ID: /dev/sda; image checksum: 1; verification checksum: 2',
  },
  {
    name: 'root-device',
    cause: 'config',
    transient: 'no',
    patterns: [
      /No suitable device was found/i,
      /root.device.{0,40}hints?|using these hints/i,
      /No disks? (?:was|were) found|could not find .{0,40}root disk/i,
    ],
    why: 'No disk fits the hints (IPA DeviceNotFound): hints or hardware must be changed.',
    example: "No suitable device was found for deployment using these hints {'wwn': '0x5000'}",
  },
  {
    name: 'protected-device',
    cause: 'config',
    transient: 'no',
    patterns: [/Protected .{1,60} located on device|Protected device located/i],
    why: 'The agent refuses to erase what looks like shared storage (ProtectedDeviceError); a person must look.',
    example: 'Protected GPFS located on device /dev/sdc. This volume or contents may be a shared block device.',
  },
] as const satisfies readonly Signature[]
