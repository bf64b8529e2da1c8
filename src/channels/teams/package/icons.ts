import { type Colour, writePng } from './png.ts';

/** The app's sign, a check mark before a bar: 192 pixels wide, on its own ground. */
export function colourIcon(): Buffer {
  return writePng(192, (x, y) => blend(ground, white, inkAt(x / 192, y / 192, 192)));
}

/** The same in white alone, 32 pixels wide, on nothing. */
export function outlineIcon(): Buffer {
  return writePng(32, (x, y) => blend([255, 255, 255, 0], white, inkAt(x / 32, y / 32, 32)));
}

const ground: Colour = [0x1f, 0x29, 0x37, 255];
const white: Colour = [255, 255, 255, 255];

type Point = readonly [x: number, y: number];

/** Each with its two ends, in parts of the picture's width. */
const strokes: readonly (readonly [Point, Point])[] = [
  [
    [0.22, 0.5],
    [0.38, 0.66],
  ],
  [
    [0.38, 0.66],
    [0.66, 0.32],
  ],
  [
    [0.8, 0.22],
    [0.8, 0.78],
  ],
];

const halfWidth = 0.05;

/** How much of a pixel is ink, 0 to 1: edges are smooth over one pixel. */
function inkAt(x: number, y: number, size: number): number {
  const nearest = Math.min(...strokes.map((stroke) => distance([x, y], stroke)));
  return Math.min(1, Math.max(0, 0.5 + (halfWidth - nearest) * size));
}

function distance([x, y]: Point, [[ax, ay], [bx, by]]: readonly [Point, Point]): number {
  const [dx, dy] = [bx - ax, by - ay];
  const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);
  const part = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - part * dx, y - ay - part * dy);
}

function blend(under: Colour, over: Colour, part: number): Colour {
  const mix = (from: number, to: number): number => Math.round(from + (to - from) * part);
  return [
    mix(under[0], over[0]),
    mix(under[1], over[1]),
    mix(under[2], over[2]),
    mix(under[3], over[3]),
  ];
}
