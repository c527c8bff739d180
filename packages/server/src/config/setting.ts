/** How the text of one environment variable becomes a value. A reader throws `SettingError` with what it wants instead. */
export type Reader<T> = (text: string) => T

export class SettingError extends Error {}

export function text(): Reader<string> {
  return (value) => value
}

/** A whole number within bounds; the unit belongs in the setting's name. */
export function integer(minimum: number, maximum: number): Reader<number> {
  return (value) => {
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < minimum || number > maximum) {
      throw new SettingError(`must be a whole number from ${minimum} to ${maximum}`)
    }
    return number
  }
}

export function flag(): Reader<boolean> {
  return (value) => {
    if (value === 'true' || value === '1') return true
    if (value === 'false' || value === '0') return false
    throw new SettingError('must be true or false')
  }
}

export function choice<const T extends string>(...choices: T[]): Reader<T> {
  return (value) => {
    const found = choices.find((name) => name === value)
    if (found === undefined) throw new SettingError(`must be one of ${choices.join(', ')}`)
    return found
  }
}

/** Items between commas, blanks around them dropped. */
export function list<T>(item: Reader<T>): Reader<T[]> {
  return (value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(item)
}

export function url(...protocols: string[]): Reader<string> {
  return (value) => {
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      throw new SettingError(
        `must be a URL that starts with ${protocols.map((name) => `${name}//`).join(' or ')}`,
      )
    }
    return value
  }
}

/** Visible ASCII: what a header can carry. The text itself is never repeated. */
export function headerValue(): Reader<string> {
  return (value) => {
    if (!/^[\x21-\x7e]+$/.test(value)) throw new SettingError('must hold only visible ASCII characters')
    return value
  }
}

/** An origin as browsers send it: scheme, host and port, nothing behind. */
export function origin(): Reader<string> {
  return (value) => {
    if (!URL.canParse(value) || new URL(value).origin !== value) {
      throw new SettingError(
        `must list origins such as https://app.example.com (not ${JSON.stringify(value)})`,
      )
    }
    return value
  }
}

/** Reads settings from an environment and gathers what is wrong with them, so that all of it can be told at once. */
export class SettingReader {
  readonly problems: string[] = []
  readonly #environment: Readonly<Record<string, string | undefined>>

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#environment = environment
  }

  /** The value, or `fallback` where the variable is unset, blank or wrong (then a problem is noted). */
  read<T, F>(name: string, reader: Reader<T>, fallback: F): T | F {
    const raw = this.#environment[name]?.trim()
    if (raw === undefined || raw === '') return fallback
    try {
      return reader(raw)
    } catch (error) {
      if (!(error instanceof SettingError)) throw error
      this.problem(name, error.message)
      return fallback
    }
  }

  problem(name: string, message: string): void {
    this.problems.push(`${name} ${message}`)
  }
}
