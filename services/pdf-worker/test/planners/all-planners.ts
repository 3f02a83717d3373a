import { board } from './board.ts'
import { dailyPlanner } from './daily.ts'
import { journalIn } from './languages.ts'
import { layeredPlanner } from './layered.ts'
import { monthlyPlanner } from './monthly.ts'
import { notesIndex, papers } from './notes.ts'
import { pictures, specimen } from './pictures.ts'
import { habitTracker, tables } from './tracking.ts'
import { weeklyPlanner } from './weekly.ts'

/** What is drawn and compared: each by its name, as the content of a project. */
export const goldenPlanners: Readonly<Record<string, () => object>> = {
  'daily-2026': () => dailyPlanner(2026, '2026-02-28'),
  weekly: weeklyPlanner,
  monthly: monthlyPlanner,
  'notes-index': notesIndex,
  papers,
  'habit-tracker': habitTracker,
  tables,
  'journal-pl': () => journalIn('pl'),
  'journal-ja': () => journalIn('ja'),
  'journal-zh': () => journalIn('zh'),
  'journal-uk': () => journalIn('uk'),
  layered: layeredPlanner,
  pictures,
  specimen,
  board,
}
