import { loadConfig } from './config/env.ts'
import { loadSecrets } from './config/secrets.ts'
import type { TokenClaims } from './sessions/session-token.ts'
import { createTokenFunctions, type TokenFunctions } from './sessions/token-functions.ts'

export { TokenError } from './sessions/session-token.ts'
export { createTokenFunctions, type TokenClaims, type TokenFunctions }

let ofThisProcess: Promise<TokenFunctions> | undefined

/**
 * Makes a session token, valid 30 days, with the `JWT_SECRET` of the environment: the one the server uses that starts
 * with the same settings in the same folder. When `apiKey` is the key of a session of this user, the token belongs to
 * that session; otherwise it is genuine, but no session stands behind it and the server lets it do nothing.
 * @throws ConfigError when the settings are wrong
 */
export async function generateToken(claims: TokenClaims): Promise<string> {
  return (await tokenFunctions()).generateToken(claims)
}

/**
 * What a session token says about its holder. Whether its session still lives only the server knows.
 * @throws TokenError when the token is not genuine, expired or not of our form; ConfigError when the settings are wrong
 */
export async function verifyToken(token: string): Promise<TokenClaims> {
  return (await tokenFunctions()).verifyToken(token)
}

/** Read on first use: importing this module needs no settings. */
function tokenFunctions(): Promise<TokenFunctions> {
  ofThisProcess ??= readSecrets().catch((error) => {
    ofThisProcess = undefined
    throw error
  })
  return ofThisProcess
}

async function readSecrets(): Promise<TokenFunctions> {
  const { jwt } = await loadSecrets(loadConfig())
  return createTokenFunctions(...jwt)
}
