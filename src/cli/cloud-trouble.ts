/**
 * An error of a cloud's, said to a person: which cloud, what was asked and what came back, and what to do. It tells a fault in what an
 * operator wrote or granted (password, role, address) from a cloud that is merely down.
 */
import { withoutStops } from '../core/sentence.ts'
import type { CloudAccess } from '../openstack/cloud-access.ts'
import type { OpenStackError } from '../openstack/openstack-error.ts'

export class CloudTrouble extends Error {
  override name = 'CloudTrouble'
  readonly what: string
  readonly fix: string
  /** Somebody must change a file or a permission; waiting does not help. */
  readonly isConfiguration: boolean

  constructor(said: { what: string; message: string; fix: string; isConfiguration: boolean }) {
    super(said.message)
    this.what = said.what
    this.fix = said.fix
    this.isConfiguration = said.isConfiguration
  }
}

/** `access` is the entry of clouds.yaml by which the cloud was asked. */
export function cloudTrouble(error: OpenStackError, access: CloudAccess): CloudTrouble {
  const what = `cloud ${access.name}`
  const entry = entryOf(access)
  const said = { what, message: messageOf(error, access) }
  if (error.kind === 'keystone') {
    if (error.status === 401 || error.status === 403) {
      const fix = `Correct user, password, domain and project of ${entry}; Keystone says the same for a wrong password and for a missing role.`
      return new CloudTrouble({ ...said, fix, isConfiguration: true })
    }
    if (error.status === 404) return new CloudTrouble({ ...said, fix: `Correct auth_url of ${entry}.`, isConfiguration: true })
  }
  const isHidden = error.status === 200 && / from this credential/.test(error.sentence)
  if (error.status === 401 || error.status === 403 || isHidden) {
    const scope = access.auth.system_scope === null ? 'a project' : 'the system'
    const fix =
      error.service === 'baremetal'
        ? `Give it member on the system scope, or baremetal_admin on the project baremetal (${access.name} is scoped to ${scope} now).`
        : `Let the entry for services be scoped to a project and see all projects (admin, or a reader that the policy lets); ${access.name} is scoped to ${scope} now.`
    return new CloudTrouble({ ...said, fix, isConfiguration: true })
  }
  if (error.service === 'baremetal' && error.path === '/v1/' && error.status !== null && error.status < 500) {
    const fix = `Check that the baremetal endpoint of ${access.name} is the API of an Ironic of release Yoga or newer.`
    return new CloudTrouble({ ...said, fix, isConfiguration: true })
  }
  if (isCertificate(error))
    return new CloudTrouble({ ...said, fix: `Set cacert of ${entry} to the authority's file.`, isConfiguration: true })
  const fix =
    error.status === null
      ? `Check the network from here and the service; the address comes from ${entry} and the catalog.`
      : 'See the log of that service.'
  return new CloudTrouble({ ...said, fix, isConfiguration: false })
}

/** No endpoint of Ironic's in the catalog: nothing at all can be done in this cloud. */
export function noIronic(access: CloudAccess): CloudTrouble {
  const region = access.regionName === null ? '' : ` in region ${access.regionName}`
  return new CloudTrouble({
    what: `cloud ${access.name}`,
    message: `The catalog has no ${access.interface} endpoint of a baremetal service${region}.`,
    fix: `Correct region_name or interface of ${entryOf(access)}, or set baremetal_endpoint_override.`,
    isConfiguration: true,
  })
}

/** Where a person corrects it; `envvars` is the name that openstacksdk gives to plain variables. */
const entryOf = ({ name }: CloudAccess): string => (name === 'envvars' ? 'the OS_* variables' : `the entry ${name} in clouds.yaml`)

function messageOf(error: OpenStackError, access: CloudAccess): string {
  const whom = error.kind === 'keystone' ? `Keystone at ${access.auth.auth_url ?? 'no address'}` : `the ${error.service} service`
  // The transport's own words name the address already.
  if (error.status === null) return `${capital(whom)} gave no answer: ${withoutStops(error.sentence)}.`
  const answer = error.status < 300 ? 'gave an answer that cannot be used' : `answered ${error.status}`
  return `${capital(whom)} ${answer} to ${error.method} ${error.path}: ${withoutStops(error.sentence)}.`
}

/** OpenSSL's and node's codes for a certificate that is not trusted. */
const isCertificate = (error: OpenStackError): boolean =>
  /certificate|CERT_|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/i.test(error.sentence) && error.status === null

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
