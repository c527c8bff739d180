import { PromptmeterError } from './errors.ts'

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/**
 * The address of the server without a slash at its end. Tokens travel there, so it must be https, or this very machine.
 * @throws PromptmeterError `invalid_server_url`
 */
export function parseServerUrl(serverUrl: string, allowHttp = false): string {
  let url: URL
  try {
    url = new URL(serverUrl)
  } catch {
    throw invalid(`The server's address is no URL: ${serverUrl}`)
  }
  const { protocol, hostname, username, password, search, hash } = url
  if (username + password + search + hash !== '') {
    throw invalid("The server's address may have no user, no query and no fragment.")
  }
  if (protocol !== 'https:' && protocol !== 'http:')
    throw invalid("The server's address must begin with https://.")
  if (protocol === 'http:' && !allowHttp && !LOOPBACK.test(hostname)) {
    throw invalid(
      `${url.origin} is not encrypted, and the session token would be readable on the way. Use https, or allowHttp on a network you trust.`,
    )
  }
  return url.href.replace(/\/+$/, '')
}

function invalid(message: string): PromptmeterError {
  return new PromptmeterError('invalid_server_url', message)
}
