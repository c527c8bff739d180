import { setImmediate as turnOfEventLoop } from 'node:timers/promises'
import type { BytePairEncodingCore } from 'gpt-tokenizer/BytePairEncodingCore'

export interface TokenCounter {
  /** Tokens of a text in the o200k_base encoding. Special tokens in it count as the plain text they are. */
  count(text: string): Promise<number>
}

/**
 * Most characters tokenised before the event loop gets a turn: at most 12 kB of UTF-8. Ordinary text takes 1 ms, the
 * worst we could make 20 ms.
 */
const TURN_LENGTH = 4096

/** What a count costs beside its characters, in characters, so that many tiny texts give turns too. */
const COUNT_COST = 16

/** How far back from the end of a piece a blank is looked for. */
const SEAM_WINDOW = 256

/**
 * Merging takes time quadratic in the length of a run, so longer runs are cut. The vocabulary's longest word has 26
 * letters, its longest blank these 128 characters. A cut costs about a token.
 */
const LONGEST_RUN = 64
const LONGEST_BLANK = 128

/**
 * Counts tokens without holding up the event loop. The encoding is loaded by the first count, which takes about 0.2 s
 * and keeps 80 MB; counting '' does just that, ahead of time.
 */
export function createTokenCounter(): TokenCounter {
  let loading: Promise<BytePairEncodingCore> | undefined
  let line: Promise<unknown> = Promise.resolve()
  let sinceTurn = 0

  /** The pieces of all texts stand in one line: a long text goes to its end again after each of its pieces. */
  function countPiece(encoding: BytePairEncodingCore, piece: string): Promise<number> {
    const counted = line.then(async () => {
      const cost = piece.length + COUNT_COST
      if (sinceTurn + cost > TURN_LENGTH) {
        await turnOfEventLoop()
        sinceTurn = 0
      }
      sinceTurn += cost
      return encoding.countNative(piece)
    })
    line = counted.catch(() => undefined)
    return counted
  }

  return {
    async count(text) {
      loading ??= loadEncoding()
      const encoding = await loading
      let tokens = 0
      for (let start = 0; start < text.length; ) {
        const end = endOfPiece(text, start)
        tokens += await countPiece(encoding, text.slice(start, end))
        start = end
      }
      return tokens
    },
  }
}

/** No token spans the place between a word and the blank after it, so a cut there changes no count. */
function endOfPiece(text: string, start: number): number {
  const end = start + TURN_LENGTH - COUNT_COST
  if (end >= text.length) return text.length
  const words = /^.*\S(?= )/s.exec(text.slice(end - SEAM_WINDOW, end))
  if (words !== null) return end - SEAM_WINDOW + words[0].length
  return /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(end - 1, end + 1)) ? end - 1 : end
}

/**
 * The core of gpt-tokenizer: its front door refuses special tokens and brings tables of models and prices. It runs
 * without a merge cache, whose keys are slices that keep whole prompts in memory.
 */
async function loadEncoding(): Promise<BytePairEncodingCore> {
  const [{ BytePairEncodingCore }, { O200KBase }, { default: ranks }] = await Promise.all([
    import('gpt-tokenizer/BytePairEncodingCore'),
    import('gpt-tokenizer/encodingParams/o200k_base'),
    import('gpt-tokenizer/bpeRanks/o200k_base'),
  ])
  const params = O200KBase(ranks)
  return new BytePairEncodingCore({
    ...params,
    tokenSplitRegex: withBoundedRuns(params.tokenSplitRegex),
    mergeCacheSize: 0,
  })
}

/** The pattern escapes no `+` or `*`: each is a quantifier. */
function withBoundedRuns({ source, flags }: RegExp): RegExp {
  const bounded = source
    .replaceAll(String.raw`\s+`, String.raw`\s{1,${LONGEST_BLANK}}`)
    .replaceAll('+', `{1,${LONGEST_RUN}}`)
    .replaceAll('*', `{0,${LONGEST_RUN}}`)
  return new RegExp(bounded, flags)
}
