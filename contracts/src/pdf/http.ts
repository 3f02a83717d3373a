import { designRoutes } from './design-http.ts'
import { jobRoutes } from './job-http.ts'

export const pdfRoutes = [...jobRoutes, ...designRoutes] as const
