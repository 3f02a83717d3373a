import { Type } from 'typebox'
import { defineRoute } from '../route.ts'
import { Project } from './project.ts'

/** Between services: the gateway never proxies it. */
export const projectReadingPath = '/internal/projects/:projectId'

/**
 * A project by its id alone, for a service that acts for somebody who may read it: who names a
 * project there need not know the instance.
 */
export const readProject = defineRoute({
  id: 'readProject',
  context: 'instances',
  method: 'GET',
  path: projectReadingPath,
  summary: 'A project, wherever it lies',
  permission: 'service',
  rateClass: 'read',
  params: Type.Object({ projectId: Type.String({ maxLength: 128 }) }),
  responses: { 200: Project },
  problems: ['not-found'],
})
