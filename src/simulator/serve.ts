/**
 * The simulated cloud on real sockets: one HTTP server for all services, and for each BMC a socket of its own on the
 * loopback (UDP for IPMI, HTTP for Redfish). Nodes' driver_info is changed to these addresses. Time is moved by somebody
 * else (paced.ts); an answer is sent when virtual time has made it.
 */
import { createSocket, type Socket } from 'node:dgram'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { HttpRequest } from '../core/seams.ts'
import { modeAt, redfish, rmcpReply } from './bmc.ts'
import type { SimulatedCloud } from './cloud.ts'
import type { Delivered } from './delivery.ts'
import type { Bmc, SimNode } from './world.ts'

export type Served = { url: string; stop(): Promise<void> }

/** `bmcHost`: an address of the loopback for each BMC, where BMCs must not share a network; Linux has all of 127/8. */
type Where = { host: string; port: number; bmcHost?: (node: SimNode) => string }

/** Resolves when everything listens. `port` 0 takes a free one; the catalog names the address that came of it. */
export async function serveCloud(cloud: SimulatedCloud, where: Where): Promise<Served> {
  const server = createServer((request, response) => void answer(cloud, request, response))
  const port = await listening(server, where)
  const url = `http://${where.host}:${port}`
  cloud.moveTo(url)
  const stops: (() => Promise<void>)[] = [() => closed(server)]
  for (const node of cloud.state.nodes.values()) stops.push(await serveBmc(cloud, node, where.bmcHost?.(node) ?? where.host))
  return {
    url,
    async stop() {
      await Promise.all(stops.map((stop) => stop()))
    },
  }
}

function listening(server: Server, where: Pick<Where, 'host' | 'port'>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where.port, where.host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : where.port)
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

const METHODS: readonly HttpRequest['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

async function answer(cloud: SimulatedCloud, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = METHODS.find((one) => one === request.method)
  if (method === undefined) {
    response.writeHead(405).end()
    return
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  const body = await bodyOf(request)
  send(response, await cloud.deliver({ method, url: `${cloud.state.baseUrl}${request.url ?? '/'}`, headers, body }))
}

/** One port serves everything, so a service that refuses or vanishes can here only drop or hold the connection. */
function send(response: ServerResponse, delivered: Delivered): void {
  if (delivered === 'hung' || delivered === 'unreachable') return
  if (delivered === 'refused' || delivered === 'lost') {
    response.destroy()
    return
  }
  response.writeHead(delivered.status, delivered.headers).end(delivered.text)
}

async function serveBmc(cloud: SimulatedCloud, node: SimNode, host: string): Promise<() => Promise<void>> {
  const { bmc } = node
  const { bmcs } = cloud.state
  bmcs.delete(`${bmc.host}:${bmc.port}`)
  bmc.host = host
  const stop = bmc.protocol === 'redfish' ? await serveRedfish(cloud, bmc) : await serveRmcp(cloud, bmc)
  bmcs.set(`${bmc.host}:${bmc.port}`, bmc)
  Object.assign(
    node.row.driver_info,
    bmc.protocol === 'redfish' ? { redfish_address: `http://${host}:${bmc.port}` } : { ipmi_address: host, ipmi_port: bmc.port },
  )
  return stop
}

async function serveRedfish(cloud: SimulatedCloud, bmc: Bmc): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const url = `http://${bmc.host}:${bmc.port}${request.url ?? '/'}`
    const mode = modeAt(bmc, cloud.state.clock.now())
    // Something listens here for every BMC, so one that is cut off can only keep the connection.
    if (mode === 'silent' || mode === 'frozen' || mode === 'hung') return
    if (mode !== 'slow' && mode !== 'refusing') {
      const { status, json } = redfish(bmc, new URL(url).pathname)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
      return
    }
    void cloud.deliver({ method: 'GET', url, headers: {} }).then((delivered) => send(response, delivered))
  })
  bmc.port = await listening(server, { host: bmc.host, port: 0 })
  return () => closed(server)
}

/** Refusing means that nobody listens, so that the kernel itself says so: the socket is closed, and opened again after. */
async function serveRmcp(cloud: SimulatedCloud, bmc: Bmc): Promise<() => Promise<void>> {
  let socket: Socket | null = await open(cloud, bmc, 0)
  bmc.port = socket.address().port
  let busy = Promise.resolve()
  bmc.watch = (mode) => {
    busy = busy.then(async () => {
      if (mode === 'refusing' && socket !== null) {
        await shut(socket)
        socket = null
      }
      if (mode !== 'refusing' && socket === null) socket = await open(cloud, bmc, bmc.port)
    })
  }
  return async () => {
    bmc.watch = null
    await busy
    if (socket !== null) await shut(socket)
  }
}

function open(cloud: SimulatedCloud, bmc: Bmc, port: number): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    const mode = modeAt(bmc, cloud.state.clock.now())
    if (mode === 'silent' || mode === 'frozen' || cloud.faults.route !== 'open') return
    const reply = rmcpReply(message, mode)
    const late = mode === 'slow' ? 1500 : 2
    if (reply !== null) cloud.state.clock.after(late, () => socket.send(reply, from.port, from.address))
  })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, bmc.host, () => resolve(socket))
  })
}

const shut = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.close(() => resolve())
  })
