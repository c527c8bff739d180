import type { NotificationData } from '@mantine/notifications'
import { lazy } from 'react'
import { sentenceOf } from './error-view.tsx'

export const Notices = lazy(() => import('./notices.tsx'))

/** Whether a notice was ever shown, for `useSyncExternalStore`. */
export const noticesNeeded = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  read: (): boolean => needed,
}

const listeners = new Set<() => void>()
let needed = false

/** Says that something was done. @param options an `id` for `hideNotice`, and how long it stays */
export function notifyDone(
  message: NotificationData['message'],
  options: Pick<NotificationData, 'id' | 'autoClose'> = {},
): void {
  void show({ message, color: 'teal', ...options })
}

/** Says why something was not done; it stays until it is closed. */
export function notifyFailure(error: Error): void {
  void show({ title: 'That did not work', message: sentenceOf(error), color: 'red', autoClose: false })
}

export async function hideNotice(id: string): Promise<void> {
  const { notifications } = await import('@mantine/notifications')
  notifications.hide(id)
}

async function show(notice: NotificationData): Promise<void> {
  needed = true
  for (const listener of listeners) listener()
  const { notifications } = await import('@mantine/notifications')
  notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, ...notice })
}
