import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import { handleError } from '../http/error-handler.ts'
import type { HttpApp } from '../http/http-app.ts'
import { PAGE_HEADERS } from '../pages/layout.ts'
import { notBuiltPage } from '../pages/not-built-page.ts'
import { nothingHere } from '../promptmeter-error.ts'

/** What `npm run build` makes of the dashboard. */
export const DASHBOARD_FOLDER = fileURLToPath(new URL('../../../dashboard/dist', import.meta.url))

/** Where the one page is: which of its views an address means, the page knows. */
export const DASHBOARD_PATHS = ['/', '/users', '/users/:id', '/plans', '/prices', '/audit', '/usage'] as const

const HIDDEN = { schema: { hide: true } } as const

/** Stands in the built page wherever the nonce of its styles goes. */
const NONCE_PLACE = '__STYLE_NONCE__'

/** In a built file's name: other content has another name. */
const CONTENT_HASH = /-[\w-]{8}\.\w+$/

/** The page of one answer: only its own scripts, the server it came from, and styles that carry the nonce. */
function pageHeaders(nonce: string) {
  return {
    'Content-Security-Policy':
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; ` +
      "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    'Content-Type': 'text/html; charset=utf-8',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Referrer-Policy': 'same-origin',
  }
}

/**
 * The dashboard, as it was built. Its page is read once: a build beside a running server counts from the next start on.
 * @param folder where it was built to
 */
export async function dashboardPageRoutes(app: HttpApp, folder: string, appName: string): Promise<void> {
  const page = await readPage(folder)
  if (page === null) {
    app.get('/', HIDDEN, async (_request, reply) =>
      reply.code(503).headers(PAGE_HEADERS).send(notBuiltPage({ appName })),
    )
    return
  }

  const parts = page.split(NONCE_PLACE)
  for (const path of DASHBOARD_PATHS)
    app.get(path, HIDDEN, async (_request, reply) => {
      const nonce = randomBytes(16).toString('base64')
      return reply.headers(pageHeaders(nonce)).send(parts.join(nonce))
    })

  await app.register(async (scope) => {
    // A folder, a dot, a way out: what is no file of the dashboard is nothing.
    scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) =>
      handleError((error.statusCode ?? 500) < 500 ? nothingHere() : error, request, reply),
    )
    // The plugin describes its own route; nobody calls it by hand.
    scope.addHook('onRoute', (route) => {
      route.schema = { ...route.schema, hide: true }
    })
    await scope.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: '/assets/',
      index: false,
      decorateReply: false,
      preCompressed: true,
      cacheControl: false,
      setHeaders(reply, path) {
        const name = path.replace(/\.(?:br|gz)$/, '')
        const hashed = CONTENT_HASH.test(name)
        reply.header('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'public, max-age=300')
      },
    })
  })
}

async function readPage(folder: string): Promise<string | null> {
  try {
    return await readFile(join(folder, 'index.html'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
