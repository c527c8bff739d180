/**
 * Preloaded into a server that listens on every address and has no setting for it: for the minutes of a benchmark nobody else on
 * the network should be able to use an open gateway.
 */
import { Server } from 'node:net'

const { listen } = Server.prototype

Server.prototype.listen = function (this: Server, ...args: unknown[]) {
  const callback = args.findLast((argument) => typeof argument === 'function')
  return Reflect.apply(listen, this, [{ port: Number(args[0]), host: '127.0.0.1' }, callback])
} as typeof listen
