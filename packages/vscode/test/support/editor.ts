// What `vscode` is in a test: the classes of @types/vscode 1.104 that the models use, and nothing that is shown.
import { createEmitter } from '../../src/core/emitter.ts'

export class LanguageModelTextPart {
  readonly value: string
  constructor(value: string) {
    this.value = value
  }
}

export class LanguageModelToolCallPart {
  readonly callId: string
  readonly name: string
  readonly input: object
  constructor(callId: string, name: string, input: object) {
    this.callId = callId
    this.name = name
    this.input = input
  }
}

export class LanguageModelToolResultPart {
  readonly callId: string
  readonly content: readonly unknown[]
  constructor(callId: string, content: readonly unknown[]) {
    this.callId = callId
    this.content = content
  }
}

export class LanguageModelPromptTsxPart {
  readonly value: unknown
  constructor(value: unknown) {
    this.value = value
  }
}

/** As later editors have it; 1.104 has none. */
export class LanguageModelDataPart {
  readonly data: Uint8Array
  readonly mimeType: string
  constructor(data: Uint8Array, mimeType: string) {
    this.data = data
    this.mimeType = mimeType
  }
}

export const LanguageModelChatMessageRole = { User: 1, Assistant: 2 } as const
export const LanguageModelChatToolMode = { Auto: 1, Required: 2 } as const

export class LanguageModelError extends Error {
  static NoPermissions = (message?: string) => new LanguageModelError(message, 'NoPermissions')
  static Blocked = (message?: string) => new LanguageModelError(message, 'Blocked')
  static NotFound = (message?: string) => new LanguageModelError(message, 'NotFound')
  readonly code: string
  constructor(message: string | undefined, code: string) {
    super(message)
    this.code = code
  }
}

export class CancellationError extends Error {
  override readonly name = 'Canceled'
}

export class EventEmitter<T> {
  readonly #emitter = createEmitter<T>()
  readonly event = this.#emitter.on
  fire(value: T): void {
    this.#emitter.fire(value)
  }
  dispose(): void {}
}

export class CancellationTokenSource {
  readonly #emitter = createEmitter<void>()
  readonly token = {
    isCancellationRequested: false,
    onCancellationRequested: this.#emitter.on,
  }
  cancel(): void {
    this.token.isCancellationRequested = true
    this.#emitter.fire()
  }
}

export const Disposable = {
  from: (...all: { dispose(): void }[]) => ({
    dispose: () => {
      for (const one of all) one.dispose()
    },
  }),
}

const windowState = createEmitter<{ readonly focused: boolean }>()

/** What the editor showed and did, and what the user does with it. */
export const desk = {
  warnings: [] as string[],
  commands: [] as string[],
  /** The button that the user presses on every warning. */
  pressed: undefined as string | undefined,
  focus: (focused: boolean) => windowState.fire({ focused }),
}

export const window = {
  onDidChangeWindowState: windowState.on,
  async showWarningMessage(text: string) {
    desk.warnings.push(text)
    return desk.pressed
  },
}

export const UIKind = { Desktop: 1, Web: 2 } as const

export const env = { uiKind: UIKind.Desktop as number }

export const commands = {
  async executeCommand(command: string) {
    desk.commands.push(command)
  },
}
