import { existsSync } from 'node:fs'
import { type Config, parseConfig, parseStorageConfig, type StorageConfig } from './config.ts'

/** The settings of this process: the environment, and for what it leaves unset the file `.env` of the working folder. */
export function loadConfig(overrides: Readonly<Record<string, string | undefined>> = {}): Config {
  return parseConfig({ ...environment(), ...overrides })
}

/** The same for a command that works on the database itself and starts no server. */
export function loadStorageConfig(
  overrides: Readonly<Record<string, string | undefined>> = {},
): StorageConfig {
  return parseStorageConfig({ ...environment(), ...overrides })
}

export function environment(): Readonly<Record<string, string | undefined>> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return process.env
}
