/** What a promise was rejected with. @throws Error when it was not */
// biome-ignore lint/suspicious/noExplicitAny: the test says what it expects
export async function caught(promise: Promise<unknown>): Promise<any> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new Error(`not refused, but: ${JSON.stringify(value)}`)
}
