import type { ParsedFile, SourceFile } from './source-tree.ts'

/** One line of the house style that a program can check. */
export type Rule<File extends SourceFile> = {
  readonly name: string
  /** Completes "in this house …". */
  readonly says: string
  readonly find: (file: File) => readonly Finding[]
}

export type FileRule = Rule<SourceFile>
export type CodeRule = Rule<ParsedFile>

export type Finding = {
  readonly line: number
  readonly what: string
}
