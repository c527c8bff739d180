/** The one client: whatever editor an extension of the operator's runs in. It has no secret, as anybody could read it. */
export const EDITOR_CLIENT = 'editor'

/** What a sign-in grants, whether it is asked for or not (RFC 6749, 3.3): there is but one kind of session. */
export const API_SCOPE = 'api'

export const OAUTH_PATHS = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  device_authorization: '/oauth/device_authorization',
  code_verification: '/device',
  jwks: '/oauth/jwks',
  revocation: '/oauth/revoke',
  end_session: '/oauth/end_session',
} as const

export const GRANT_TYPES = ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code']
