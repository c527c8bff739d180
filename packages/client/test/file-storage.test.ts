import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileStorage } from '../src/queue/file-storage.ts'

describe('a folder that keeps events', () => {
  let parent: string
  let folder: string
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'promptmeter-queue-'))
    folder = join(parent, 'deep', 'queue')
  })
  afterEach(() => rm(parent, { recursive: true, force: true }))

  const times = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, i) => make(i))
  /** As if somebody held the turn until then. */
  const holdUntil = async (until: number) => {
    await fileStorage(folder).count('')
    const turn = join(folder, 'turn')
    const [name] = await readdir(turn)
    await rename(join(turn, name as string), join(turn, `turn-${until}-somebody-else`))
  }

  it('gives back what was added, by age, of one user, as many as asked for', async () => {
    const storage = fileStorage(folder)
    for (const id of ['ada.3', 'bob.1', 'ada.1', 'ada.2']) await storage.add({ id, text: `text of ${id}` })
    expect(await fileStorage(folder).list('ada.', 2)).toEqual([
      { id: 'ada.1', text: 'text of ada.1' },
      { id: 'ada.2', text: 'text of ada.2' },
    ])
    expect(await storage.count('ada.')).toBe(3)
    await storage.remove(['ada.1', 'ada.9'])
    expect(await storage.count('ada.')).toBe(2)
  })

  it('takes no half-written event for one', async () => {
    const storage = fileStorage(folder)
    await storage.add({ id: 'ada.1', text: '{}' })
    await writeFile(join(folder, 'ada.2.draft'), '{"usage"')
    expect(await storage.list('ada.', 10)).toEqual([{ id: 'ada.1', text: '{}' }])
  })

  it('is read by nobody but its user', async () => {
    await fileStorage(folder).add({ id: 'ada.1', text: '{}' })
    expect((await stat(join(folder, 'ada.1.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it.each(['empty', 'in use by others'])('may be there already, %s', async (state) => {
    await mkdir(folder, { recursive: true })
    if (state !== 'empty') await writeFile(join(folder, 'notes.txt'), 'not ours')
    const storage = fileStorage(folder)
    await storage.add({ id: 'ada.1', text: '{}' })
    expect(await storage.exclusively(async () => {})).toBe(true)
    expect(await storage.count('ada.')).toBe(1)
  })

  it('that cannot be made is tried again at the next call', async () => {
    await writeFile(join(parent, 'deep'), 'in the way')
    const storage = fileStorage(folder)
    await expect(storage.count('')).rejects.toThrow()
    await rm(join(parent, 'deep'))
    expect(await storage.count('')).toBe(0)
  })

  it('lets one in at a time, and whoever is refused does nothing', async () => {
    const [first, second] = [fileStorage(folder), fileStorage(folder)]
    const worked = await first.exclusively(async (stillMine) => {
      expect(await second.exclusively(async () => expect.unreachable())).toBe(false)
      expect(await stillMine()).toBe(true)
      expect(await second.exclusively(async () => expect.unreachable())).toBe(false)
    })
    expect(worked).toBe(true)
    expect(await second.exclusively(async () => {})).toBe(true)
  })

  it('frees the turn of whoever fails in it', async () => {
    const storage = fileStorage(folder)
    await expect(storage.exclusively(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await storage.exclusively(async () => {})).toBe(true)
  })

  it('leaves a turn to its holder until two minutes are over, and no longer', async () => {
    const storage = fileStorage(folder)
    await holdUntil(Date.now() + 100_000)
    expect(await storage.exclusively(async () => expect.unreachable())).toBe(false)
    await holdUntil(Date.now() - 1)
    expect(await storage.exclusively(async () => {})).toBe(true)
  })

  it('frees a turn that a clock far ahead has taken', async () => {
    await holdUntil(Date.now() + 1_000_000_000)
    expect(await fileStorage(folder).exclusively(async () => {})).toBe(true)
  })

  it('a holder that was too slow learns that the turn is not its own, and leaves it to whoever has it', async () => {
    const [slow, quick, third] = times(3, () => fileStorage(folder))
    await slow?.exclusively(async (stillMine) => {
      await holdUntil(Date.now() - 1)
      await quick?.exclusively(async (quickStillHas) => {
        expect(await stillMine()).toBe(false)
        expect(await quickStillHas()).toBe(true)
      })
      expect(await quick?.exclusively(async () => {})).toBe(true)
      expect(await stillMine()).toBe(false)
    })
    expect(await third?.exclusively(async () => {})).toBe(true)
    expect(await readdir(join(folder, 'turn'))).toEqual(['turn-free'])
  })

  it('of any number at once, lets in one alone: from free, and from whoever died', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.nat({ max: 3 }), { minLength: 2, maxLength: 12 }),
        async (died, renewals) => {
          if (died) await holdUntil(Date.now() - 1)
          let inside = 0
          let most = 0
          const worked = await Promise.all(
            renewals.map((count) =>
              fileStorage(folder).exclusively(async (stillMine) => {
                inside += 1
                most = Math.max(most, inside)
                for (let renewal = 0; renewal < count; renewal += 1) expect(await stillMine()).toBe(true)
                inside -= 1
              }),
            ),
          )
          expect(worked).toContain(true)
          expect(most).toBe(1)
          expect(await readdir(join(folder, 'turn'))).toHaveLength(1)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('used by many for the first time at once, has one turn and all their events', async () => {
    for (let round = 0; round < 20; round += 1) {
      folder = join(parent, `round-${round}`)
      await Promise.all(
        times(8, async (index) => {
          const storage = fileStorage(folder)
          await storage.add({ id: `ada.${index}`, text: '{}' })
          await storage.exclusively((stillMine) => stillMine().then(() => {}))
        }),
      )
      expect(await readdir(join(folder, 'turn'))).toEqual(['turn-free'])
      expect(await fileStorage(folder).count('ada.')).toBe(8)
    }
  })
})
