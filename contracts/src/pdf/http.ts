import type { RouteDefinition } from '../route.ts'

export const pdfRoutes: readonly RouteDefinition[] = []
