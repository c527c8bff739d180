import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a server and its database, to cut what it carries at a chosen moment. */
export interface TcpProxy {
  /** The same database, through the proxy. */
  readonly url: string
  /** Cuts a connection right after the database was sent `text`, before it can say what became of it. */
  cutAfterSending(text: string): void
  /** How many connections were cut. */
  readonly cuts: number
  /** Cuts every connection and takes no new one, as a database that is away. */
  goAway(): void
  comeBack(): void
  /** How often somebody came while the database was away. */
  readonly refusals: number
  close(): Promise<void>
}

export async function startTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl)
  let trigger: string | null = null
  let cuts = 0
  let away = false
  let refusals = 0
  const open = new Set<Socket>()

  const server = createServer((client) => {
    if (away) {
      refusals++
      client.on('error', () => {}).destroy()
      return
    }
    const database = connect(Number(target.port), target.hostname)
    for (const socket of [client, database]) {
      open.add(socket)
      socket.on('error', () => {}).on('close', () => open.delete(socket))
    }
    client.on('data', (chunk) => {
      if (trigger === null || !chunk.includes(trigger)) return void database.write(chunk)
      trigger = null
      cuts++
      // The database gets all of it and works it off; the server hears nothing any more.
      database.removeAllListeners('data')
      database.end(chunk)
      client.destroy()
    })
    database.on('data', (chunk) => client.write(chunk))
    client.on('end', () => database.end())
    database.on('end', () => client.end())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')

  const url = new URL(databaseUrl)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    cutAfterSending(text) {
      trigger = text
    },
    get cuts() {
      return cuts
    },
    goAway() {
      away = true
      for (const socket of open) socket.destroy()
    },
    comeBack() {
      away = false
    },
    get refusals() {
      return refusals
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
