import { Type, type Static } from 'typebox'

/** Longest side of a picture that is made from another, in pixels. */
export const variantSideMax = 4096

const Side = Type.Integer({ minimum: 1, maximum: variantSideMax })

/** How a picture is made from another, as query parameters: `?w=600&grey=16&dither=…`. */
export const VariantQuery = {
  w: Type.Optional(Side),
  h: Type.Optional(Side),
  fit: Type.Optional(
    Type.Union(
      [
        Type.Literal('inside'),
        Type.Literal('cover'),
        Type.Literal('contain'),
        Type.Literal('fill'),
      ],
      {
        description: [
          'inside (default): whole, no larger than it is.',
          'cover: cut to the sides.',
          'contain: whole, with white around it.',
          'fill: stretched.',
          'With one side alone the other follows from the picture.',
        ].join(' '),
      },
    ),
  ),
  format: Type.Optional(
    Type.Union([Type.Literal('png'), Type.Literal('jpeg'), Type.Literal('webp')], {
      description: 'Default: png for greys, else what the picture is, and png for SVG and GIF.',
    }),
  ),
  grey: Type.Optional(
    Type.Integer({ minimum: 2, maximum: 256, description: 'As many greys, evenly spaced.' }),
  ),
  dither: Type.Optional(
    Type.Union([Type.Literal('none'), Type.Literal('floyd-steinberg')], {
      description:
        'How greys between the levels are shown; only where there are levels. Default: none; ' +
        'of a device that shows greys, floyd-steinberg.',
    }),
  ),
  device: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'An e-ink device by its id, which gives the sides and the greys left out here.',
    }),
  ),
}

export type VariantQuery = Static<ReturnType<typeof Type.Object<typeof VariantQuery>>>
