import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EMAIL_SETTINGS, printedCode } from './support/editor.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { describeOnBothEngines } from './support/test-database.ts'

/** Every test comes from networks of its own: what one does is counted there. */
let networks = 0
const newNetwork = () => `192.0.${Math.floor(networks / 250)}.${(networks++ % 250) + 1}`

let addresses = 0
const newAddress = () => `person-${++addresses}@example.com`

const WRONG = (code: string) => (code === '000000' ? '000001' : '000000')

function clientOf(replicas: Replicas) {
  let requests = 0
  const post = (url: string, payload: object, from: string) =>
    replicas.at(requests++).request({
      method: 'POST',
      url,
      payload,
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    })
  return {
    begin: (email: unknown, from: string) => post('/signup', { email }, from),
    verify: (challengeId: unknown, code: unknown, from: string) =>
      post('/signup/verify', { challengeId, code } as object, from),
    mailsTo: (email: string) => replicas.at(0).printed.filter((line) => line.includes(` ${email}:`)).length,
    codeTo: (email: string) => printedCode(replicas.apps, email),
  }
}

describeOnBothEngines('signing in by a code', (engine) => {
  let replicas: Replicas
  let people: ReturnType<typeof clientOf>
  beforeAll(async () => {
    const settings = { ...EMAIL_SETTINGS, TRUST_PROXY: '1', ADMIN_EMAILS: 'boss@example.com' }
    replicas = await startReplicas(engine, 2, settings)
    people = clientOf(replicas)
  })
  afterAll(() => replicas.close())

  it('gives a session for the code that was sent, once', async () => {
    const [email, from] = [newAddress(), newNetwork()]
    const begun = await people.begin(`  ${email.toUpperCase()} `, from)
    expect([begun.statusCode, Object.keys(begun.json())]).toEqual([202, ['message', 'challengeId']])
    expect(begun.json().message).toBe('Check your email')
    const { challengeId } = begun.json()
    const code = await people.codeTo(email)
    const verified = await people.verify(challengeId, `${code.slice(0, 3)} ${code.slice(3)}`, from)
    expect([verified.statusCode, verified.json().message]).toEqual([200, 'User signed up successfully'])
    const counted = await replicas.at(0).track(verified.json().sessionToken, { usage: 1 })
    expect(counted.json()).toMatchObject({ currentPromptCount: 1, threshold: 10 })
    expect((await people.verify(challengeId, code, from)).json().code).toBe('code_invalid')
  })

  it('counts five tries at most, whatever number of connections tries at once', async () => {
    const [email, from] = [newAddress(), newNetwork()]
    const { challengeId } = (await people.begin(email, from)).json()
    const code = await people.codeTo(email)
    // From many networks, as an attacker with many addresses would; right codes among the wrong ones come last.
    const wrong = await Promise.all(
      Array.from({ length: 100 }, () => people.verify(challengeId, WRONG(code), newNetwork())),
    )
    for (const answer of wrong) expect([answer.statusCode, answer.json().code]).toEqual([403, 'code_invalid'])
    const { tries } = await replicas
      .at(0)
      .database.kysely.selectFrom('challenges')
      .select('tries')
      .where('id', '=', challengeId)
      .executeTakeFirstOrThrow()
    expect(tries).toBe(5)
    expect((await people.verify(challengeId, code, from)).json().code).toBe('code_invalid')
  })

  it('the right code signs in once, whatever number of connections sends it at once', async () => {
    const [email, from] = [newAddress(), newNetwork()]
    const { challengeId } = (await people.begin(email, from)).json()
    const code = await people.codeTo(email)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => people.verify(challengeId, code, newNetwork())),
    )
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
  })

  it('five challenges of an address live side by side, and nobody cancels another', async () => {
    const [email, from] = [newAddress(), newNetwork()]
    const begun: { challengeId: string; code: string }[] = []
    for (let count = 0; count < 5; count++) {
      const { challengeId } = (await people.begin(email, from)).json()
      begun.push({ challengeId, code: await people.codeTo(email) })
    }
    const sixth = await people.begin(email, from)
    expect([sixth.statusCode, sixth.json().code]).toEqual([429, 'too_many_attempts'])
    expect(Number(sixth.headers['retry-after'])).toBeGreaterThan(0)
    expect(people.mailsTo(email)).toBe(5)
    const [first, second] = begun as [(typeof begun)[0], (typeof begun)[0]]
    // The code of one is no code of another.
    if (first.code !== second.code)
      expect((await people.verify(first.challengeId, second.code, from)).json().code).toBe('code_invalid')
    for (const { challengeId, code } of begun)
      expect((await people.verify(challengeId, code, from)).statusCode).toBe(200)
  })

  it('never lets more than five live, whatever number is asked for at once', async () => {
    const [email, from] = [newAddress(), newNetwork()]
    const answers = await Promise.all(Array.from({ length: 9 }, () => people.begin(email, from)))
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(5)
  })

  it('somebody who asks for codes of a victim, and tries them, neither locks the victim out nor fills the mailbox', async () => {
    const email = newAddress()
    const attacker = newNetwork()
    for (let round = 0; round < 30; round++) {
      const { challengeId } = (await people.begin(email, attacker)).json()
      for (let tries = 0; tries < 2; tries++) await people.verify(challengeId, '123456', attacker)
    }
    await new Promise(setImmediate)
    expect(people.mailsTo(email)).toBeLessThanOrEqual(5)
    const victim = newNetwork()
    const begun = await people.begin(email, victim)
    expect(begun.statusCode).toBe(202)
    const verified = await people.verify(begun.json().challengeId, await people.codeTo(email), victim)
    expect(verified.statusCode).toBe(200)
  })

  it('a mailbox gets fifty mails a day at most, and from where its owner has signed in it goes on', async () => {
    const [email, home] = [newAddress(), newNetwork()]
    const first = (await people.begin(email, home)).json()
    expect((await people.verify(first.challengeId, await people.codeTo(email), home)).statusCode).toBe(200)
    for (let network = 0; network < 20; network++) {
      const from = newNetwork()
      await Promise.all(Array.from({ length: 5 }, () => people.begin(email, from)))
    }
    await new Promise(setImmediate)
    expect(people.mailsTo(email)).toBeLessThanOrEqual(50)
    expect((await people.begin(email, newNetwork())).statusCode).toBe(429)
    expect((await people.begin(email, home)).statusCode).toBe(202)
  })

  it('one network begins and tries a hundred times in ten minutes at most, over all replicas', async () => {
    const from = newNetwork()
    const statuses = await Promise.all(
      Array.from({ length: 110 }, async () => (await people.begin(newAddress(), from)).statusCode),
    )
    expect(statuses.filter((status) => status === 202)).toHaveLength(100)
    expect(statuses.filter((status) => status === 429)).toHaveLength(10)
    // What others claim to be is not believed beyond the one proxy in front.
    const claimed = await replicas.at(0).request({
      method: 'POST',
      url: '/signup',
      payload: { email: newAddress() },
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `203.0.113.9, ${from}` },
    })
    expect(claimed.statusCode).toBe(429)
    const told = await replicas
      .at(0)
      .database.kysely.selectFrom('audit_events')
      .select('details')
      .where('ip', '=', from)
      .execute()
    expect(told.map(({ details }) => details.reason)).toEqual(['sign_in_begun'])
  })

  it('an address of ADMIN_EMAILS becomes an admin by signing in, no other does', async () => {
    for (const [email, role] of [
      ['boss@example.com', 'admin'],
      [newAddress(), 'member'],
    ] as const) {
      const from = newNetwork()
      const { challengeId } = (await people.begin(email, from)).json()
      const { sessionToken } = (await people.verify(challengeId, await people.codeTo(email), from)).json()
      const me = await replicas
        .at(0)
        .request({ url: '/api/me', headers: { authorization: `Bearer ${sessionToken}` } })
      expect(me.json().role).toBe(role)
    }
  })

  it.each([
    [{ challengeId: 'nonsense', code: '123456' }, 403, 'code_invalid'],
    [{ challengeId: '0b8f5c1e-6c0a-4c7d-9f3e-2a1b3c4d5e6f', code: '123456' }, 403, 'code_invalid'],
    [{ challengeId: '0b8f5c1e-6c0a-4c7d-9f3e-2a1b3c4d5e6f', code: '12345' }, 403, 'code_invalid'],
    [{ challengeId: '0b8f5c1e-6c0a-4c7d-9f3e-2a1b3c4d5e6f', code: 123456 }, 400, 'invalid_request'],
    [{ code: '123456' }, 400, 'invalid_request'],
  ])('refuses %j', async ({ challengeId, code }: { challengeId?: string; code: unknown }, status, name) => {
    const answer = await people.verify(challengeId, code, newNetwork())
    expect([answer.statusCode, answer.json().code]).toEqual([status, name])
  })

  it.each([
    [undefined, 'email_required'],
    [' ', 'email_required'],
    ['nobody', 'email_invalid'],
  ])('says what is wrong with the address %j', async (email, name) => {
    const answer = await people.begin(email, newNetwork())
    expect([answer.statusCode, answer.json().code]).toEqual([400, name])
  })
})

describe('where users are invited', () => {
  let replicas: Replicas
  let people: ReturnType<typeof clientOf>
  beforeAll(async () => {
    replicas = await startReplicas('embedded', 1, {
      ...EMAIL_SETTINGS,
      REGISTRATION: 'invited',
      TRUST_PROXY: '1',
    })
    people = clientOf(replicas)
    await replicas.at(0).services.users.add('known@example.com')
  })
  afterAll(() => replicas.close())

  it('no answer tells whether an address has an account, up to the last that is refused', async () => {
    const sequence = async (email: string) => {
      const from = newNetwork()
      const answers: unknown[] = []
      for (let count = 0; count < 7; count++) {
        const begun = await people.begin(email, from)
        const { challengeId, ...rest } = begun.json()
        const tried = await people.verify(challengeId ?? 'none', '000000', from)
        const { date, 'x-request-id': id, ...headers } = begun.headers
        answers.push([begun.statusCode, rest, headers, tried.statusCode, tried.json()])
      }
      return answers
    }
    expect(await sequence('known@example.com')).toEqual(await sequence('unknown@example.com'))
    expect(people.mailsTo('known@example.com')).toBe(5)
    expect(people.mailsTo('unknown@example.com')).toBe(0)
  })

  it('a disabled user learns of it only after the address was proven', async () => {
    const { users } = replicas.at(0).services
    const user = await users.add('disabled@example.com')
    await users.update(user.id, { disabled: true })
    const from = newNetwork()
    const { challengeId } = (await people.begin('disabled@example.com', from)).json()
    const code = await people.codeTo('disabled@example.com')
    expect((await people.verify(challengeId, code, from)).json().code).toBe('user_disabled')
  })
})

describe('where registration is open to some domains', () => {
  it('an address of another domain gets the same answer, and no mail', async () => {
    const settings = { ...EMAIL_SETTINGS, REGISTRATION_DOMAINS: 'example.com', TRUST_PROXY: '1' }
    const replicas = await startReplicas('embedded', 1, settings)
    const people = clientOf(replicas)
    for (const [email, mails] of [
      ['new@example.com', 1],
      ['new@sub.example.com', 0],
      ['new@notexample.com', 0],
    ] as const) {
      expect((await people.begin(email, newNetwork())).statusCode).toBe(202)
      await new Promise(setImmediate)
      expect(people.mailsTo(email), email).toBe(mails)
    }
    await replicas.close()
  })
})

describe('without email among the ways', () => {
  it('POST /signup leads elsewhere', async () => {
    const settings = {
      SIGN_IN: 'github',
      GITHUB_CLIENT_ID: 'id',
      GITHUB_CLIENT_SECRET: 'secret',
      PUBLIC_URL: EMAIL_SETTINGS.PUBLIC_URL,
    }
    const replicas = await startReplicas('embedded', 1, settings)
    const people = clientOf(replicas)
    for (const answer of [
      await people.begin('user@example.com', newNetwork()),
      await people.verify('0b8f5c1e-6c0a-4c7d-9f3e-2a1b3c4d5e6f', '123456', newNetwork()),
    ])
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'sign_in_elsewhere'])
    await replicas.close()
  })
})
