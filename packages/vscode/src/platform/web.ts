import { webStorage } from '@promptmeter/client/web-storage'
import type { Platform } from './platform.ts'

export const platform: Platform = {
  openQueueStorage: (_folder, id) => webStorage(`${id}-queue`),
  sendsUserAgent: false,
  startLoopbackServer: null,
}
