import { answer, type ScriptedRequest, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

/** Takes every batch as the server does, and keeps each event that came, as often as it came. */
export interface CountingServer extends ScriptedServer {
  readonly events: { token: string; usage: number; idempotencyKey: string; [field: string]: unknown }[]
}

export async function startCountingServer(): Promise<CountingServer> {
  const events: CountingServer['events'] = []
  const server = await startScriptedServer((request, response) => {
    for (const event of request.body.events) events.push({ ...event, token: tokenOf(request) })
    answer(response, { results: countedResults(request) })
  })
  return Object.assign(server, { events })
}

export function tokenOf({ headers }: ScriptedRequest): string {
  return (headers.authorization ?? '').slice('Bearer '.length)
}

export function countedResults({ body }: ScriptedRequest) {
  return body.events.map((_event: unknown, index: number) => counted(index + 1))
}

export function counted(currentPromptCount: number, replayed = false) {
  const counts = { currentPromptCount, currentTokenCount: 0, threshold: 100, remaining: 0, exceeded: false }
  return { status: 200, replayed, message: 'Usage tracked successfully', ...counts }
}
