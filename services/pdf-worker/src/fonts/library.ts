import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type FaceFile, faces } from './faces.ts'
import { type Font, openFont } from './font.ts'

/** The fonts that come with the platform, each opened when it is first asked for, and kept. */
export interface FontLibrary {
  /** Of a name in `faces`; throws for any other. */
  font(face: string): Font
}

/** Holds nothing of any document, so that one serves a process for all that it renders. */
export function createFontLibrary(): FontLibrary {
  const opened = new Map<string, Font>()
  return {
    font(face) {
      const file = faces.get(face)
      if (!file) throw new Error(`There is no face ${face}.`)
      const known = opened.get(file.path)
      if (known) return known
      const font = openFont(readFileSync(pathOf(file)), 'ours')
      opened.set(file.path, font)
      return font
    },
  }
}

function pathOf({ package: name, path }: FaceFile) {
  const { resolve } = createRequire(import.meta.url)
  return join(dirname(resolve(`${name}/package.json`)), path)
}
