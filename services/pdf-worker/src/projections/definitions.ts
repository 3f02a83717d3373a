import { cloneList } from './clone-list/projection.ts'
import { deviceList } from './device-list/projection.ts'
import { jobList } from './job-list/projection.ts'
import { publicationList } from './publication-list/projection.ts'
import { resultList } from './result-list/projection.ts'
import { sourceList } from './source-list/projection.ts'

/** The read models of this context. */
export const projectionDefinitions = [
  jobList,
  resultList,
  sourceList,
  deviceList,
  publicationList,
  cloneList,
] as const
