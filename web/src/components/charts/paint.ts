import type uPlot from "uplot";

const FONT = '12px "Inter Variable", system-ui, sans-serif';
const LETTER = 7;
const LABEL_GAP = 28;
const HATCH = 6;

/** A place on the horizontal axis, and what is written there. */
export interface Tick {
  at: number;
  text: string;
}

/** A colour of the page as it is now: light, dark or printed. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

interface Axes {
  ticks: Tick[];
  /** The tick that is there in any case. */
  first: "start" | "end";
  write: (value: number) => string;
  whole: boolean;
}

/** Both axes: as many ticks as there is room for, and amounts with lines through the chart. */
export function axes({ ticks, first, write, whole }: Axes): uPlot.Axis[] {
  const texts = new Map(ticks.map(({ at, text }) => [at, text]));
  const quiet = { stroke: () => colour("quiet"), font: FONT, ticks: { show: false } };
  return [
    {
      ...quiet,
      size: 30,
      gap: 8,
      grid: { show: false },
      splits: (plot) => withRoom(ticks, first, plot.width).map(({ at }) => at),
      values: (_plot, splits) => splits.map((at) => texts.get(at) ?? ""),
    },
    {
      ...quiet,
      gap: 8,
      space: 32,
      ...(whole ? { incrs: wholeSteps() } : {}),
      grid: { stroke: () => colour("line"), width: 1 },
      size: (_plot, values) => 12 + LETTER * Math.max(2, ...(values ?? []).map((text) => text.length)),
      values: (_plot, splits) => splits.map(write),
    },
  ];
}

/** Every so many ticks that none is written over another. */
function withRoom(ticks: Tick[], first: Axes["first"], width: number): Tick[] {
  const widest = LABEL_GAP + LETTER * Math.max(0, ...ticks.map(({ text }) => text.length));
  const every = Math.max(1, Math.ceil((ticks.length * widest) / width));
  const from = first === "start" ? 0 : (ticks.length - 1) % every;
  return ticks.filter((_, place) => place % every === from);
}

function wholeSteps(): number[] {
  const steps = [1, 2, 5];
  return [0, 1, 2, 3, 4, 5, 6].flatMap((power) => steps.map((step) => step * 10 ** power));
}

/** A range from nothing to a little more than the most. */
export function fromNothing(most: number): uPlot.Range.MinMax {
  return [0, most > 0 ? most * 1.06 : 1];
}

/** Lines from corner to corner, as the page's bars have them. */
export function hatched(plot: uPlot, line: string, ground: string): CanvasPattern | string {
  const size = Math.round(HATCH * devicePixelRatio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const brush = tile.getContext("2d");
  if (!brush) return ground;
  brush.fillStyle = ground;
  brush.fillRect(0, 0, size, size);
  brush.strokeStyle = line;
  brush.lineWidth = size / 3;
  for (const shift of [-size, 0, size]) {
    brush.moveTo(shift - 1, size + 1);
    brush.lineTo(shift + size + 1, -1);
  }
  brush.stroke();
  return plot.ctx.createPattern(tile, "repeat") ?? ground;
}

/** Write a small text into the chart, in its pixels. */
export function letter(plot: uPlot, text: string, x: number, y: number): void {
  const { ctx } = plot;
  ctx.save();
  ctx.scale(devicePixelRatio, devicePixelRatio);
  ctx.font = FONT;
  ctx.fillStyle = colour("quiet");
  ctx.textBaseline = "bottom";
  ctx.textAlign = "center";
  const half = ctx.measureText(text).width / 2;
  const left = plot.bbox.left / devicePixelRatio;
  const right = left + plot.bbox.width / devicePixelRatio;
  const middle = Math.max(left + half, Math.min(right - half, x / devicePixelRatio));
  ctx.fillText(text, middle, y / devicePixelRatio);
  ctx.restore();
}
