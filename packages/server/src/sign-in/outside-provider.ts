/** A way to sign in by an account elsewhere that vouches for an address. */
export interface OutsideProvider {
  readonly way: 'github' | 'oidc'
  /** What its button is called. */
  readonly name: string
  /**
   * Where the browser goes to, and what has to be kept of it until it comes back.
   * @throws OutsideError `unavailable`
   */
  begin(callbackUrl: string, state: string): Promise<{ readonly url: string; readonly keep: OutsideAttempt }>
  /**
   * Who came back.
   * @param calledBack our callback with the query it was called with
   * @throws OutsideError
   */
  finish(calledBack: URL, keep: OutsideAttempt, state: string): Promise<OutsideIdentity>
}

/** Kept by the browser, sealed, while its user is away. */
export interface OutsideAttempt {
  readonly codeVerifier: string
  readonly nonce: string
}

export interface OutsideIdentity {
  readonly issuer: string
  /** The lasting id there. */
  readonly subject: string
  /** Verified there, in the form users are stored by. */
  readonly email: string
}

export type OutsideReason = 'denied' | 'unverified' | 'unavailable' | 'invalid'

/** Why nobody came back, in a sentence for people. It never carries what the provider said. */
export class OutsideError extends Error {
  readonly reason: OutsideReason

  constructor(reason: OutsideReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OutsideError'
    this.reason = reason
  }
}

export const outsideDenied = (name: string) => new OutsideError('denied', `${name} says that you refused.`)
export const outsideUnverified = (name: string) =>
  new OutsideError(
    'unverified',
    `${name} has no verified address of yours. Verify it there, or sign in another way.`,
  )
export const outsideUnavailable = (name: string) =>
  new OutsideError('unavailable', `${name} cannot be reached. Try again in a moment, or sign in another way.`)
export const outsideInvalid = (name: string) =>
  new OutsideError('invalid', `The answer of ${name} does not fit this sign-in. Try again.`)
