import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import type { Course, Step } from "../../course";
import { day } from "../../format";
import { i18n, language } from "../../i18n";
import { axes, colour, fromNothing, letter, type Tick } from "./paint";
import { Plot } from "./Plot";

interface Props {
  label: string;
  course: Course;
  commitment: number;
  limit: number;
  /** Where days are written below: the months of a year, else every day. */
  ticks: Tick[];
  write: (value: number) => string;
  writeShort: (value: number) => string;
  whole: boolean;
}

/** What a cycle has come to day by day, against what was committed to. */
export function CourseChart(props: Props) {
  const { label, course, commitment, limit, ticks, write, writeShort, whole } = props;
  const options = useMemo(
    () => {
      const both = axes({ ticks, first: "start", write: writeShort, whole });
      return optionsOf(course, [commitment, limit], both);
    },
    [course, commitment, limit, language.value],
  );
  const { data, places } = useMemo(() => drawn(course, commitment, limit), [course, commitment, limit]);
  const tip = (place: number) => {
    const step = places[place]?.step;
    if (!step) return null;
    return {
      title: day(step.startsOn),
      lines: [
        [i18n._("On this day"), write(step.own)],
        [i18n._("In all"), write(step.total)],
      ] as [string, string][],
    };
  };
  return <Plot label={label} options={options} data={data} tip={tip} />;
}

/** A place of the lines: the end of a step, or the instant of now. */
interface Place {
  x: number;
  step?: Step | undefined;
  solid?: number;
  dotted?: number;
}

/** The lines, and which step each of their places is about. */
function drawn({ steps, now, done }: Course, commitment: number, limit: number) {
  const past = steps.filter((step) => now === null || step.to <= now);
  const ahead = steps.filter((step) => now !== null && step.to > now);
  const last = ahead.findLastIndex((step) => step.lasting > 0);
  const places: Place[] = [
    { x: steps[0]?.from ?? 0, solid: 0 },
    ...past.map((step) => ({ x: step.to, step, solid: step.total })),
    ...(now === null
      ? []
      : [{ x: now, step: ahead[0], solid: done, ...(last < 0 ? {} : { dotted: done }) }]),
    ...ahead.map((step, place) =>
      place > last ? { x: step.to } : { x: step.to, step, dotted: step.total },
    ),
  ];
  const level = (value: number) => places.map(() => (value > 0 ? value : null));
  const data = [
    places.map(({ x }) => x),
    places.map(({ solid }) => solid ?? null),
    places.map(({ dotted }) => dotted ?? null),
    level(commitment),
    level(limit === commitment ? 0 : limit),
  ];
  return { data: data as uPlot.AlignedData, places };
}

function optionsOf(
  { steps, now, done }: Course,
  levels: number[],
  both: uPlot.Axis[],
): Omit<uPlot.Options, "width" | "height"> {
  const [start, end] = [steps[0]?.from ?? 0, steps.at(-1)?.to ?? 1];
  const most = Math.max(0, ...levels, steps.at(-1)?.total ?? 0);
  const line = { width: 2, points: { show: false }, stroke: () => colour("accent") };
  const level = { width: 1.5, points: { show: false } };
  return {
    axes: both,
    scales: { x: { time: false, range: [start, end] }, y: { range: () => fromNothing(most) } },
    series: [
      {},
      { ...line, fill: (plot) => fading(plot, colour("accent")) },
      { ...line, dash: [3, 4] },
      { ...level, stroke: () => colour("ink") },
      { ...level, stroke: () => colour("quiet"), dash: [8, 5] },
    ],
    hooks: { draw: [(plot) => markNow(plot, now, done)] },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 9, fill: () => colour("accent"), stroke: () => colour("surface"), width: 2 },
      dataIdx: (_plot, line, place) => (line > 2 ? (null as unknown as number) : place),
    },
  };
}

function fading(plot: uPlot, accent: string): CanvasGradient {
  const { top, height } = plot.bbox;
  const fade = plot.ctx.createLinearGradient(0, top, 0, top + height);
  fade.addColorStop(0, `${accent}40`);
  fade.addColorStop(1, `${accent}0a`);
  return fade;
}

/** Mark how much of the cycle has gone by, and what it has come to. */
function markNow(plot: uPlot, now: number | null, done: number): void {
  if (now === null) return;
  const { ctx, bbox } = plot;
  const [x, y] = [plot.valToPos(now, "x", true), plot.valToPos(done, "y", true)];
  ctx.save();
  ctx.setLineDash([]);
  ctx.strokeStyle = colour("edge");
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top - 4 * devicePixelRatio);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.fillStyle = colour("accent");
  ctx.strokeStyle = colour("surface");
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  ctx.arc(x, y, 5 * devicePixelRatio, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  ctx.restore();
  letter(plot, i18n._("Now"), x, bbox.top - 5 * devicePixelRatio);
}
