import { type Command, InvalidArgumentError } from 'commander'
import { collectLimits, type LimitOption } from './limit-option.ts'
import { parseCount } from './option-values.ts'

/** `none` stands for null, which Commander would take for no value at all; `plan` for what the plan says. */
export type TermOption<Value> = Value | 'none' | 'plan'

/** What a command was told of the terms of a plan, or of what a user has instead of them. */
export interface TermsOptions {
  readonly limit?: readonly LimitOption[]
  readonly models?: TermOption<string[]>
  readonly requestsPerMinute?: TermOption<number>
  readonly concurrentCalls?: TermOption<number>
  readonly defaultMaxTokens?: TermOption<number>
}

export const TERMS_OPTIONS =
  '--limit, --models, --requests-per-minute, --concurrent-calls or --default-max-tokens'

/** @param whose of a user each may be `plan`, too */
export function addTermsOptions(command: Command, whose: 'plan' | 'user'): Command {
  const orPlan = whose === 'user' ? ', "plan" for what the plan says' : ''
  const parsed = <Value>(parse: Parser<Value>) => (whose === 'user' ? parse : refusePlan(parse))
  return command
    .option(
      '--limit <meter/window=amount>',
      'a limit, such as prompts/month=1000, tokens/day=200000 or cost/month=5.00 (dollars); may be said again for ' +
        `another one; "none" lifts it${orPlan}`,
      parsed(collectLimits),
    )
    .option(
      '--models <patterns>',
      `models that may be called, by commas, * for any text; "all" for all${orPlan}`,
      parsed(parseModels),
    )
    .option(
      '--requests-per-minute <number>',
      `most calls in a minute; "none" for no bound${orPlan}`,
      parsed(parseBound),
    )
    .option(
      '--concurrent-calls <number>',
      `most calls at once; "none" for no bound${orPlan}`,
      parsed(parseBound),
    )
    .option(
      '--default-max-tokens <number>',
      `most tokens of an answer where the request names no bound; "default" for 4096${orPlan}`,
      parsed(parseMaxTokens),
    )
}

type Parser<Value> = (text: string, earlier?: Value) => Value

function refusePlan<Value>(parse: Parser<Value>): Parser<Value> {
  return (text, earlier) => {
    const value = parse(text, earlier)
    if (/(^|=)plan$/.test(text)) {
      throw new InvalidArgumentError('"plan" is for users: a plan has no other to go back to.')
    }
    return value
  }
}

function parseBound(text: string): TermOption<number> {
  return text === 'none' || text === 'plan' ? text : parseCount(text)
}

function parseMaxTokens(text: string): TermOption<number> {
  if (text === 'default') return 'none'
  return text === 'plan' ? text : parseCount(text)
}

function parseModels(text: string): TermOption<string[]> {
  if (text === 'all') return 'none'
  if (text === 'plan') return text
  const models = text.split(',').map((model) => model.trim())
  // Elsewhere "none" is no bound; here it could as well mean no model.
  if (models.some((model) => model === '' || model === 'none')) {
    throw new InvalidArgumentError('It must be "all", or models such as gpt-5*,o4-mini.')
  }
  return models
}
