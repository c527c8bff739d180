// Builds the dashboard after `npm ci`. Where its tools were left out (`--omit=dev`) nothing is built: a production image takes the
// page along from where it was built.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../packages/dashboard/package.json', import.meta.url))

try {
  require.resolve('vite/package.json')
} catch {
  console.log('The dashboard is not built: Vite is not installed. npm run build does it after a full npm ci.')
  process.exit(0)
}
const { status } = spawnSync('npm', ['run', '--silent', 'build', '--', '--logLevel', 'warn'], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
