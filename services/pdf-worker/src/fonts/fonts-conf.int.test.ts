import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const program = fileURLToPath(new URL('../../test/programs/drawing-process.ts', import.meta.url))
const file = fileURLToPath(new URL('fonts.conf', import.meta.url))

/** How many pixels are dark when a drawing says this. */
async function darkPixels(text: string, family: string): Promise<number> {
  const env = { FONTCONFIG_FILE: file }
  const run = promisify(execFile)
  const { stdout, stderr } = await run(process.execPath, [program, text, family], { env })
  expect(stderr).toBe('')
  return Number(stdout)
}

it('a drawing is set in the fonts of the platform, by their own names or usual ones', async () => {
  const named = await darkPixels('Hallo ąść', 'Arimo')
  expect(named).toBeGreaterThan(100)
  expect(await darkPixels('Hallo ąść', 'Helvetica')).toBe(named)
  expect(await darkPixels('Hallo ąść', 'Times New Roman')).toBe(
    await darkPixels('Hallo ąść', 'Tinos'),
  )
  expect(await darkPixels('Hallo ąść', 'Tinos')).not.toBe(named)
})

it('a drawing has Japanese, and no squares for it', async () => {
  expect(await darkPixels('年', 'Helvetica')).not.toBe(await darkPixels('末', 'Helvetica'))
})
