import { join } from 'node:path'
import { fileStorage } from '@promptmeter/client/file-storage'
import { startLoopbackServer } from './loopback-server.ts'
import type { Platform } from './platform.ts'

export const platform: Platform = {
  openQueueStorage: (folder) => fileStorage(join(folder.fsPath, 'queue')),
  sendsUserAgent: true,
  startLoopbackServer,
}
