import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** The shell has no windows to draw: the pages are the same, in half of the processor's time. */
const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

/** Nothing goes over the network but what a page asks for. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The system's own Chromium. @throws Error that says how to get one */
export async function startChromium(): Promise<Browser> {
  const executablePath = PLACES.find((path) => path !== undefined && existsSync(path))
  if (executablePath === undefined) {
    throw new Error(
      'These tests need Chromium: apt-get install chromium-headless-shell, or set CHROMIUM to where it is.',
    )
  }
  return chromium.launch({ executablePath, args: FLAGS })
}
