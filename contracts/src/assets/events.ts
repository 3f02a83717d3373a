import type { EventDefinition } from '../event.ts'

export const assetsEvents: readonly EventDefinition[] = []
