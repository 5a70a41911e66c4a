/**
 * What a cloud's administrator and its long-running processes put into fresh services: a tenants' network in Neutron, and Nova's conductor
 * and compute in its list of services. Run by services.sh once Keystone has its users; running it again changes nothing.
 */
import { tenantNetwork } from './services/real-neutron.ts'
import { writeServices } from './services/real-nova.ts'

writeServices()
await tenantNetwork()
