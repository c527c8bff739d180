import { Button, Menu, Text } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import {
  IconAdjustments,
  IconBan,
  IconCircleCheck,
  IconDots,
  IconPencil,
  IconShield,
  IconShieldOff,
  IconTrash,
} from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { ConfirmDialog } from '../../common/confirm-dialog.tsx'
import { notifyDone, notifyFailure } from '../../common/notify.ts'
import { notifyUndoable } from '../../common/undo-notice.tsx'
import { useSession } from '../../session/session.tsx'
import { CorrectionDialog } from './correction-dialog.tsx'
import { TermsDialog } from './terms-dialog.tsx'
import { useDeleteUser, useUpdateUser } from './user-queries.ts'

type Dialog = 'terms' | 'correction' | 'role' | 'delete'

/** What can be done with a user. */
export function UserActions({ user }: { readonly user: AdminUserResponse }) {
  const { user: self } = useSession()
  const [dialog, setDialog] = useState<Dialog | null>(null)
  const close = () => setDialog(null)
  const more = useRef<HTMLButtonElement>(null)
  const open = (chosen: Dialog) => {
    // The item that was chosen goes with the menu: the dialog returns the focus to where it was before.
    more.current?.focus()
    setDialog(chosen)
  }
  const update = useUpdateUser(user.id)
  const own = self?.id === user.id

  function setDisabled(disabled: boolean): void {
    update
      .mutateAsync({ disabled })
      .then(
        () =>
          notifyUndoable(`${user.email} is ${disabled ? 'disabled' : 'enabled'}.`, () =>
            update.mutateAsync({ disabled: !disabled }).catch(notifyFailure),
          ),
        notifyFailure,
      )
  }

  return (
    <>
      <Button
        variant="default"
        leftSection={<IconAdjustments size={16} aria-hidden="true" />}
        onClick={() => setDialog('terms')}
      >
        Plan and limits
      </Button>
      <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button
            ref={more}
            variant="default"
            leftSection={<IconDots size={16} aria-hidden="true" />}
            loading={update.isPending && dialog === null}
          >
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPencil size={16} aria-hidden="true" />}
            onClick={() => open('correction')}
          >
            Correct usage
          </Menu.Item>
          <Menu.Divider />
          {own && <Menu.Label maw={240}>Another admin can change these of you</Menu.Label>}
          <Menu.Item
            disabled={own}
            leftSection={
              user.role === 'admin' ? (
                <IconShieldOff size={16} aria-hidden="true" />
              ) : (
                <IconShield size={16} aria-hidden="true" />
              )
            }
            onClick={() => open('role')}
          >
            {user.role === 'admin' ? 'Take the admin role' : 'Make an admin'}
          </Menu.Item>
          <Menu.Item
            disabled={own}
            leftSection={
              user.disabled ? (
                <IconCircleCheck size={16} aria-hidden="true" />
              ) : (
                <IconBan size={16} aria-hidden="true" />
              )
            }
            onClick={() => setDisabled(!user.disabled)}
          >
            {user.disabled ? 'Enable' : 'Disable'}
          </Menu.Item>
          <Menu.Item
            disabled={own}
            c="var(--mantine-color-error)"
            leftSection={<IconTrash size={16} aria-hidden="true" />}
            onClick={() => open('delete')}
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <TermsDialog user={user} opened={dialog === 'terms'} onClose={close} />
      <CorrectionDialog user={user} opened={dialog === 'correction'} event={null} onClose={close} />
      <RoleDialog user={user} opened={dialog === 'role'} onClose={close} />
      <DeleteDialog user={user} opened={dialog === 'delete'} onClose={close} />
    </>
  )
}

interface DialogProps {
  readonly user: AdminUserResponse
  readonly opened: boolean
  readonly onClose: () => void
}

function RoleDialog({ user, opened, onClose }: DialogProps) {
  const update = useUpdateUser(user.id)
  const close = () => {
    onClose()
    update.reset()
  }
  const making = user.role === 'member'
  return (
    <ConfirmDialog
      opened={opened}
      onClose={close}
      title={making ? 'Make an admin' : 'Take the admin role'}
      action={making ? 'Make an admin' : 'Take the role'}
      danger={!making}
      busy={update.isPending}
      error={update.error}
      onConfirm={() =>
        update.mutate(
          { role: making ? 'admin' : 'member' },
          {
            onSuccess: () => {
              close()
              notifyDone(`${user.email} is ${making ? 'an admin' : 'a member'} now.`)
            },
          },
        )
      }
    >
      <Text size="sm">
        {making
          ? `${user.email} will see and change every user, plan and price, once their sign-in has proven the address.`
          : `${user.email} will see their own usage alone, from the very next request on.`}
      </Text>
    </ConfirmDialog>
  )
}

function DeleteDialog({ user, opened, onClose }: DialogProps) {
  const [, navigate] = useLocation()
  const remove = useDeleteUser(user.id)
  const close = () => {
    onClose()
    remove.reset()
  }
  return (
    <ConfirmDialog
      opened={opened}
      onClose={close}
      title="Delete this user"
      action="Delete for good"
      typed={user.email}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            navigate('/users')
            notifyDone(`${user.email} was deleted.`)
          },
        })
      }
    >
      <Text size="sm">
        The account, its sessions, API keys, usage and history go for good. The audit log keeps the id alone.
        To keep all of it and refuse the user, disable them instead.
      </Text>
    </ConfirmDialog>
  )
}
