import { randomInt } from 'node:crypto'

/**
 * A port likely to be free; the server's own attempt to take it is the check, so nothing can come in between.
 * Below the ranges systems hand to outgoing connections: while a server is stopped, a client that retries a port
 * of that range can end up connected to itself and keep the port.
 */
export function choosePort(): number {
  return randomInt(15_000, 32_000)
}
