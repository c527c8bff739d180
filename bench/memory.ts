import { readdir, readFile } from 'node:fs/promises'

/**
 * The most resident memory the process and its descendants have held since each of them started, in MiB (Linux: VmHWM).
 * A sum of peaks, so never less than the peak of the sum.
 */
export async function readPeakMemoryMib(pid: number): Promise<number> {
  const parents = await readParents()
  const family = new Set([pid])
  // A child may be listed before its parent once process ids wrap around: repeat until nobody joins.
  for (let size = 0; size < family.size; ) {
    size = family.size
    for (const [child, parent] of parents) if (family.has(parent)) family.add(child)
  }
  const peaks = await Promise.all([...family].map((member) => readStatusNumber(member, 'VmHWM')))
  if (!peaks[0])
    throw new Error(`Process ${pid} is gone, or this is not Linux: its peak memory cannot be read.`)
  return peaks.reduce<number>((sum, kib) => sum + (kib ?? 0), 0) / 1024
}

async function readParents(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const rows = await Promise.all(pids.map(async (pid) => [pid, await readStatusNumber(pid, 'PPid')] as const))
  return new Map(rows.filter((row): row is readonly [number, number] => row[1] !== null))
}

/** Null once the process is gone. */
async function readStatusNumber(pid: number, field: string): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const value = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]
  return value === undefined ? null : Number(value)
}
