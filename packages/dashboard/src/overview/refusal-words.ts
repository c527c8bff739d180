/** What a refusal means, for whoever runs the server. Codes that are not here are shown as they are. */
const MEANINGS: Readonly<Record<string, string>> = {
  insufficient_quota: 'A limit was reached',
  rate_limit_exceeded: 'Too many calls within a minute',
  concurrency_limit_reached: 'Too many calls at once',
  model_not_allowed: 'The plan does not allow the model',
  user_not_found: 'No user has the address',
  user_disabled: 'The user is disabled',
  token_invalid: 'A session ended, or a key was revoked',
  token_missing: 'No token or API key was sent',
  code_invalid: 'A sign-in code was wrong or too old',
  too_many_attempts: 'Too many attempts to sign in',
  sign_in_elsewhere: 'Signing in works in the browser only',
  invalid_grant: 'A sign-in had ended before it was completed',
  invalid_client: 'An editor that is not known here',
  access_denied: 'A user cancelled the sign-in',
  hold_lost: 'A call lost its hold before it ended',
  idempotency_key_in_flight: 'The same event was still being counted',
  idempotency_key_used: 'An idempotency key stood for another event',
  idempotency_key_reused: 'An idempotency key stood for another event',
  proxy_refused: 'Called by a proxy before a way to sign in was chosen',
  origin_refused: 'Called by another website',
  overloaded: 'The server was at its capacity',
  draining: 'The server was restarting',
  database_unavailable: 'The database did not answer',
  upstream_not_configured: 'The gateway has no AI provider',
}

/** In plain words; null where only the code tells. */
export function refusalMeaning(code: string): string | null {
  return MEANINGS[code] ?? null
}
