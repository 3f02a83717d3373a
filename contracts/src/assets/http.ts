import type { RouteDefinition } from '../route.ts'

export const assetsRoutes: readonly RouteDefinition[] = []
