import type { Price as PriceBody } from '@promptmeter/contract'
import { PromptmeterError } from '../promptmeter-error.ts'
import type { Price } from './price.ts'
import type { PriceStore } from './price-store.ts'

export type PriceService = ReturnType<typeof createPriceService>

export function createPriceService(store: PriceStore) {
  return {
    list: (): Promise<Price[]> => store.list(),

    /**
     * Adds prices, or replaces those of the same model and moment; all or none.
     * @throws PromptmeterError `invalid_request` when a model has two prices for the same moment
     */
    async put(bodies: readonly PriceBody[]): Promise<Price[]> {
      const prices = bodies.map((body) => ({ ...body, effectiveFrom: new Date(body.effectiveFrom) }))
      const keys = prices.map(({ model, effectiveFrom }) => `${effectiveFrom.getTime()} ${model}`)
      const repeated = prices.find((_, index) => keys.indexOf(keys[index] as string) !== index)
      if (repeated !== undefined) {
        throw new PromptmeterError(
          'invalid_request',
          `${repeated.model} has two prices from ${repeated.effectiveFrom.toISOString()} on.`,
        )
      }
      await store.put(prices)
      return store.list()
    },

    /** @throws PromptmeterError `price_not_found` */
    async remove(model: string, effectiveFrom: Date): Promise<void> {
      if (await store.remove(model, effectiveFrom)) return
      throw new PromptmeterError('price_not_found', 'There is no price of this model from this moment on.')
    },
  }
}
