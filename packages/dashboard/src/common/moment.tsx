import { fromNow, localDay, localMoment, localTime, utcMoment } from '../shown/moments.ts'

export interface MomentProps {
  /** RFC 3339; null for never. */
  readonly at: string | null
  /** `day` without the time of day, `time` without the day; `relative` as a distance from now. */
  readonly show?: 'moment' | 'day' | 'time' | 'relative'
  readonly never?: string
}

/** A moment in the zone of whoever looks, with UTC on hover. */
export function Moment({ at, show = 'moment', never = 'never' }: MomentProps) {
  if (at === null) return <>{never}</>
  const text = { moment: localMoment, day: localDay, time: localTime, relative: fromNow }[show](at)
  const title = show === 'relative' ? `${localMoment(at)} (${utcMoment(at)})` : utcMoment(at)
  return (
    <time className="number" dateTime={at} title={title}>
      {text}
    </time>
  )
}
