import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { type Config, ConfigError, parseConfig, parseStorageConfig, type StorageConfig } from './config.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The settings of this process: the environment, and for what it leaves unset or blank the file `.env` of the working folder. */
export function loadConfig(overrides: Environment = {}): Config {
  return parseConfig({ ...environment(), ...overrides })
}

/** The same for a command that works on the database itself and starts no server. */
export function loadStorageConfig(overrides: Environment = {}): StorageConfig {
  return parseStorageConfig({ ...environment(), ...overrides })
}

/** @throws ConfigError when `.env` is there and cannot be read */
export function environment(): Environment {
  const chosen = Object.entries(process.env).filter(([, value]) => value?.trim() !== '')
  return { ...readEnvFile('.env'), ...Object.fromEntries(chosen) }
}

function readEnvFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return {}
    throw new ConfigError([`${path} cannot be read (${code})`])
  }
}
