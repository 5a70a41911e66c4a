/**
 * Certificates and TLS versions, whoever the peer is: both ends say the same next time, until a person changes one of them. They
 * are asked before everything that reads how a line broke, because the same sentences are wrapped around both. A handshake that was cut off is a broken line.
 */
import type { Signature } from './signature.ts'

export const TLS = [
  {
    name: 'agent-download-tls',
    cause: 'config',
    transient: 'no',
    patterns: [/Download of image .{1,600}(?:CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLError)/i],
    why: 'The ramdisk does not trust the image server; the certificate or its CA must be put right.',
    example:
      "Error downloading image: Download of image 11111111 failed: HTTPSConnectionPool(host='10.0.0.3', port=443): Max retries exceeded with url: /a.img (Caused by SSLError(SSLCertVerificationError(1, 'certificate verify failed')))",
  },
  {
    name: 'agent-tls',
    cause: 'agent',
    transient: 'no',
    peers: ['agent'],
    patterns: [/CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLError|SSL: /i],
    why: "The conductor cannot use the ramdisk's certificate (clock, CA, agent_verify_ca): it is in the image.",
    example:
      "Failed to connect to the agent running on node n for invoking command clean.get_clean_steps. Error: HTTPSConnectionPool(host='10.9.1.4', port=9999): Max retries exceeded with url: /v1/commands/ (Caused by SSLError(SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed')))",
  },
  {
    name: 'bmc-tls',
    cause: 'config',
    transient: 'no',
    peers: ['bmc'],
    patterns: [
      /CERTIFICATE_VERIFY_FAILED|certificate verify failed|self.signed certificate|hostname .{0,80} doesn't match|certificate is not valid for/i,
      /UNSUPPORTED_PROTOCOL|WRONG_VERSION_NUMBER|HANDSHAKE_FAILURE|PROTOCOL_VERSION|(?:DH|EE|CA|MD)_(?:KEY|MD)_TOO_(?:SMALL|WEAK)|NO_SHARED_CIPHER|UNSAFE_LEGACY/i,
      /Could not find a suitable TLS CA certificate bundle/i,
    ],
    why: 'Certificate or TLS version of the BMC against what the node or ironic.conf demands; both ends answer the same next time.',
    example:
      "Redfish connection failed for node n: Unable to connect to https://10.9.0.1/redfish/v1/. Error: HTTPSConnectionPool(host='10.9.0.1', port=443): Max retries exceeded with url: /redfish/v1/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1007)')))",
  },
  {
    name: 'service-tls',
    cause: 'config',
    transient: 'no',
    patterns: [
      /CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSL exception connecting|hostname .{0,80} doesn't match|WRONG_VERSION_NUMBER|TLS CA certificate bundle|CA (?:certificate|bundle|file) .{0,80}(?:is missing|not found|not specified|does not exist)/i,
    ],
    why: 'The conductor does not trust the certificate of the service, or speaks the wrong protocol to it.',
    example:
      'SSL exception connecting to https://keystone.example.net:5000/v3/auth/tokens: certificate verify failed: certificate has expired',
  },
] as const satisfies readonly Signature[]
