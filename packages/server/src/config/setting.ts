import { isIP } from 'node:net'

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
export function origin(protocol?: string): Reader<string> {
  return (value) => {
    if (!URL.canParse(value) || new URL(value).origin !== value) {
      throw new SettingError(
        `must hold origins such as https://app.example.com (not ${JSON.stringify(value)})`,
      )
    }
    if (!['http:', 'https:'].includes(new URL(value).protocol) || !value.startsWith(protocol ?? '')) {
      throw new SettingError(`must hold origins that start with ${protocol ?? 'https:'}//`)
    }
    return value
  }
}

/** An origin, or `https://*.example.com` for each that is one name longer. */
export function originPattern(): Reader<string> {
  const exact = origin()
  return (value) => {
    const example = value.replace(/^https:\/\/\*\.(?=[^.]+\.)/, 'https://any.')
    if (example.includes('*')) {
      throw new SettingError(
        `may hold a star only at the front, as in https://*.example.com (not ${JSON.stringify(value)})`,
      )
    }
    exact(example)
    return value
  }
}

const EMAIL = /^[^\s@<>,"]+@[^\s@<>,"]+$/

/** An address in the form users are stored by. */
export function email(): Reader<string> {
  return (value) => {
    if (!EMAIL.test(value)) throw new SettingError('must hold mail addresses')
    return value.toLowerCase()
  }
}

/** `name@example.com`, or with a name in front: `Name <name@example.com>`. */
export function mailbox(): Reader<string> {
  return (value) => {
    const [, address = value] = /^[^<>\r\n]*<([^<>]+)>$/.exec(value) ?? []
    if (!EMAIL.test(address))
      throw new SettingError('must be a mail address, such as Name <name@example.com>')
    return value
  }
}

export function domain(): Reader<string> {
  return (value) => {
    const name = value.toLowerCase().replace(/^@/, '')
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(name)) {
      throw new SettingError('must hold domains such as example.com')
    }
    return name
  }
}

/** A line of text for people to read. */
export function label(maxLength: number): Reader<string> {
  return (value) => {
    if (value.length > maxLength || /[\p{Cc}]/u.test(value)) {
      throw new SettingError(`must be one line of at most ${maxLength} characters`)
    }
    return value
  }
}

/** Schemes with a meaning of their own to browsers: a code sent there would be run, shown or sent in clear. */
const TAKEN_SCHEMES = new Set([
  'http',
  'https',
  'javascript',
  'data',
  'file',
  'blob',
  'about',
  'ftp',
  'ws',
  'wss',
  'mailto',
  'view-source',
])

/** The scheme of an editor's own links, without the colon (RFC 3986, 3.1). */
export function uriScheme(): Reader<string> {
  return (value) => {
    const scheme = value.toLowerCase().replace(/:(\/\/)?$/, '')
    if (!/^[a-z][a-z0-9+.-]*$/.test(scheme) || TAKEN_SCHEMES.has(scheme)) {
      throw new SettingError('must hold URI schemes of editors, such as vscode')
    }
    return scheme
  }
}

const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal']

/** How many proxies stand in front, or their addresses and networks. */
export function networks(): Reader<number | string[]> {
  return (value) => {
    if (/^\d+$/.test(value)) return integer(1, 100)(value)
    return list((item) => {
      const [address = '', bits] = item.split('/')
      const version = isIP(address)
      const known =
        version > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && +bits <= (version === 4 ? 32 : 128)))
      if (!known && !NAMED_NETWORKS.includes(item)) {
        throw new SettingError(
          'must be the number of proxies in front, or list addresses and networks such as 10.0.0.0/8',
        )
      }
      return item
    })(value)
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
