/** What became, or would become, of one account or project. */
export interface ImportRow extends Readonly<Record<string, unknown>> {
  readonly kind: 'user' | 'project'
  readonly oldId: string
  readonly name: string
  readonly outcome: Outcome
  /** The new id, where there is one. */
  readonly id: string | null
  /** Why, or what was left out on the way. */
  readonly notes: readonly string[]
}

export type Outcome =
  'imported' | 'would be imported' | 'there already' | 'left out' | 'refused' | 'removed' | 'kept'

export const rowOf = (
  kind: ImportRow['kind'],
  { oldId, name }: { readonly oldId: string; readonly name: string },
  outcome: Outcome,
  notes: readonly string[] = [],
  id: string | null = null,
): ImportRow => ({ kind, oldId, name, outcome, id, notes })
