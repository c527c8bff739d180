import { fileURLToPath } from 'node:url'

/** Where pictures go. */
export const ARTIFACTS = fileURLToPath(new URL('../artifacts/', import.meta.url))
