import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Commands, startCommands } from './support/commands.ts'

let commands: Commands
beforeAll(async () => {
  commands = await startCommands()
})
afterAll(() => commands.close())

const run = (...args: string[]) => commands.run(...args)
const succeed = (...args: string[]) => commands.succeed(...args)
const json = (...args: string[]) => commands.json(...args)

describe('promptmeter plans', () => {
  it('creates a plan of what is named, cost in dollars, and shows it', async () => {
    const created = await succeed(
      ...['plans', 'set', 'made', '--limit', 'prompts/month=1000', '--limit', 'cost/month=5.000001'],
      ...['--models', 'gpt-5*, o4-mini', '--requests-per-minute', '60', '--default-max-tokens', '2048'],
    )
    expect(created).toContain('Created made: no user has it yet.')
    const plan = await json('plans', 'show', 'made')
    expect(plan).toEqual({
      name: 'made',
      limits: [
        { meter: 'prompts', window: 'month', amount: 1000 },
        { meter: 'cost', window: 'month', amount: 5_000_001 },
      ],
      allowedModels: ['gpt-5*', 'o4-mini'],
      requestsPerMinute: 60,
      concurrentCalls: null,
      defaultMaxTokens: 2048,
      userCount: 0,
      updatedAt: expect.any(String),
    })
    const shown = await succeed('plans', 'show', 'made')
    for (const text of ['prompts/month 1,000', 'cost/month $5.000001', 'gpt-5*, o4-mini', '2,048'])
      expect(shown).toContain(text)
    const { plans } = await json('plans', 'list')
    expect(plans).toContainEqual(plan)
    expect(await succeed('plans', 'list')).toMatch(
      /^made +0 .*prompts\/month 1,000, cost\/month \$5\.000001$/m,
    )
  })

  it('changes only what is named, and says for how many users', async () => {
    const terms = ['--limit', 'tokens/day=200', '--limit', 'prompts/day=5', '--concurrent-calls', '4']
    await succeed('plans', 'set', 'changed', ...terms, '--models', 'm')
    const before = await json('plans', 'show', 'changed')
    await succeed('users', 'add', 'one@plans.example', '--plan', 'changed')
    const limits = ['--limit', 'tokens/day=none', '--limit', 'prompts/day=6', '--limit', 'cost/hour=0.5']
    const once = await succeed('plans', 'set', 'changed', ...limits)
    expect(once).toContain('It holds from now on for the 1 user who has the plan changed.')
    await succeed('users', 'add', 'two@plans.example', '--plan', 'changed')
    const twice = await succeed('plans', 'set', 'changed', '--models', 'all', '--concurrent-calls', 'none')
    expect(twice).toContain('It holds from now on for the 2 users who have the plan changed.')
    expect(await json('plans', 'show', 'changed')).toEqual({
      ...before,
      limits: [
        { meter: 'prompts', window: 'day', amount: 6 },
        { meter: 'cost', window: 'hour', amount: 500_000 },
      ],
      allowedModels: null,
      concurrentCalls: null,
      userCount: 2,
      updatedAt: expect.any(String),
    })
    expect(await json('plans', 'set', 'changed', '--default-max-tokens', 'default')).toMatchObject({
      userCount: 2,
      defaultMaxTokens: null,
    })
  })

  it('removes a plan only when told so, and never one in use or the built-in one', async () => {
    await succeed('plans', 'set', 'removed', '--models', 'all')
    const asked = await run('plans', 'remove', 'removed')
    expect(asked).toMatchObject({ code: 2, stdout: '' })
    expect(asked.stderr).toContain('--yes')
    await succeed('users', 'add', 'three@plans.example', '--plan', 'removed')
    const inUse = await run('plans', 'remove', 'removed', '--yes')
    expect(inUse).toMatchObject({ code: 1, stdout: '' })
    expect(inUse.stderr).toContain('1 user has the plan removed. Give them another first')
    await succeed('users', 'set', 'three@plans.example', '--plan', 'free')
    expect(await json('plans', 'remove', 'removed', '--yes')).toMatchObject({ name: 'removed' })
    expect(await run('plans', 'show', 'removed')).toMatchObject({ code: 3 })
    const builtIn = await run('plans', 'remove', 'free', '--yes')
    expect(builtIn).toMatchObject({ code: 1, stdout: '' })
    expect(builtIn.stderr).toContain('never removed')
    expect(await json('plans', 'show', 'free')).toMatchObject({ name: 'free' })
  })

  it.each([
    ['nothing to set', 2, ['plans', 'set', 'odd']],
    ['a limit that is none', 2, ['plans', 'set', 'odd', '--limit', 'prompts/year=1']],
    ['a limit said twice', 2, ['plans', 'set', 'odd', '--limit', 'cost/day=1', '--limit', 'cost/day=2']],
    ['a limit of the plan of a plan', 2, ['plans', 'set', 'odd', '--limit', 'cost/day=plan']],
    ['a bound of the plan of a plan', 2, ['plans', 'set', 'odd', '--requests-per-minute', 'plan']],
    ['no model by the word of no bound', 2, ['plans', 'set', 'odd', '--models', 'none']],
    ['an empty model', 2, ['plans', 'set', 'odd', '--models', 'a,,b']],
    ['a bound that is no number', 2, ['plans', 'set', 'odd', '--concurrent-calls', 'many']],
    ['a bound out of range', 1, ['plans', 'set', 'odd', '--concurrent-calls', '0']],
    ['a name that cannot be one', 1, ['plans', 'set', 'Odd One', '--models', 'all']],
    ['a name that leads elsewhere', 3, ['plans', 'remove', '..', '--yes']],
    ['no such plan to show', 3, ['plans', 'show', 'odd']],
    ['no such plan to remove', 3, ['plans', 'remove', 'odd', '--yes']],
    ['no such plan for a new user', 3, ['users', 'add', 'odd@plans.example', '--plan', 'odd']],
  ])('of %s ends with %d, told on stderr alone, and sets nothing', async (_, code, args) => {
    const result = await run(...args)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr.length).toBeGreaterThan(10)
    expect(result.stderr).not.toMatch(/\n\s+at /)
    expect((await commands.get('/api/admin/plans/odd')).status).toBe(404)
  })

  it.each([
    ['plans'],
    ['plans set'],
    ['plans remove'],
    ['prices'],
    ['prices set'],
    ['prices import'],
    ['users set'],
  ])('%s tells how with examples', async (name) => {
    const { stdout } = await run(...name.split(' '), '--help')
    expect(stdout).toMatch(/Examples?:\n {2}\$ promptmeter /)
  })
})

describe('promptmeter users, with plans', () => {
  it('gives a user a plan, and shows it in the list and with every limit', async () => {
    const limits = [
      '--limit',
      'prompts/month=50',
      '--limit',
      'cost/month=5',
      '--limit',
      'tokens/lifetime=9000',
    ]
    await succeed('plans', 'set', 'shown', ...limits)
    await succeed('users', 'add', 'shown@plans.example', '--plan', 'shown')
    const reason = ['--reason', 'moved by hand']
    await succeed('correct', 'shown@plans.example', '--cost', '1.25', '--usage', '2', ...reason)
    expect(await json('correct', 'shown@plans.example', '--cost', '-0.000001', ...reason)).toMatchObject({
      costMicros: 1_249_999,
    })
    const shown = await succeed('users', 'show', 'shown@plans.example')
    expect(shown).toContain('Plan       shown\n')
    expect(shown).toContain('Cost       $1.249999\n')
    expect(shown).toMatch(/^prompts\/month +50 +2 +0 +48 +\d{4}-\d\d-01 00:00$/m)
    expect(shown).toMatch(/^cost\/month +\$5\.00 +\$1\.249999 +\$0\.00 +\$3\.750001 +\d{4}-\d\d-01 00:00$/m)
    expect(shown).toMatch(/^tokens\/lifetime +9,000 +0 +0 +9,000 +never$/m)
    const user = await json('users', 'show', 'shown@plans.example')
    expect(user).toMatchObject({ plan: 'shown', costMicros: 1_249_999 })
    expect(user.limits).toHaveLength(3)
    expect(await succeed('users', 'list', '--search', 'shown@')).toMatch(/^shown@plans\.example +shown +2 /m)
    const usage = await succeed('usage', 'shown@plans.example')
    expect(usage).toMatch(/ +Cost$/m)
    expect(usage).toMatch(/^Total +2 +0 +\$1\.249999$/m)
  })

  it('merges overrides with those a user has, and takes them away again', async () => {
    await succeed('plans', 'set', 'merged', '--limit', 'tokens/day=100', '--limit', 'prompts/day=7')
    await succeed('users', 'add', 'merged@plans.example', '--plan', 'merged')
    const set = (...args: string[]) => json('users', 'set', 'merged@plans.example', ...args)
    expect((await set('--limit', 'tokens/day=5', '--models', 'gpt-5*')).overrides).toEqual({
      limits: [{ meter: 'tokens', window: 'day', amount: 5 }],
      allowedModels: ['gpt-5*'],
    })
    const user = await set('--limit', 'prompts/day=none', '--limit', 'cost/day=2', '--concurrent-calls', '1')
    expect(user.overrides).toEqual({
      limits: [
        { meter: 'tokens', window: 'day', amount: 5 },
        { meter: 'prompts', window: 'day', amount: null },
        { meter: 'cost', window: 'day', amount: 2_000_000 },
      ],
      allowedModels: ['gpt-5*'],
      concurrentCalls: 1,
    })
    expect(user.limits).toMatchObject([
      { meter: 'tokens', amount: 5 },
      { meter: 'cost', amount: 2_000_000 },
    ])
    expect(await succeed('users', 'show', 'merged@plans.example')).toContain(
      'Overrides  tokens/day 5, prompts/day none, cost/day $2.00, models gpt-5*, concurrent-calls 1\n',
    )
    expect((await set('--limit', 'tokens/day=plan', '--models', 'all')).overrides).toEqual({
      limits: user.overrides.limits.slice(1),
      allowedModels: null,
      concurrentCalls: 1,
    })
    const gone = ['--limit', 'prompts/day=plan', '--limit', 'cost/day=plan', '--concurrent-calls', 'plan']
    expect(await set(...gone, '--models', 'plan')).toMatchObject({
      overrides: null,
      limits: [
        { meter: 'tokens', amount: 100 },
        { meter: 'prompts', amount: 7 },
      ],
    })
  })

  it('leaves overrides and threshold alone where they are not named', async () => {
    await succeed('plans', 'set', 'kept', '--limit', 'prompts/lifetime=7')
    await succeed('users', 'add', 'kept@plans.example', '--threshold', '3')
    await succeed('users', 'set', 'kept@plans.example', '--requests-per-minute', '5')
    expect(await json('users', 'set', 'kept@plans.example', '--plan', 'kept')).toMatchObject({
      plan: 'kept',
      threshold: 3,
      overrides: { requestsPerMinute: 5 },
    })
    expect(await json('users', 'set', 'kept@plans.example', '--threshold', 'plan')).toMatchObject({
      threshold: 7,
      overrides: { requestsPerMinute: 5 },
    })
  })

  it.each([
    ['nothing', 2, [], '--plan'],
    ['the threshold as a limit', 2, ['--limit', 'prompts/lifetime=5'], '--threshold'],
    ['a limit that is none', 2, ['--limit', 'tokens=5'], 'meter/window=amount'],
    ['a plan that is not there', 3, ['--plan', 'nowhere', '--models', 'all'], 'Plan not found.'],
  ])('changes nothing for %s, and says why', async (_, code, args, why) => {
    await run('users', 'add', 'same@plans.example')
    const same = async () => (await commands.get('/api/admin/users?email=same@plans.example')).body.users
    const before = await same()
    expect(before).toHaveLength(1)
    const result = await run('users', 'set', 'same@plans.example', ...args)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toContain(why)
    expect(await same()).toEqual(before)
  })
})
