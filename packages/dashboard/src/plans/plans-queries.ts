import type { PlanListResponse, PlanPreviewResponse, PlanRequest, PlanResponse } from '@promptmeter/contract'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'

const PLANS = queryOptions({
  queryKey: ['plans'],
  queryFn: ({ signal }) => request<PlanListResponse>('GET', '/api/admin/plans', { signal }),
})

export function usePlans() {
  return useQuery({ ...PLANS, select: ({ plans }) => plans })
}

export interface PlanChange {
  readonly name: string
  readonly request: PlanRequest
}

export interface PlanReview {
  /** The plan as it is at this moment; null where there is none. */
  readonly present: PlanResponse | null
  /** Null for a plan that is not there yet: it concerns nobody. */
  readonly preview: PlanPreviewResponse | null
}

/** Looks at what there is now and whom a change would concern. Nothing is changed. */
export function useReviewPlan() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ name, request: body }: PlanChange): Promise<PlanReview> => {
      const { plans } = await client.fetchQuery({ ...PLANS, staleTime: 0 })
      const present = plans.find((plan) => plan.name === name) ?? null
      if (present === null) return { present, preview: null }
      return {
        present,
        preview: await request<PlanPreviewResponse>('POST', `${pathOf(name)}/preview`, { body }),
      }
    },
  })
}

export function useSavePlan() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ name, request: body }: PlanChange) => request<PlanResponse>('PUT', pathOf(name), { body }),
    // Where users stand with their limits, and with it every list of them, may be another now.
    // Not waited for: until it is there, the form would take its own change for that of somebody else.
    onSuccess: () => void client.invalidateQueries(),
  })
}

export function useDeletePlan() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => request<undefined>('DELETE', pathOf(name)),
    // Also after a refusal: it may have been given to somebody, or be gone.
    onSettled: () => client.invalidateQueries({ queryKey: PLANS.queryKey }),
  })
}

const pathOf = (name: string) => `/api/admin/plans/${encodeURIComponent(name)}`
