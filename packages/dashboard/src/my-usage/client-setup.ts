export const CLIENTS = ['vscode', 'continue', 'cline', 'typescript', 'python', 'curl'] as const
export type Client = (typeof CLIENTS)[number]

export interface ConnectFacts {
  /** Where this page is, and so the gateway. */
  readonly origin: string
  readonly apiKey: string
}

export interface ClientSetup {
  readonly about: string
  readonly fields: readonly { readonly label: string; readonly value: string }[]
  /** Whether the API key stands in a field. */
  readonly usesKey: boolean
}

/** Stands for any model that the plan allows. */
const MODEL = 'gpt-5-mini'

/** What to do, and what to copy, so that a client comes here. */
export function clientSetup(client: Client, { origin, apiKey }: ConnectFacts): ClientSetup {
  const baseUrl = `${origin}/v1`
  switch (client) {
    case 'vscode':
      return {
        about:
          'An extension that is made for this server needs no key: run its command “Sign In”, the browser asks who you ' +
          'are and leads back, and the status bar shows what is left. Where no browser can lead back, the command offers ' +
          'a code to enter here.',
        fields: [
          { label: 'Server', value: origin },
          { label: 'Where a code is entered', value: `${origin}/device` },
        ],
        usesKey: false,
      }
    case 'continue':
      return {
        about: 'In Continue’s config.yaml, with the id of any model that you may call:',
        fields: [
          {
            label: 'config.yaml',
            value: [
              'models:',
              `  - name: ${MODEL}`,
              '    provider: openai',
              `    model: ${MODEL}`,
              `    apiBase: ${baseUrl}`,
              `    apiKey: ${apiKey}`,
            ].join('\n'),
          },
        ],
        usesKey: true,
      }
    case 'cline':
      return {
        about:
          'In Cline’s settings choose the API provider “OpenAI Compatible”, give these two, and the id of any model that ' +
          'you may call.',
        fields: [
          { label: 'Base URL', value: baseUrl },
          { label: 'API key', value: apiKey },
        ],
        usesKey: true,
      }
    case 'typescript':
      return {
        about: 'With OpenAI’s own package. Models, streaming and tools stay as they are.',
        fields: [
          {
            label: 'TypeScript',
            value: [
              "import OpenAI from 'openai'",
              '',
              'const openai = new OpenAI({',
              `  baseURL: '${baseUrl}',`,
              `  apiKey: '${apiKey}',`,
              '})',
              'const answer = await openai.chat.completions.create({',
              `  model: '${MODEL}',`,
              "  messages: [{ role: 'user', content: 'Hello?' }],",
              '})',
            ].join('\n'),
          },
        ],
        usesKey: true,
      }
    case 'python':
      return {
        about: 'With OpenAI’s own package. Models, streaming and tools stay as they are.',
        fields: [
          {
            label: 'Python',
            value: [
              'from openai import OpenAI',
              '',
              'client = OpenAI(',
              `    base_url="${baseUrl}",`,
              `    api_key="${apiKey}",`,
              ')',
              'answer = client.chat.completions.create(',
              `    model="${MODEL}",`,
              '    messages=[{"role": "user", "content": "Hello?"}],',
              ')',
            ].join('\n'),
          },
        ],
        usesKey: true,
      }
    case 'curl':
      return {
        about: 'The first command lists the models that you may call, the second one calls one.',
        fields: [
          {
            label: 'Models',
            value: `curl ${baseUrl}/models -H 'authorization: Bearer ${apiKey}'`,
          },
          {
            label: 'A call',
            value: [
              `curl ${baseUrl}/chat/completions \\`,
              `  -H 'authorization: Bearer ${apiKey}' \\`,
              "  -H 'content-type: application/json' \\",
              `  -d '{"model":"${MODEL}","messages":[{"role":"user","content":"Hello?"}]}'`,
            ].join('\n'),
          },
        ],
        usesKey: true,
      }
  }
}
