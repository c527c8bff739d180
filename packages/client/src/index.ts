export {
  type BatchOptions,
  type CallOptions,
  type ClientOptions,
  createClient,
  type OpenAIOptions,
  type PromptmeterClient,
  type SignUpResult,
  type TrackOptions,
} from './client.ts'
export { type CodeSignIn, type CodeSignInOptions, startCodeSignIn } from './code-sign-in.ts'
export { type DeviceSignIn, type DeviceSignInOptions, startDeviceSignIn } from './device-sign-in.ts'
export {
  type ClientErrorCode,
  errorFromAnswer,
  fromOpenAIError,
  LimitReachedError,
  NetworkError,
  PromptmeterError,
  SignInError,
  SignInRequiredError,
} from './errors.ts'
export { discover, type OAuthServer } from './oauth-server.ts'
export {
  createOfflineQueue,
  type FlushResult,
  type OfflineQueue,
  type OfflineQueueOptions,
} from './queue/offline-queue.ts'
export { memoryStorage, type QueueStorage, type StoredEvent } from './queue/queue-storage.ts'
export { isRenewalDue, readSessionToken, type SessionClaims } from './session-token.ts'
export type { TokenSource, Transport, TransportOptions } from './transport.ts'
export type * from './wire-types.ts'
