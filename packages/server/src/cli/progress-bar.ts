/** How often the bar is drawn at most, in milliseconds. */
const DRAW_EVERY_MS = 100
const WIDTH = 30

/** A line on a terminal that tells how far something has come; nothing anywhere else. */
export class ProgressBar {
  readonly #terminal: NodeJS.WriteStream
  readonly #total: number | null
  #drawnAt = 0
  #drawn = false

  /** @param total null when nobody knows */
  constructor(terminal: NodeJS.WriteStream, total: number | null) {
    this.#terminal = terminal
    this.#total = total
  }

  update(done: number, text: string): void {
    const now = performance.now()
    if (!this.#terminal.isTTY || now - this.#drawnAt < DRAW_EVERY_MS) return
    this.#terminal.write(`\r\x1b[K${this.#bar(done)}${text}`)
    this.#drawnAt = now
    this.#drawn = true
  }

  /** Writes a line of its own, the bar out of its way. */
  writeLine(line: string): void {
    this.clear()
    this.#terminal.write(`${line}\n`)
  }

  clear(): void {
    if (this.#drawn) this.#terminal.write('\r\x1b[K')
    this.#drawn = false
    this.#drawnAt = 0
  }

  #bar(done: number): string {
    if (this.#total === null) return ''
    const part = this.#total === 0 ? 1 : Math.min(1, done / this.#total)
    const filled = Math.round(part * WIDTH)
    return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${Math.floor(100 * part)} % · `
  }
}
