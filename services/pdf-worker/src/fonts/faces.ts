/** Where the file of a face lies: a package of npm, and the path in it. */
export interface FaceFile {
  readonly package: string
  readonly path: string
}

/**
 * The fourteen fonts of every PDF reader. Arimo, Tinos and Cousine are as wide, letter by letter,
 * as Helvetica, Times and Courier, so that an old project keeps its line breaks; unlike those they
 * are embedded, and have ą and ś. Symbol and ZapfDingbats are what DejaVu has under Unicode.
 */
const standardFaces: readonly (readonly [name: string, file: FaceFile])[] = [
  ['Helvetica', google('arimo', 'Arimo', '400Regular')],
  ['Helvetica-Bold', google('arimo', 'Arimo', '700Bold')],
  ['Helvetica-Oblique', google('arimo', 'Arimo', '400Regular_Italic')],
  ['Helvetica-BoldOblique', google('arimo', 'Arimo', '700Bold_Italic')],
  ['Times-Roman', google('tinos', 'Tinos', '400Regular')],
  ['Times-Bold', google('tinos', 'Tinos', '700Bold')],
  ['Times-Italic', google('tinos', 'Tinos', '400Regular_Italic')],
  ['Times-BoldItalic', google('tinos', 'Tinos', '700Bold_Italic')],
  ['Courier', google('cousine', 'Cousine', '400Regular')],
  ['Courier-Bold', google('cousine', 'Cousine', '700Bold')],
  ['Courier-Oblique', google('cousine', 'Cousine', '400Regular_Italic')],
  ['Courier-BoldOblique', google('cousine', 'Cousine', '700Bold_Italic')],
  ['Symbol', dejaVu('Sans')],
  ['ZapfDingbats', dejaVu('Sans')],
]

const freeFaces: readonly (readonly [name: string, file: FaceFile])[] = [
  ...['Sans', 'SansCondensed', 'SansMono'].flatMap((family) =>
    ['', '-Bold', '-Oblique', '-BoldOblique'].map((style) => dejaVuFace(family + style)),
  ),
  ...['Serif', 'SerifCondensed'].flatMap((family) =>
    ['', '-Bold', '-Italic', '-BoldItalic'].map((style) => dejaVuFace(family + style)),
  ),
  dejaVuFace('Sans-ExtraLight'),
  ['JetBrains Mono', google('jetbrains-mono', 'JetBrainsMono', '400Regular')],
  ['JetBrains Mono Italic', google('jetbrains-mono', 'JetBrainsMono', '400Regular_Italic')],
  ...jetBrainsWeights().flatMap(([name, weight]): [string, FaceFile][] => [
    [`JetBrains Mono ${name}`, google('jetbrains-mono', 'JetBrainsMono', weight)],
    [
      `JetBrains Mono ${name} Italic`,
      google('jetbrains-mono', 'JetBrainsMono', `${weight}_Italic`),
    ],
  ]),
  ['Noto Sans JP', google('noto-sans-jp', 'NotoSansJP', '400Regular')],
  ['Noto Sans JP Bold', google('noto-sans-jp', 'NotoSansJP', '700Bold')],
  ['Noto Sans SC', google('noto-sans-sc', 'NotoSansSC', '400Regular')],
  ['Noto Sans SC Bold', google('noto-sans-sc', 'NotoSansSC', '700Bold')],
]

/** The faces that a document may name, besides the fonts of its tenant: by `Face` name. */
export const faces: ReadonlyMap<string, FaceFile> = new Map([...standardFaces, ...freeFaces])

const standardNames = new Set(standardFaces.map(([name]) => name))
const freeNames = new Map(freeFaces.map(([name]) => [plain(name), name]))

/**
 * The name in `faces` of what a project names. The fourteen are meant only by their exact names;
 * the others whatever the case, spaces and hyphens; else it is Courier where the name holds that
 * word, and Helvetica.
 */
export function faceOf(name: string): string {
  if (standardNames.has(name)) return name
  return freeNames.get(plain(name)) ?? (name.includes('Courier') ? 'Courier' : 'Helvetica')
}

/** The bold one of the same family; the face itself where it is bold or has none. */
export function boldOf(face: string): string {
  if (isBold(face)) return face
  const [, family = face, slant = ''] = /^(.*?)[- ]?(Roman|Oblique|Italic)?$/.exec(face) ?? []
  const style = slant === 'Roman' ? '' : slant
  const candidates = [`${family}-Bold${style}`, `${family} Bold ${style}`.trimEnd()]
  return candidates.find((each) => faces.has(each)) ?? face
}

/**
 * The faces that are asked in turn for a character which `face` lacks: a sans as bold as it, the
 * one with the most symbols, then Japanese and Chinese; the document's own first, since the two
 * share code points and differ in shapes.
 */
export function fallbacksOf(face: string, locale: string): readonly string[] {
  const suffix = isBold(face) ? ['-Bold', ' Bold'] : ['', '']
  const [short, long] = suffix
  const cjk = locale.startsWith('zh')
    ? ['Noto Sans SC', 'Noto Sans JP']
    : ['Noto Sans JP', 'Noto Sans SC']
  const inTurn = [
    `Helvetica${short}`,
    `DejaVuSans${short}`,
    ...cjk.map((name) => `${name}${long}`),
    'DejaVuSans', // its bold lacks some symbols
  ]
  return inTurn.filter((each) => each !== face)
}

const isBold = (face: string) => /Bold/.test(face)

function plain(name: string) {
  return name.toLowerCase().replaceAll(/[\s-]/g, '')
}

function google(family: string, file: string, style: string): FaceFile {
  return { package: `@expo-google-fonts/${family}`, path: `${style}/${file}_${style}.ttf` }
}

function dejaVu(file: string): FaceFile {
  return { package: 'dejavu-fonts-ttf', path: `ttf/DejaVu${file}.ttf` }
}

function dejaVuFace(file: string): [string, FaceFile] {
  return [`DejaVu${file}`, dejaVu(file)]
}

function jetBrainsWeights(): [name: string, weight: string][] {
  const weights = ['100Thin', '200ExtraLight', '300Light', '400Regular', '500Medium', '600SemiBold']
  return [...weights, '700Bold', '800ExtraBold'].map((weight) => [weight.slice(3), weight])
}
