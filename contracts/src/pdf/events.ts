import type { EventDefinition } from '../event.ts'

export const pdfEvents: readonly EventDefinition[] = []
