import '../bin/require-node.js'
import { runCommandLine } from './cli/command-line.ts'

process.exitCode = await runCommandLine(process.argv)
