/**
 * Texts of a control plane that does not answer: Keystone, Neutron, Glance and others, the message bus, the database, the
 * conductors. Cinder is in storage.ts. An answer that says no is a matter of configuration, and is here too because only the
 * HTTP code tells the two apart.
 */
import type { Peer, Signature } from './signature.ts'

const WEB: readonly Peer[] = ['keystone', 'neutron', 'glance', 'nova', 'placement', 'swift', 'inspector', 'ironic', 'image-server']

/** The conductor, its bus and its database. */
export const CONDUCTOR = [
  {
    name: 'conductor-gone',
    cause: 'api-unreachable',
    transient: 'yes',
    patterns: [
      /due to conductor take ?over|can't be resumed by conductor|conductor .{0,80}(?:restarted|was restarted|is shutting down|went (?:away|offline))/i,
    ],
    why: 'The conductor that worked on the node was replaced (abort_on_conductor_take_over, _correct_stuck_states).',
    example: "The cleaning state can't be resumed by conductor c-1. Moving to fail state.",
  },
  {
    name: 'service-discovery',
    cause: 'api-unreachable',
    transient: 'maybe',
    patterns: [
      /Could not find versioned identity endpoints|DiscoveryFailure|Failed to discover available (?:identity )?versions|for version discovery|find a version discovery document/i,
    ],
    why: 'keystoneauth says this when Keystone or the service is down as well as when its address is wrong.',
    example: 'Could not find versioned identity endpoints when attempting to authenticate. Please check that your auth_url is correct.',
  },
  {
    name: 'no-free-worker',
    cause: 'api-unreachable',
    transient: 'yes',
    patterns: [/No free conductor workers|lack of free conductor workers|NoFreeConductorWorker/i],
    why: 'All workers are busy; Ironic rolled the state back.',
    example: 'Requested action cannot be performed due to lack of free conductor workers.',
  },
  {
    name: 'conductor-exhausted',
    cause: 'api-unreachable',
    transient: 'maybe',
    patterns: [
      /Available memory at .{0,80}Insufficient|Cannot allocate memory|MemoryError\b|\[Errno 12\]/i,
      /\[Errno 2[34]\]|Too many open files|can't start new thread|Resource temporarily unavailable/i,
    ],
    why: "The conductor's host is out of memory, descriptors or threads for now (InsufficientMemory), or Ironic itself asks for a retry.",
    example: 'Available memory at 100 MB, Insufficient as 512 MB is required to proceed at this time.',
  },
  {
    name: 'no-conductor',
    cause: 'api-unreachable',
    transient: 'maybe',
    patterns: [
      /No valid host was found/i,
      /No conductor service registered|Conductor \S+ could not be found|No (?:available|live|alive) conductors?/i,
    ],
    why: 'No live conductor serves this driver and group: down, or the driver is disabled for good.',
    example: 'No valid host was found. Reason: No conductor service registered which supports driver redfish for conductor group "".',
  },
  {
    name: 'coordination-unreachable',
    cause: 'api-unreachable',
    transient: 'maybe',
    patterns: [/Error -?\d{1,3} (?:while )?connecting to \S+:\d+|\bTooz\w+|\b(?:redis|etcd|memcached?|zookeeper)\b/i],
    why: 'The store behind locks and caches of the services (tooz, redis, etcd) does not answer.',
    example: 'Error 111 connecting to 10.0.0.7:6379. Connection refused.',
  },
  {
    name: 'bus-credentials',
    cause: 'config',
    transient: 'no',
    patterns: [/ACCESS_REFUSED|NOT_ALLOWED|Login was refused/i],
    why: 'The message bus answered and refused the account of the conductor.',
    example: 'AMQP server on 10.0.0.5:5672: (0, 0): (403) ACCESS_REFUSED - Login was refused using authentication mechanism AMQPLAIN',
  },
  {
    name: 'message-bus',
    cause: 'api-unreachable',
    transient: 'yes',
    patterns: [
      /MessagingTimeout|Timed out waiting for a reply to message|MessageDeliveryFailure/i,
      /\b(?:AMQP|RabbitMQ)\b.{0,200}(?:unreachable|ECONNREFUSED|refused|reset|closed|timed? ?out|No route)/i,
    ],
    why: 'Nothing came back over the bus between API, conductors and agents (oslo.messaging).',
    example: 'Timed out waiting for a reply to message ID 0123456789abcdef0123456789abcdef',
  },
  {
    name: 'message-bus-error',
    cause: 'api-unreachable',
    transient: 'maybe',
    patterns: [/\bAMQP\b|rabbit|oslo_?messaging|\bRemote ?Error: |RPCVersionCap|RPC version|specified version cap/i],
    why: 'The bus, or the other end of a call over it, answered with an error.',
    example: 'AMQP server on 10.0.0.5:5672: Queue.declare: (406) PRECONDITION_FAILED',
  },
  {
    name: 'database-data',
    cause: 'config',
    transient: 'no',
    peers: ['database'],
    patterns: [
      /\b(?:DB)?(?:Data|Integrity|Programming|NotSupported|ReferenceError|DuplicateEntry)Error\b|DBDuplicateEntry/i,
      /\((?:1044|1045|1049|1054|1062|1064|1136|1142|1146|1153|1264|1364|1366|1406|1451|1452), /,
      /Data too long|max_allowed_packet|Unknown (?:column|database)|no such (?:table|column)|(?:doesn't|does not) exist|Out of range value|Duplicate entry|violates \w+ constraint/i,
      /\b(?:denied|failed) for (?:user|role)\b|\b(?:violates|duplicate)\b|\btoo long\b/i,
      /SSL connection error|certificate verify failed|Access denied for user|authentication failed|no pg_hba\.conf entry|permission denied for/i,
    ],
    why: 'The database answered that these data, this schema or this account are wrong.',
    example:
      'Failed to store the configdrive in the database. (pymysql.err.DataError) (1406, "Data too long for column \'instance_info\' at row 1")',
  },
  {
    name: 'database',
    cause: 'api-unreachable',
    transient: 'yes',
    peers: ['database'],
    patterns: [
      /\((?:1040|1047|1053|1152|1153|1158|1159|1160|1161|1203|1205|1213|1927|2002|2003|2006|2013|2014|2055), /,
      /Lost connection|gone away|Can't connect|could not (?:connect|translate|receive)|Too many (?:connections|clients)|Broken pipe|Connection (?:refused|reset|timed out)|timeout expired/i,
      /closed the connection|connection (?:is |was |has been )?(?:closed|terminated|lost)|terminating connection|(?:starting|shutting) (?:up|down)|in recovery mode|WSREP|Deadlock|Lock wait|database is locked|could not serialize/i,
    ],
    why: 'The database is away, failing over, full or in a deadlock; if it is gone the failure itself may not have been saved.',
    example: "DBConnectionError: (pymysql.err.OperationalError) (2006, 'MySQL server has gone away')",
  },
  {
    name: 'database-error',
    cause: 'api-unreachable',
    transient: 'maybe',
    peers: ['database'],
    patterns: [
      /\b(?:Operational|Internal|Interface|Database|DBAPI|SQLAlchemy|PendingRollback)Error\b|invalid transaction|\bDB\w{0,30}Error\b|\bpymysql|\bpsycopg2/i,
    ],
    why: 'An error of the database without a word that tells an outage from bad data.',
    example: "(pymysql.err.OperationalError) (1290, 'The MySQL server is running with the --read-only option')",
  },
  {
    name: 'database-pool',
    cause: 'api-unreachable',
    transient: 'yes',
    patterns: [/QueuePool limit|database is locked|Deadlock found|Lock wait timeout|DBDeadlock|DBConnectionError/i],
    why: 'Too many at the database at once.',
    example: 'QueuePool limit of size 5 overflow 50 reached, connection timed out, timeout 30.00',
  },
] as const satisfies readonly Signature[]

/** Web services, by how the conversation ended. */
export const SERVICES = [
  {
    name: 'image-server-unreachable',
    cause: 'api-unreachable',
    transient: 'maybe',
    peers: ['image-server'],
    patterns: [
      /Failed to establish a new connection|Max retries exceeded|timed? ?out|Connection (?:refused|reset|aborted)|name resolution|Name or service not known|No address associated|No route to host|Network is unreachable|RemoteDisconnected|IncompleteRead|\b5\d\d\b/i,
    ],
    why: 'The web server of images does not answer the conductor; its name or route may also be wrong for good.',
    example:
      "Validation of image href http://10.9.9.9/images/a.qcow2 failed, reason: HTTPConnectionPool(host='10.9.9.9', port=80): Read timed out.",
  },
  {
    name: 'service-unreachable',
    cause: 'api-unreachable',
    transient: 'yes',
    patterns: [
      /Unable to establish connection to|Request to https?:\S+ timed out|Unknown Connection Error|Failed to contact (?:Neutron|Nova|Keystone|Glance)|Failed to connect to (?:Glance|Swift|Neutron|Nova|Keystone|Ironic|the (?:image|identity|network))/i,
      /ConnectFailure|ConnectTimeout|Connection failure that may be retried|RetriableConnectionFailure/i,
      /Unable to communicate with the server|unable to connect to (?:the )?(?:ironic-)?inspector|^Connection failed\.?$|Unexpected exception for https?:/i,
      /Connection to (?:the )?(?:neutron|glance|nova|cinder|keystone|swift|ironic|inspector|placement)\b.{0,300}failed/i,
    ],
    why: 'keystoneauth, which every client of OpenStack stands on, got no answer.',
    example: 'Unable to establish connection to http://10.0.0.10:5000/v3/auth/tokens: timed out',
  },
  {
    name: 'service-line-broken',
    cause: 'api-unreachable',
    transient: 'yes',
    peers: WEB,
    patterns: [
      /Connection (?:refused|reset|aborted|broken)|RemoteDisconnected|timed out|Max retries exceeded|ProxyError|name resolution|Name or service not known|No address associated|EHOSTUNREACH|ECONNREFUSED|ETIMEDOUT|No route to host|Network is unreachable|Connection failed|Error finding address|Error communicating with/i,
    ],
    why: 'No whole answer from the service that the address or the words name.',
    example: "Could not retrieve network: HTTPConnectionPool(host='neutron', port=9696): Read timed out. (read timeout=45)",
  },
  {
    name: 'service-down',
    cause: 'api-unreachable',
    transient: 'yes',
    patterns: [
      /\b50[234]\b(?::? (?:Server Error|Service|Bad Gateway|Gateway)|\))|Service (?:Temporarily )?Unavailable|Bad Gateway|Gateway Time-?out|No server is available to handle/i,
      /\b(?:429|408)\b(?::? (?:Client Error|Too Many)|\))|Too Many Requests/i,
    ],
    why: 'A load balancer without a back end, or a service that asks for patience.',
    example: 'HttpException: 502: Server Error for url: http://neutron:9696/v2.0/ports/1, Bad Gateway',
  },
  {
    name: 'service-error',
    cause: 'api-unreachable',
    transient: 'maybe',
    patterns: [/\b500: Server Error|\(HTTP 5\d\d\)|Internal Server Error|An unexpected error prevented the server/i],
    why: 'The service broke on the request: an outage behind it as a rule, a defect now and then.',
    example:
      'HttpException: 500: Server Error for url: http://neutron:9696/v2.0/networks, Request Failed: internal server error while processing your request.',
  },
  {
    name: 'service-credentials-refused',
    cause: 'config',
    transient: 'no',
    patterns: [
      /\b40[13]: Client Error|\b40[13] (?:Unauthorized|Forbidden)|\(HTTP 40[13]\)|(?:Unauthorized|Forbidden)(?:Exception)?: 40[13]|(?:requires|required) authentication|authentication (?:is )?required|disallowed by policy|You are not authorized|Access was denied to the following resource|(?:account|user) is (?:locked|disabled)|password (?:is |has )?expired/i,
    ],
    why: 'The service answered and does not allow this account; a role or password must be changed.',
    example: 'ForbiddenException: 403: Client Error for url: http://neutron:9696/v2.0/ports, rule:create_port is disallowed by policy',
  },
  {
    name: 'service-refused',
    cause: 'config',
    transient: 'no',
    patterns: [
      /\b40[04]: Client Error|\b40[04] (?:Not Found|Bad Request)|\(HTTP 40[04]\)|(?:ResourceNotFound|NotFoundException|BadRequestException): 40[04]/i,
    ],
    why: 'The service answered that what the node or the configuration names is not there or not valid.',
    example: 'ResourceNotFound: 404: Client Error for url: http://neutron:9696/v2.0/subnets/1, Subnet 1 missing',
  },
] as const satisfies readonly Signature[]
