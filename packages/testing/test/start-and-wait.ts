import { runSql } from '../src/databases.ts'
import { startPostgres } from '../src/index.ts'

// Run by other-process.ts: reports its server on one line, then waits to be killed or for standard input to end.
const server = await startPostgres()
const ask = (sql: string) => runSql(server.url, sql)
const report = {
  url: server.url,
  pid: server.pid,
  dataFolder: await ask('SHOW data_directory'),
  binaryFolder: await ask("SELECT setting FROM pg_config WHERE name = 'BINDIR'"),
}
console.log(JSON.stringify(report))
for await (const _ of process.stdin);
await server.remove()
