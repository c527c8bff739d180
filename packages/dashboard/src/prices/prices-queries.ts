import type { DeletePriceQuery, Price, PriceListResponse } from '@promptmeter/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'

const PRICES_KEY = ['prices'] as const

export function usePrices() {
  return useQuery({
    queryKey: PRICES_KEY,
    queryFn: ({ signal }) => request<PriceListResponse>('GET', '/api/admin/prices', { signal }),
    select: ({ prices }) => prices,
  })
}

/** Adds a price, or replaces the one of the same model and moment. */
export function useSetPrice() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (price: Price) =>
      request<PriceListResponse>('PUT', '/api/admin/prices', { body: { prices: [price] } }),
    // The answer is the whole list as it is now.
    onSuccess: (answer) => client.setQueryData(PRICES_KEY, answer),
  })
}

export function useDeletePrice() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ model, effectiveFrom }: DeletePriceQuery) =>
      request<undefined>('DELETE', '/api/admin/prices', { query: { model, effectiveFrom } }),
    // Also after a refusal: somebody else may have deleted it.
    onSettled: () => client.invalidateQueries({ queryKey: PRICES_KEY }),
  })
}
