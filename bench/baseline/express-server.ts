/**
 * The route POST /trackUsage as it is usually written: Express, jsonwebtoken and `pg`; find the user, update, read back.
 * Started by the benchmark with PORT, DATABASE_URL, JWT_SECRET and NODE_ENV=production. It keeps no events and knows no
 * idempotency keys, so it does less than the server it is compared with.
 */

import type { NextFunction, Request, Response } from 'express'
import express from 'express'
import jwt from 'jsonwebtoken'
import pg from 'pg'

const { PORT, DATABASE_URL, JWT_SECRET } = process.env
if (!PORT || !DATABASE_URL || !JWT_SECRET) throw new Error('PORT, DATABASE_URL and JWT_SECRET must be set.')

// pg's default size. Also the fastest of 5, 10, 20, 32 and 64 in two interleaved rounds on two cores with PostgreSQL 15, for 1,000
// users and for one: larger pools only add contention, most of all on one user's row.
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 })

const secret = JWT_SECRET
const threshold = 10

interface UserRow {
  id: string
  email: string
  prompt_count: string
  token_count: string
}

async function findUserById(id: string): Promise<UserRow | null> {
  const { rows } = await pool.query<UserRow>(
    'SELECT id, email, prompt_count, token_count FROM users WHERE id = $1',
    [id],
  )
  return rows[0] ?? null
}

/** Puts the user id of a genuine token in `res.locals.userId`; 401 without a token, 403 with a bad one. */
function authenticate(req: Request, res: Response, next: NextFunction): void {
  const token = req.headers.authorization?.split(' ')[1]
  if (!token) {
    res.status(401).json({ error: 'Token is missing.' })
    return
  }
  try {
    const claims = jwt.verify(token, secret, { algorithms: ['HS256'] }) as { userId: string }
    res.locals.userId = claims.userId
  } catch {
    res.status(403).json({ error: 'Token is invalid.' })
    return
  }
  next()
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

const app = express()
app.use(express.json())

app.post('/trackUsage', authenticate, async (req, res) => {
  const { usage = 0, tokenCount = 0 } = req.body as { usage?: unknown; tokenCount?: unknown }
  if (!isCount(usage) || !isCount(tokenCount)) {
    res.status(400).json({ error: 'usage and tokenCount must be integers of at least 0.' })
    return
  }
  const user = await findUserById(res.locals.userId)
  if (!user) {
    res.status(404).json({ error: 'User not found.' })
    return
  }
  await pool.query(
    'UPDATE users SET prompt_count = prompt_count + $2, token_count = token_count + $3 WHERE id = $1',
    [user.id, usage, tokenCount],
  )
  const updated = await findUserById(user.id)
  res.json({
    message: 'Usage tracked successfully',
    currentPromptCount: Number(updated?.prompt_count),
    currentTokenCount: Number(updated?.token_count),
    threshold,
  })
})

app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
  console.error(error)
  res.status(500).json({ error: 'Failed to track usage.' })
})

const server = app.listen(Number(PORT), '127.0.0.1')

process.once('SIGTERM', () => {
  server.close(() => void pool.end())
  server.closeAllConnections()
})
