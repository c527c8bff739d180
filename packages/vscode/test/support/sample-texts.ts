/** Ordinary texts of an editor's day. */
export const SAMPLES: Readonly<Record<string, string>> = {
  'an English question':
    'Could you please look at the failing test in the payments module and tell me why it only fails on Mondays? I suspect that the time zone of the build machine has something to do with it, but I have not been able to prove it.',
  'English prose': `The lighthouse keeper climbed the stairs every evening at the same hour, carrying a small lamp and a notebook in which he wrote down the weather, the ships that had passed and whatever else seemed worth remembering. Over the years the notebooks had filled an entire shelf, and visitors who asked about storms of the past were often surprised to learn how ordinary most days had been.`,
  'English documentation': `## Configuration

Set \`serverUrl\` to the address of your server. The client retries failed requests three times, with a random delay of up to eight seconds between them. Requests that may not be repeated are sent once.

- **timeoutMs**: how long one try may take, in milliseconds
- **maxRetries**: how often a request is tried again; 0 for never`,
  TypeScript: `export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<(value: T) => void>()
  return {
    on(listener) {
      const entry = (value: T) => listener(value)
      listeners.add(entry)
      return { dispose: () => void listeners.delete(entry) }
    },
    fire(value) {
      for (const listener of [...listeners]) listener(value)
    },
  }
}
`,
  Python: `def moving_average(values, window):
    """Averages each run of values as long as the window."""
    if window <= 0:
        raise ValueError("the window must be positive")
    total = sum(values[:window])
    averages = [total / window]
    for index in range(window, len(values)):
        total += values[index] - values[index - window]
        averages.append(total / window)
    return averages
`,
  'a German question':
    'Könntest du dir bitte den fehlgeschlagenen Test im Zahlungsmodul ansehen und mir erklären, warum er nur montags fehlschlägt? Ich vermute, dass die Zeitzone des Rechners etwas damit zu tun hat, konnte es aber bisher nicht beweisen.',
  'German prose': `Der Leuchtturmwärter stieg jeden Abend zur gleichen Stunde die Treppe hinauf und trug eine kleine Lampe und ein Notizbuch bei sich, in das er das Wetter, die vorbeifahrenden Schiffe und alles andere schrieb, was ihm erinnernswert erschien. Im Laufe der Jahre hatten die Hefte ein ganzes Regal gefüllt, und Besucher, die nach vergangenen Stürmen fragten, waren oft überrascht, wie gewöhnlich die meisten Tage gewesen waren.`,
}
