import { Anchor } from '@mantine/core'
import type { AuditEventResponse } from '@promptmeter/contract'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Moment } from '../common/moment.tsx'
import { utcMoment } from '../shown/moments.ts'
import css from './audit.module.css'
import { userName } from './audit-sentence.ts'
import { detailsInWords } from './detail-words.ts'

/** Everything that is known of an event, and the way to more of the same. */
export function AuditDetails({ event }: { readonly event: AuditEventResponse }) {
  const { actor, user, sessionId, ip, clientName, details } = event
  return (
    <dl className={css.pairs}>
      <Pair name="When">{utcMoment(event.at)}</Pair>
      <Pair name="Action">{event.action}</Pair>
      {actor.userId !== null && (
        <Pair name="Done by">
          {userName({ id: actor.userId, email: actor.email })}{' '}
          <More to={`/audit?actor=${actor.userId}`}>everything done by them</More>
        </Pair>
      )}
      {user !== null && (
        <Pair name="Done to">
          {userName(user)} <More to={`/audit?user=${user.id}`}>everything done to them</More>
        </Pair>
      )}
      {ip !== null && <Pair name="IP address">{ip}</Pair>}
      {clientName !== null && <Pair name="Client">{clientName}</Pair>}
      {sessionId !== null && <Pair name="Session or key">{sessionId}</Pair>}
      {detailsInWords(details).map(({ name, value }) => (
        <Pair key={name} name={name}>
          {typeof value === 'string' ? value : <Moment at={value.at} />}
        </Pair>
      ))}
    </dl>
  )
}

function Pair({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function More({ to, children }: { readonly to: string; readonly children: string }) {
  return (
    <Anchor component={Link} href={to} size="sm">
      Show {children}
    </Anchor>
  )
}
