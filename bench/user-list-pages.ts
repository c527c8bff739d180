import {
  type AdminUserResponse,
  USER_SORTS,
  type UserListResponse,
  type UserSort,
} from '@promptmeter/contract'

export interface PageTime {
  readonly pages: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly mostMs: number
}

export interface PageTimes {
  /** Over all sorts. */
  readonly filters: Readonly<Record<string, PageTime>>
  /** Each filter with each sort and direction. */
  readonly kinds: Readonly<Record<string, PageTime>>
}

export interface PageLoad {
  readonly url: string
  readonly adminKey: string
  readonly requests: number
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}

const FILTERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no filter': {},
  'search, a domain': { search: '@example.org' },
  'search, found nowhere': { search: 'nobody-has-this' },
  email: { email: 'user@example.com' },
  plan: { plan: 'pro' },
  'standing near': { standing: 'near' },
  'standing reached': { standing: 'reached' },
  'standing reached, of a plan without limits': { standing: 'reached', plan: 'unlimited' },
  disabled: { disabled: 'true' },
  'not disabled': { disabled: 'false' },
  'inactive for 30 days': { inactiveDays: '30' },
  'inactive for 3,650 days': { inactiveDays: '3650' },
  admins: { role: 'admin' },
  'all at once': {
    search: 'research',
    plan: 'team',
    standing: 'near',
    disabled: 'false',
    inactiveDays: '7',
    role: 'member',
  },
}

const ORDERS = ['asc', 'desc'] as const
const PAGE_SIZES = [50, 200]
const SAMPLE_PAGES = 500

/**
 * Asks for pages, one at a time: of each filter, sort and direction as many, a third of them first pages and the others
 * from the place of a random user. @throws when a page is refused
 */
export async function measurePages(load: PageLoad): Promise<PageTimes> {
  const users = await sampleUsers(load)
  const kinds = Object.keys(FILTERS).flatMap((filter) =>
    USER_SORTS.flatMap((sort) => ORDERS.map((order) => ({ filter, sort, order }))),
  )
  const rounds = Math.max(1, Math.round(load.requests / kinds.length))
  const timesMs = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const { filter, sort, order } of kinds) {
      load.signal.throwIfAborted()
      const from = users[Math.floor(Math.random() * users.length)] as AdminUserResponse
      const query = {
        ...FILTERS[filter],
        sort,
        order,
        limit: String(PAGE_SIZES[round % PAGE_SIZES.length]),
        ...(round % 3 !== 0 && { cursor: cursorAt(from, sort, order) }),
      }
      const begun = performance.now()
      await readPage(load, query)
      const tookMs = performance.now() - begun
      for (const name of [filter, `${filter}, by ${sort} ${order}`])
        timesMs.set(name, [...(timesMs.get(name) ?? []), tookMs])
    }
    load.onProgress((round + 1) * kinds.length, rounds * kinds.length)
  }
  const times = Object.fromEntries([...timesMs].map(([name, values]) => [name, timeOf(values)]))
  const isFilter = (name: string) => name in FILTERS
  return {
    filters: Object.fromEntries(Object.entries(times).filter(([name]) => isFilter(name))),
    kinds: Object.fromEntries(Object.entries(times).filter(([name]) => !isFilter(name))),
  }
}

/** Some of every page of the whole list. */
async function sampleUsers(load: PageLoad): Promise<AdminUserResponse[]> {
  const users: AdminUserResponse[] = []
  let cursor: string | null = null
  for (let page = 0; page < SAMPLE_PAGES; page++) {
    const answer: UserListResponse = await readPage(load, {
      limit: '200',
      ...(cursor !== null && { cursor }),
    })
    users.push(...answer.users.filter((_, index) => index % 50 === 0))
    cursor = answer.nextCursor
    if (cursor === null) break
  }
  return users
}

async function readPage(load: PageLoad, query: Record<string, string>): Promise<UserListResponse> {
  const response = await fetch(new URL(`/api/admin/users?${new URLSearchParams(query)}`, load.url), {
    headers: { authorization: `Bearer ${load.adminKey}` },
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`GET /api/admin/users answered ${response.status} ${text}`)
  return JSON.parse(text) as UserListResponse
}

/** A cursor as the server makes it of the last user of a page. */
function cursorAt(user: AdminUserResponse, sort: UserSort, order: string): string {
  const hourMs = 60 * 60 * 1000
  const value = {
    createdAt: Date.parse(user.createdAt) * 1000,
    email: user.email,
    promptCount: user.promptCount,
    tokenCount: user.tokenCount,
    costMicros: user.costMicros,
    lastUsedAt: user.lastUsedAt === null ? 0 : Date.parse(user.lastUsedAt) / hourMs,
  }[sort]
  return Buffer.from(JSON.stringify([sort, order, String(value), user.id])).toString('base64url')
}

function timeOf(valuesMs: readonly number[]): PageTime {
  const sorted = valuesMs.toSorted((one, other) => one - other)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
  return { pages: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) }
}
