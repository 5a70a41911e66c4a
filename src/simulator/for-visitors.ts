/**
 * The simulated cloud as visitors on real sockets meet it, while somebody else works on it in process: the same nodes and services, but
 * URLs and BMC addresses are those that are served. What they see is translated and the cloud itself stays as it is, so that the
 * addresses of this machine's loopback change nothing in the story told inside.
 */
import type { SimulatedCloud } from './cloud.ts'
import type { Delivered } from './delivery.ts'
import type { Bmc, SimNode } from './world.ts'

/** To be given to serveCloud in the cloud's place. */
export function forVisitors(cloud: SimulatedCloud): SimulatedCloud {
  const inside = cloud.state.baseUrl
  let outside = inside
  const doubles = [...cloud.state.nodes.values()].map((node) => ({ node, double: doubleOf(node) }))
  const translated = (text: string): string => {
    const addresses = new Map(doubles.map(({ node, double }) => [addressText(node), addressText(double)]))
    return text.replaceAll(inside, outside).replaceAll(ADDRESS, (found) => addresses.get(found) ?? found)
  }
  /** A Redfish BMC that is slow or refuses is asked by the address that it has inside. */
  const toInside = (url: string): string => {
    const asked = doubles.find(({ double }) => url.startsWith(`http://${double.bmc.host}:${double.bmc.port}/`))
    if (asked === undefined) return url
    const { host, port } = asked.node.bmc
    return url.replace(`http://${asked.double.bmc.host}:${asked.double.bmc.port}`, `https://${host}:${port}`)
  }
  return {
    ...cloud,
    state: { ...cloud.state, nodes: new Map(doubles.map(({ double }) => [double.row.uuid, double])), bmcs: new Map() },
    moveTo(url) {
      outside = url
    },
    async deliver(request): Promise<Delivered> {
      const delivered = await cloud.deliver({ ...request, url: toInside(request.url) })
      if (typeof delivered === 'string') return delivered
      const headers = Object.fromEntries(Object.entries(delivered.headers).map(([name, value]) => [name, translated(value)]))
      return { ...delivered, headers, text: translated(delivered.text) }
    },
  }
}

/** The same node with a BMC that has an address of its own and behaves like the one inside. */
function doubleOf(node: SimNode): SimNode {
  const bmc: Bmc = {
    ...node.bmc,
    get mode() {
      return node.bmc.mode
    },
  }
  node.bmc.watch = (mode) => bmc.watch?.(mode)
  return { ...node, bmc, row: { ...node.row, driver_info: { ...node.row.driver_info } } }
}

/** A BMC's address as JSON has it; no two nodes have the same. */
const ADDRESS = /"ipmi_address":"[^"]*","ipmi_port":\d+|"redfish_address":"[^"]*"/g

function addressText({ row, bmc }: SimNode): string {
  const names = bmc.protocol === 'redfish' ? ['redfish_address'] : ['ipmi_address', 'ipmi_port']
  return names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(row.driver_info[name])}`).join(',')
}
