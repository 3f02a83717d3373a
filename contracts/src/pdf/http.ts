import { designRoutes } from './design-http.ts'
import { galleryRoutes } from './gallery-http.ts'
import { jobRoutes } from './job-http.ts'

export const pdfRoutes = [...jobRoutes, ...designRoutes, ...galleryRoutes] as const
