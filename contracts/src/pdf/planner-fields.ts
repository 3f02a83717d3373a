import { Type } from 'typebox'

// A planner is checked by its own schema, which tells every fault with its place in the project.
const Planner = Type.Object(
  {},
  { description: 'A planner, as the content of a project of kind planner.' },
)

/** What a request has its planner from: one of the two. */
export const plannerFields = {
  projectId: Type.Optional(Type.String({ maxLength: 128 })),
  project: Type.Optional(Planner),
}

/** A stored project may be 5 MB; one that is sent along too, with the members beside it. */
export const plannerBytesMax = 5 * 1024 * 1024 + 64 * 1024
