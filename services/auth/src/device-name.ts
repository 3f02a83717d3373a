const lengthMax = 80

/** The order matters: most browsers name others too. */
const programs: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bLinux\b/, 'Linux'],
]

/** A name that its owner knows a device by: "Firefox on macOS", "curl", "Unknown device". */
export function deviceNameFrom(userAgent: string): string {
  const find = (names: typeof programs) => names.find(([pattern]) => pattern.test(userAgent))?.[1]
  const [program, system] = [find(programs), find(systems)]
  if (program !== undefined) return system === undefined ? program : `${program} on ${system}`
  const product = /^[\w.-]+/.exec(userAgent)?.[0]
  return product?.slice(0, lengthMax) ?? system ?? 'Unknown device'
}
