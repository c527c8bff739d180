/** What every route of the operator says of itself in the API reference. */
export const ADMIN_SCHEMA = { tags: ['Administration'], security: [{ admin: [] }, { session: [] }] }
