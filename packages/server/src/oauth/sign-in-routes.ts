import type { SignInMethod } from '@promptmeter/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { statusOf } from '../http/error-handler.ts'
import { acceptOnlyForms, type Form } from '../http/form-body.ts'
import type { HttpApp } from '../http/http-app.ts'
import { originOf } from '../http/request-origin.ts'
import { STYLESHEET_PATH } from '../pages/layout.ts'
import { codePage, type SignInView, waysPage } from '../pages/sign-in-pages.ts'
import { STYLESHEET } from '../pages/stylesheet.ts'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { Macs } from '../secret-keys.ts'
import type { EmailWay } from '../sign-in/email-way.ts'
import { OutsideError, type OutsideProvider } from '../sign-in/outside-provider.ts'
import type { Proof, SignInService } from '../sign-in/sign-in-service.ts'
import type { UserService } from '../users/user-service.ts'
import { answerErrorsWithPages, answerPage, signInGone } from './answer-page.ts'
import type { BrowserParts } from './oauth-routes.ts'
import type { OutsideAttempts } from './outside-attempts.ts'
import type { PendingSignIn, PendingSignIns } from './pending-sign-ins.ts'

export interface SignInPageParts extends BrowserParts {
  readonly ways: readonly SignInMethod[]
  readonly users: UserService
  readonly signIn: SignInService
  readonly email: EmailWay | null
  readonly outside: readonly OutsideProvider[]
  readonly outsideAttempts: OutsideAttempts
  readonly pending: PendingSignIns
  /** Names a sign-in in its own forms, so that no other site can send them. */
  readonly csrf: Macs
}

type SignInRequest = FastifyRequest<{ Params: { uid: string; way?: string } }>

const HIDDEN = { schema: { hide: true } } as const

/** The pages of a sign-in in the browser. They work without a script. */
export async function signInPageRoutes(app: HttpApp, parts: SignInPageParts): Promise<void> {
  const { appName, ways, users, signIn, email, outside, outsideAttempts, pending, csrf, network } = parts

  const viewOf = ({ uid, client }: PendingSignIn): SignInView => ({
    appName,
    path: `/sign-in/${uid}`,
    csrf: csrf.of(uid),
    client,
  })
  const byAddress = ways.includes('trusted') ? 'trusted' : email === null ? null : 'code'
  const showWays = (reply: FastifyReply, found: PendingSignIn, problem: string | null = null, typed = '') =>
    answerPage(
      reply,
      waysPage({ ...viewOf(found), byAddress, outside, problem, email: typed || (found.loginHint ?? '') }),
      found.formTarget,
    )

  /** The ways once more, with why the last one led nowhere. */
  const showRefusal = (reply: FastifyReply, found: PendingSignIn, error: unknown, typed = '') => {
    if (error instanceof OutsideError)
      return showWays(reply.code(error.reason === 'unavailable' ? 503 : 403), found, error.message)
    if (!(error instanceof PromptmeterError)) throw error
    reply.request.refusedWith = error.code
    return showWays(reply.code(statusOfPage(error)), found, error.message, typed)
  }

  /** The sign-in of this browser, for a form that came from one of our own pages. */
  const pendingOfForm = async (request: SignInRequest, reply: FastifyReply): Promise<PendingSignIn> => {
    const found = await pending.find(request, reply)
    const { csrf: sent = '' } = request.body as Form
    const site = request.headers['sec-fetch-site']
    const fromUs = site === undefined || site === 'same-origin' || site === 'none'
    if (!fromUs || !csrf.matches(found.uid, sent)) throw signInGone()
    return found
  }

  const finish = async (request: SignInRequest, reply: FastifyReply, found: PendingSignIn, proof: Proof) => {
    const user = await signIn.admit(proof, originOf(request))
    return reply.redirect(await found.complete(user, proof.method, request, reply), 303)
  }

  await app.register(async (scope) => {
    acceptOnlyForms(scope)
    answerErrorsWithPages(scope, appName)

    scope.get(STYLESHEET_PATH, HIDDEN, async (_request, reply) =>
      reply.header('Cache-Control', 'public, max-age=300').type('text/css; charset=utf-8').send(STYLESHEET),
    )

    scope.get('/sign-in/:uid', HIDDEN, async (request: SignInRequest, reply) =>
      showWays(reply, await pending.find(request, reply)),
    )

    scope.post('/sign-in/:uid/email', HIDDEN, async (request: SignInRequest, reply) => {
      const found = await pendingOfForm(request, reply)
      const typed = (request.body as Form).email ?? ''
      try {
        const address = users.requireEmail(typed)
        if (byAddress === 'trusted')
          return await finish(request, reply, found, { method: 'trusted', email: address })
        if (email === null) return showWays(reply.code(403), found, 'Sign in another way.')
        await network.begin(originOf(request))
        const challengeId = await email.begin(address, originOf(request))
        return reply.redirect(`/sign-in/${found.uid}/code?challenge=${challengeId}`, 303)
      } catch (error) {
        return showRefusal(reply, found, error, typed)
      }
    })

    scope.get('/sign-in/:uid/code', HIDDEN, async (request: SignInRequest, reply) => {
      const found = await pending.find(request, reply)
      return showCode(reply, found, String((request.query as Form).challenge ?? ''))
    })

    scope.post('/sign-in/:uid/code', HIDDEN, async (request: SignInRequest, reply) => {
      const found = await pendingOfForm(request, reply)
      const { challenge = '', code = '' } = request.body as Form
      try {
        if (email === null) throw new PromptmeterError('sign_in_elsewhere', 'Sign in another way.')
        await network.tryCode(originOf(request))
        const address = await email.verify(challenge, code, originOf(request))
        return await finish(request, reply, found, { method: 'email', email: address })
      } catch (error) {
        if (!(error instanceof PromptmeterError)) throw error
        request.refusedWith = error.code
        return showCode(reply.code(statusOfPage(error)), found, challenge, error.message)
      }
    })

    scope.post('/sign-in/:uid/with/:way', HIDDEN, async (request: SignInRequest, reply) => {
      const found = await pendingOfForm(request, reply)
      const provider = outside.find(({ way }) => way === request.params.way)
      if (provider === undefined) return showWays(reply.code(404), found, 'Sign in another way.')
      try {
        await network.begin(originOf(request))
        const { url, cookie } = await outsideAttempts.begin(found.uid, provider)
        return reply.header('Set-Cookie', cookie).redirect(url, 303)
      } catch (error) {
        return showRefusal(reply, found, error)
      }
    })

    // Providers know one address of ours; the cookies of a sign-in are seen only under its own path.
    scope.get('/sign-in/callback/:way', HIDDEN, async (request: SignInRequest, reply) => {
      const { way } = request.params
      const query = request.url.slice(request.url.indexOf('?'))
      const uid = outsideAttempts.uidOf((request.query as Form).state)
      if (uid === null || !request.url.includes('?') || !outside.some((known) => known.way === way))
        throw signInGone()
      return reply.redirect(`/sign-in/${uid}/callback/${way}${query}`, 303)
    })

    scope.get('/sign-in/:uid/callback/:way', HIDDEN, async (request: SignInRequest, reply) => {
      const found = await pending.find(request, reply)
      const provider = outside.find(({ way }) => way === request.params.way)
      if (provider === undefined) throw signInGone()
      const query = request.url.slice(request.url.indexOf('?'))
      reply.header('Set-Cookie', outsideAttempts.end(found.uid))
      try {
        const identity = await outsideAttempts.finish(found.uid, provider, query, request.headers.cookie)
        const { email: address, issuer: vouching, subject } = identity
        return await finish(request, reply, found, {
          method: provider.way,
          email: address,
          identity: { issuer: vouching, subject },
        })
      } catch (error) {
        if (error instanceof OutsideError) await signIn.refused(provider.way, error.reason, originOf(request))
        return showRefusal(reply, found, error)
      }
    })

    scope.post('/sign-in/:uid/cancel', HIDDEN, async (request: SignInRequest, reply) => {
      const found = await pendingOfForm(request, reply)
      return reply.redirect(await found.cancel(reply), 303)
    })

    async function showCode(
      reply: FastifyReply,
      found: PendingSignIn,
      challengeId: string,
      problem?: string,
    ) {
      const address = email === null ? null : await email.addressOf(challengeId)
      if (address === null) return showWays(reply, found, problem ?? 'Ask for a code first.')
      return answerPage(
        reply,
        codePage({ ...viewOf(found), challengeId, email: address, problem: problem ?? null }),
        found.formTarget,
      )
    }
  })
}

/** Pages know no 404: what there is none of is refused. */
function statusOfPage({ code }: PromptmeterError): number {
  return code === 'user_not_found' ? 403 : statusOf(code)
}
