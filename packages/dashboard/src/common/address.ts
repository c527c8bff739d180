import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

/** Values to set in the address bar; null takes one away. */
export type AddressChanges = Readonly<Record<string, string | null>>

export interface Address {
  /** A value of the query; null where there is none. */
  get(name: string): string | null
  /** One of `allowed`; the first of them where the address has none of these. */
  choice<Value extends string>(name: string, allowed: readonly [Value, ...Value[]]): Value
  change(changes: AddressChanges, options?: AddressChangeOptions): void
}

export interface AddressChangeOptions {
  /** For what nobody wants to go back to, such as each letter of a search. */
  readonly replace?: boolean
  /** Kept with the entry of the browser's history; null when left out. */
  readonly state?: unknown
}

/** What a view shows stands in the address bar: a link shares it, and the browser's back button undoes it. */
export function useAddress(): Address {
  const [params, setParams] = useSearchParams()
  const change = useCallback(
    (changes: AddressChanges, { replace = false, state = null }: AddressChangeOptions = {}) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before)
          for (const [name, value] of Object.entries(changes)) {
            if (value === null || value === '') after.delete(name)
            else after.set(name, value)
          }
          return after
        },
        { replace, state },
      ),
    [setParams],
  )
  return {
    get: (name) => params.get(name),
    choice: (name, allowed) => allowed.find((value) => value === params.get(name)) ?? allowed[0],
    change,
  }
}
