import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import { i18n, language } from "../../i18n";
import { axes, colour, fromNothing, hatched } from "./paint";
import { Plot } from "./Plot";

const BAR_MAX = 44;
const BAR_SHARE = 0.62;
const MARK_SHARE = 1.28;
const ROUND = 4;

/** A bar: how far it goes, and what it is held against. */
export interface Bar {
  /** What is written below it. */
  text: string;
  /** What it is called in full. */
  title: string;
  used: number;
  /** What of `used` is in progress. */
  lasting: number;
  commitment: number;
  /** Whether it stands out. */
  shown: boolean;
}

interface Props {
  label: string;
  bars: Bar[];
  write: (value: number) => string;
  writeShort: (value: number) => string;
  whole: boolean;
  onPick?: (place: number) => void;
}

/** Bars beside each other, each against its own commitment where there is one. */
export function BarChart({ label, bars, write, writeShort, whole, onPick }: Props) {
  const options = useMemo(() => {
    const ticks = bars.map(({ text }, at) => ({ at, text }));
    const most = Math.max(0, ...bars.flatMap((bar) => [bar.used, bar.commitment]));
    const found: Omit<uPlot.Options, "width" | "height"> = {
      axes: axes({ ticks, first: "end", write: writeShort, whole }),
      scales: {
        x: { time: false, range: [-0.5, bars.length - 0.5] },
        y: { range: () => fromNothing(most) },
      },
      series: [{}, { paths: () => null, points: { show: false } }],
      cursor: { x: false, y: false, drag: { x: false, y: false }, points: { show: false } },
      hooks: { draw: [(plot) => bars.forEach((bar, place) => paint(plot, bar, place))] },
    };
    return found;
  }, [bars, language.value]);
  const data = useMemo<uPlot.AlignedData>(
    () => [bars.map((_, place) => place), bars.map((bar) => bar.used)],
    [bars],
  );
  const tip = (place: number) => {
    const bar = bars[place];
    if (!bar) return null;
    const lines: [string, string][] = [[i18n._("Used"), write(bar.used)]];
    if (bar.lasting > 0) lines.push([i18n._("In progress"), write(bar.lasting)]);
    if (bar.commitment > 0) lines.push([i18n._("Commitment"), write(bar.commitment)]);
    return { title: bar.title, lines };
  };
  return <Plot label={label} options={options} data={data} tip={tip} {...(onPick && { onPick })} />;
}

function paint(plot: uPlot, bar: Bar, place: number): void {
  const { ctx } = plot;
  const unit = plot.valToPos(1, "x", true) - plot.valToPos(0, "x", true);
  const width = Math.min(BAR_MAX * devicePixelRatio, unit * BAR_SHARE);
  const middle = plot.valToPos(place, "x", true);
  const y = (value: number) => plot.valToPos(value, "y", true);
  const left = middle - width / 2;
  ctx.save();
  ctx.beginPath();
  const round = Math.min(ROUND * devicePixelRatio, width / 2);
  ctx.roundRect(left, y(bar.used), width, Math.max(0, y(0) - y(bar.used)), [round, round, 0, 0]);
  ctx.clip();
  for (const [from, to, fill] of partsOf(plot, bar)) {
    ctx.fillStyle = fill;
    ctx.fillRect(left, y(to), width, y(from) - y(to));
  }
  ctx.restore();
  if (bar.commitment <= 0) return;
  const mark = width * MARK_SHARE;
  ctx.fillStyle = colour("ink");
  ctx.fillRect(middle - mark / 2, y(bar.commitment) - devicePixelRatio, mark, 2 * devicePixelRatio);
}

/** What a bar is made of, from below: completed and in progress, each within and beyond. */
function partsOf(plot: uPlot, bar: Bar): [number, number, string | CanvasPattern][] {
  const edge = bar.commitment > 0 ? bar.commitment : Infinity;
  const done = bar.used - bar.lasting;
  const [own, beyond] = bar.shown ? ["accent", "amber"] : ["accent-soft", "amber-soft"];
  const parts: [number, number, string | CanvasPattern][] = [
    [0, Math.min(done, edge), colour(own)],
    [Math.min(done, edge), Math.min(bar.used, edge), hatched(plot, colour("accent"), colour("accent-soft"))],
    [edge, Math.max(done, edge), colour(beyond)],
    [Math.max(done, edge), Math.max(bar.used, edge), hatched(plot, colour("amber"), colour("amber-soft"))],
  ];
  return parts.filter(([from, to]) => to > from);
}
