/**
 * What a planner may hold. A project saved by a person stays far below each; beyond them a project
 * is made to do harm. What a plan multiplies (pages, text) is limited where it is compiled.
 */
export const plannerLimits = {
  mastersMax: 200,
  widgetsOfMasterMax: 2_000,
  widgetsMax: 20_000,
  sectionsMax: 100,
  /** Levels below the top. */
  nestingMax: 3,
  orderMax: 200,
  contextMax: 100,
  countersMax: 100,
  countMax: 1_000_000,
  pagesPerItemMax: 1_000,
  /** From a section's first day to its last. */
  daysMax: 36_525,
  /** The farthest a PDF page reaches. */
  lengthMaxPt: 14_400,
  nameLengthMax: 200,
  contextLengthMax: 2_000,
  textLengthMax: 20_000,
  listItemsMax: 1_000,
  tableRowsMax: 100,
  tableColumnsMax: 20,
  /** Further faults are not told. */
  faultsMax: 1_000,
} as const
