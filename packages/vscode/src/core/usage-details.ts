import type { UsageGroupTotal } from '@promptmeter/client'
import { limitLine } from './usage-text.ts'
import type { UsageState } from './usage-watcher.ts'
import { quantity } from './wording.ts'

const MOST_MODELS = 8

/** The hover of the status bar, in Markdown. What came from outside is escaped: it must not become a link or a command. */
export function usageMarkdown(state: UsageState, appName: string, waiting: number, now: Date): string {
  const lines = [`**${plain(appName)}**`]
  if (waiting > 0) lines.push(`$(cloud-upload) ${waiting} waiting to be sent`)
  if (state.kind === 'signed-out') lines.push('You are signed out.')
  if (state.kind === 'failed') lines.push(plain(state.error.message))
  if (state.kind !== 'known') return lines.join('\n\n')
  const { me, byModel, offline } = state
  lines[0] += ` — ${plain(me.email)}`
  if (offline) lines.push('$(cloud-offline) The server cannot be reached. This is what was known before.')
  const limits = me.limits.map((limit) => `- ${plain(limitLine(limit, now))}`)
  lines.push(limits.length === 0 ? 'Nothing limits you.' : limits.join('\n'))
  if (byModel !== null && byModel.length > 0) {
    lines.push('This month by model (UTC):', byModel.slice(0, MOST_MODELS).map(modelRow).join('\n'))
  }
  return lines.join('\n\n')
}

/** `gpt-5-mini: 3 prompts, 1,200 tokens, $0.01` */
export function modelLine({ name, promptCount, tokenCount, costMicros }: UsageGroupTotal): string {
  const cost = costMicros > 0 ? `, ${quantity('cost', costMicros)}` : ''
  return `${name ?? 'no model named'}: ${quantity('prompts', promptCount)}, ${quantity('tokens', tokenCount)}${cost}`
}

function modelRow(total: UsageGroupTotal): string {
  return `- ${plain(modelLine(total))}`
}

/** The editor looks for icons after it has read the Markdown: a backslash of their own has to reach it. */
function plain(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\\?\$\([A-Za-z0-9-]+(~[A-Za-z]+)?\)/g, (icon) => (icon.startsWith('\\') ? icon : `\\${icon}`))
    .replace(/[\\`*_{}[\]()#+\-.!|<>~&:/@]/g, '\\$&')
}
