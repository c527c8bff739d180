#!/usr/bin/env node
import './require-node.js'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

// A command takes half the processor time once its code was compiled before. Beside what is installed, where nobody else
// may write; where we may not either, as in a hardened unit, nothing is kept.
module.enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/promptmeter', import.meta.url)))

await import('../src/main.ts')
