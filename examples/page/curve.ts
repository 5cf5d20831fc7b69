/** The live loss curve: one line a training stage, logarithmic loss axis. */
export interface Point {
  readonly stage: string;
  readonly step: number;
  readonly loss: number;
}

const color: Record<string, string> = { float: "--float", QAT: "--qat" };

export function drawCurve(canvas: HTMLCanvasElement, points: readonly Point[]): void {
  const g = canvas.getContext("2d")!;
  const style = getComputedStyle(canvas);
  const css = (name: string): string => style.getPropertyValue(name);
  const { width, height } = canvas;
  const left = 56;
  const bottom = 28;
  g.clearRect(0, 0, width, height);
  if (points.length === 0) return;
  const steps = Math.max(...points.map((p) => p.step), 1);
  const logs = points.map((p) => Math.log10(Math.max(p.loss, 1e-4)));
  const low = Math.floor(Math.min(...logs));
  const high = Math.max(Math.ceil(Math.max(...logs)), low + 1);
  const x = (step: number): number => left + ((width - left - 12) * step) / steps;
  const y = (log: number): number => 12 + ((height - bottom - 12) * (high - log)) / (high - low);
  g.font = "13px ui-sans-serif, system-ui, sans-serif";
  g.fillStyle = css("--soft");
  g.strokeStyle = css("--line");
  g.textAlign = "right";
  for (let l = low; l <= high; l++) {
    g.fillText(String(Number((10 ** l).toPrecision(1))), left - 8, y(l) + 4);
    g.beginPath();
    g.moveTo(left, y(l));
    g.lineTo(width - 12, y(l));
    g.stroke();
  }
  g.fillText(`step ${steps}`, width - 12, height - 8);
  g.textAlign = "left";
  g.fillText("loss", left, height - 8);
  g.lineWidth = 2;
  [...new Set(points.map((p) => p.stage))].forEach((stage, i) => {
    g.strokeStyle = g.fillStyle = css(color[stage] ?? "--ink");
    g.beginPath();
    points.forEach((p, k) => p.stage === stage && g.lineTo(x(p.step), y(logs[k]!)));
    g.stroke();
    g.fillText(stage, left + 48 + i * 56, height - 8);
  });
  g.lineWidth = 1;
}
