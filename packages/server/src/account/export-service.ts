import { toLimitResponses, toUserResponse, type User } from '../users/user.ts'
import type { UserService } from '../users/user-service.ts'
import { EXPORT_SECTIONS, type ExportStore } from './export-store.ts'

export type ExportService = ReturnType<typeof createExportService>

export function createExportService(store: ExportStore, users: UserService) {
  return {
    /**
     * Everything that is kept of a user as the text of one JSON object, a page of rows at a time; nothing is read
     * before it is asked for. Throws where it cannot be completed: what was given until then is no JSON.
     */
    async *write(user: User, now: Date): AsyncGenerator<string> {
      const { terms } = user
      const head = {
        exportedAt: now.toISOString(),
        user: { ...toUserResponse(user), limits: toLimitResponses(user) },
        plan: { name: user.plan, ...terms },
      }
      yield JSON.stringify(head).slice(0, -1)
      for (const section of EXPORT_SECTIONS) {
        let separator = `,\n"${section}":[`
        for await (const rows of store.pages(section, user.id)) {
          yield separator + rows.map(toExportedRow).join(',\n')
          separator = ',\n'
        }
        yield separator.startsWith(',\n"') ? `${separator}]` : ']'
      }
      // Of somebody who was erased meanwhile the last lists came out empty: that must not look whole.
      await users.getById(user.id)
      yield '}\n'
    },
  }
}

/** The row of a table with its columns named as everywhere in this API. */
function toExportedRow(row: string): string {
  const columns: [string, unknown][] = Object.entries(JSON.parse(row))
  return JSON.stringify(Object.fromEntries(columns.map(([name, value]) => [toCamelCase(name), value])))
}

function toCamelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
