/**
 * Texts about volumes (Cinder) and about disks in the machine. That Cinder itself is down counts here too, since only nodes
 * with volumes need it; its service is named so that the gate can ask it.
 */
import type { Signature } from './signature.ts'

const CINDER = ['cinder'] as const

/** Asked before the agent's own lists: the agent reports the disk, the disk is at fault. */
export const DISKS = [
  {
    name: 'disk-locked',
    cause: 'storage',
    transient: 'no',
    patterns: [
      /Security state of .{1,60} is|sedutil|NOT_AUTHORIZED|takeOwnership|(?:disk|drive|device|\/dev\/\S{1,80}) (?:is )?(?:security )?(?:locked|frozen)|security erase|already has a security password/i,
    ],
    why: 'The disk refuses to be erased until somebody unlocks it.',
    example: 'Error erasing block device: Security state of /dev/sdb is frozen',
  },
  {
    name: 'disk-errors',
    cause: 'storage',
    transient: 'no',
    patterns: [
      /Input\/output error|\bI\/O error|\[Errno 5\]|medium error|bad sectors?|uncorrectable|SMART .{0,60}(?:fail|error)|read-only (?:device|disk)|device .{0,80}read-only/i,
    ],
    why: 'The disk or its controller does not read or write; trying again wears it further.',
    example: "dd: error writing '/dev/sdd': Input/output error",
  },
] as const satisfies readonly Signature[]

/** Asked after settings: what was ordered may not fit the disks. */
export const DISK_WORK = [
  {
    name: 'disk-work-failed',
    cause: 'storage',
    transient: 'maybe',
    patterns: [
      /Error erasing block device|Failed to erase|Block device caused|(?:^|[\s'"(])(?:shred|hdparm|nvme(?:-cli)?|wipefs|sgdisk|blkdiscard|blockdev)\b|\bfio \(disk\)|\b(?:hp?ssacli|ssacli|storcli|megacli|perccli|hpssa)\w*\b/i,
      /\b(?:disk|device|partition) \/dev\/\S{1,80} (?:did not|does not|is not|was not|could not|has not|failed)|device '?\/dev\/\S{1,200} (?:was )?not found|partitioning failed|did not become available|holding device|holder disks?\b/i,
      /Software RAID caused|\bmdadm\b|failed to (?:create|delete|clean|stop|assemble).{0,40}\b(?:md|raid) ?device/i,
    ],
    why: 'Work on a disk failed and the reason is in the tool’s own words, if anywhere.',
    example: 'Software RAID caused unknown error: Failed to create md device /dev/md0 on /dev/sda1 /dev/sdb1',
  },
  {
    name: 'agent-on-disk',
    cause: 'storage',
    transient: 'maybe',
    peers: ['agent'],
    patterns: [
      /\b(?:fail|error|unable|cannot|could not)\w{0,4}\b.{0,120}\/dev\/\w|\/dev\/\w.{0,120}\b(?:fail|error|unable|cannot|could not|not found)\w{0,4}\b/i,
    ],
    why: 'The agent names the disk that its work failed on and says nothing of image or order.',
    example: 'Clean step deploy.erase_devices_metadata failed on node n. Destroying labels failed on device /dev/sdc',
  },
] as const satisfies readonly Signature[]

export const VOLUMES = [
  {
    name: 'volume-records',
    cause: 'storage',
    transient: 'no',
    patterns: [
      /cinder storage interface for node|number of configured volume targets|volume connection records|Valid connector types|volume (?:target|connector) \S+ could not be found|volume target with boot index/i,
    ],
    why: "The node's volume connectors and targets do not belong together (drivers/modules/storage/cinder.py).",
    example: 'Insufficient or incompatible volume connection records for node n. Valid connector types: iqn, wwpn, wwnn, mac, ip',
  },
  {
    name: 'volume-gone',
    cause: 'storage',
    transient: 'no',
    service: 'cinder',
    patterns: [/Volume \S+ could not be found|Invalid volume:|status must be/i],
    why: 'The volume is not there or not in a state for this; the target must be removed or the volume repaired.',
    example: 'ResourceNotFound: 404: Client Error for url: http://c:8776/v3/volumes/1, Volume 11111111 could not be found.',
  },
  {
    name: 'cinder-unreachable',
    cause: 'storage',
    transient: 'yes',
    service: 'cinder',
    peers: CINDER,
    patterns: [/Unable to establish connection|timed out|Connection (?:refused|reset|aborted)|Max retries exceeded|\b50[234]\b/i],
    why: 'No answer from Cinder or from what stands in front of it.',
    example: 'Failed to connect to block storage service : Unable to establish connection to http://10.0.0.10:8776/v3: timed out',
  },
  {
    name: 'cinder-refused',
    cause: 'storage',
    transient: 'no',
    service: 'cinder',
    peers: CINDER,
    patterns: [/\b40[034](?:: Client Error|\b.{0,20}Exception)|\(HTTP 40[034]\)/i],
    why: 'Cinder answered that this cannot be done with this volume.',
    example:
      'Failed to detach volume 11111111 from node n: BadRequestException: 400: Client Error for url: http://cinder:8776/v3/volumes/1/action',
  },
  {
    name: 'cinder-error',
    cause: 'storage',
    transient: 'maybe',
    service: 'cinder',
    peers: CINDER,
    patterns: [
      /\b[45]\d\d: (?:Client|Server) Error|\(HTTP [45]\d\d\)|(?:Http|Conflict|Forbidden)\w{0,40}Exception|Volume is busy/i,
      /Storage operation failure/i,
    ],
    why: 'Cinder or its back end answered with an error that may pass.',
    example:
      'Failed to reserve volume 11111111 for node n: HttpException: 500: Server Error for url: http://cinder:8776/v3/volumes/1/action',
  },
  {
    name: 'storage-operation',
    cause: 'storage',
    transient: 'maybe',
    patterns: [/Storage operation failure/i, /\biscsi\w{0,40} .{0,80}(?:fail|error|timed? ?out)|(?:fail|error)\w{0,40} .{0,80}\biscsi/i],
    why: 'exception.StorageError without a reason, or the iSCSI line.',
    example: 'Storage operation failure.',
  },
] as const satisfies readonly Signature[]
