import { Checkbox, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import type { AdminUserResponse } from '@promptmeter/contract'
import { DEFAULT_PLAN } from '@promptmeter/contract/bounds'
import { type FormEvent, useRef, useState } from 'react'
import { sentenceOf } from '../../common/error-view.tsx'
import { FormFoot } from '../../common/form-foot.tsx'
import { usePlans } from '../../plans/plans-queries.ts'
import { useSession } from '../../session/session.tsx'
import { type InviteField, inviteFieldOf, readInvite } from './invite-request.ts'
import { useInviteUser } from './user-list-queries.ts'

export interface InviteFormProps {
  /** @param mailed whether an invitation goes out by mail */
  readonly onAdded: (user: AdminUserResponse, mailed: boolean) => void
  readonly onCancel: () => void
}

type Problem = { readonly field: InviteField | null; readonly sentence: string } | null

export function InviteForm({ onAdded, onCancel }: InviteFormProps) {
  const { canInvite } = useSession()
  const plans = usePlans()
  const invite = useInviteUser()
  const [problem, setProblem] = useState<Problem>(null)
  const form = useRef<HTMLFormElement>(null)

  const refuse = (field: InviteField | null, sentence: string) => {
    setProblem({ field, sentence })
    const control = field === null ? null : form.current?.elements.namedItem(field)
    if (control instanceof HTMLElement) control.focus()
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (invite.isPending) return
    const body = readInvite(new FormData(event.currentTarget))
    if ('problem' in body) return refuse(body.field, body.problem)
    setProblem(null)
    invite.mutate(body, {
      onSuccess: (user) => onAdded(user, body.invite === true),
      onError: (error) => refuse(inviteFieldOf(error), sentenceOf(error)),
    })
  }
  const errorOf = (field: InviteField) => (problem?.field === field ? problem.sentence : null)
  const planNames = plans.data?.map(({ name }) => name) ?? [DEFAULT_PLAN]
  return (
    <form ref={form} onSubmit={submit} noValidate onChange={() => setProblem(null)}>
      <Stack gap="md">
        <TextInput
          name="email"
          type="email"
          label="Email"
          required
          error={errorOf('email')}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
        {/* Uncontrolled: it begins anew once the plans are known. */}
        <NativeSelect
          key={planNames.length}
          name="plan"
          label="Plan"
          data={planNames}
          defaultValue={DEFAULT_PLAN}
          error={errorOf('plan')}
        />
        <TextInput
          name="threshold"
          label="Limit on prompts for life"
          description="Of their own, in place of that of the plan. Leave it empty for the plan's."
          inputMode="numeric"
          error={errorOf('threshold')}
          autoComplete="off"
        />
        {canInvite ? (
          <Checkbox name="invite" label="Send an invitation by mail" defaultChecked />
        ) : (
          <Text size="sm" c="dimmed">
            This server sends no invitations by mail. Once they are added they can sign in; you get the
            address to tell them.
          </Text>
        )}
        <FormFoot
          problem={problem?.field === null ? problem.sentence : null}
          onCancel={onCancel}
          action={canInvite ? 'Invite' : 'Add user'}
          busy={invite.isPending}
        />
      </Stack>
    </form>
  )
}
