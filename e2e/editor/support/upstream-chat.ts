import {
  answerUsually,
  type ScriptedUpstream,
  type TakenCall,
} from '../../../packages/server/test/support/scripted-upstream.ts'

/** The next chat that reaches the AI provider, for the test to answer piece by piece; everything else is answered as usual. */
export function takeChat(upstream: ScriptedUpstream): Promise<TakenCall> {
  return new Promise((resolve) => {
    upstream.script = (call, response) => {
      if (call.path !== '/v1/chat/completions') return answerUsually(call, response)
      upstream.script = answerUsually
      resolve({ call, response })
    }
  })
}
