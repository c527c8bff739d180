import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import type { Databases } from '../databases.ts'
import { startServer } from './server-process.ts'
import { type Counts, emails, groupTokens, type RunningTarget, type Target } from './target.ts'

/** (b): the same route in the usual style. */
export function expressTarget(databases: Databases): Target {
  return { name: 'b', title: 'Express 5, jsonwebtoken, pg', start: () => start(databases) }
}

async function start(databases: Databases): Promise<RunningTarget> {
  const database = await databases.create('express')
  await database.query(`
    CREATE TABLE users (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      email text NOT NULL UNIQUE,
      prompt_count bigint NOT NULL DEFAULT 0,
      token_count bigint NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT now()
    )`)
  const users = await database.query<{ id: string; email: string }>(
    'INSERT INTO users (email) SELECT unnest($1::text[]) RETURNING id, email',
    [emails],
  )
  const idByEmail = new Map(users.map(({ id, email }) => [email, id]))
  const secret = randomBytes(32).toString('base64url')
  const tokens = emails.map((email) => {
    const apiKey = `pm_${randomBytes(48).toString('base64url')}`
    return jwt.sign({ userId: idByEmail.get(email), email, apiKey }, secret, {
      expiresIn: '30d',
      issuer: 'promptmeter',
    })
  })
  const server = await startServer({
    command: [join(import.meta.dirname, '../baseline/express-server.ts')],
    env: { DATABASE_URL: database.url, JWT_SECRET: secret },
  })
  return {
    ...server,
    tokens: groupTokens(tokens),
    async readCounts(): Promise<Counts> {
      const [row] = await database.query<{ prompts: string; tokens: string }>(
        'SELECT sum(prompt_count) AS prompts, sum(token_count) AS tokens FROM users',
      )
      return { prompts: Number(row?.prompts), tokens: Number(row?.tokens) }
    },
  }
}
