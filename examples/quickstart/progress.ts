/** Progress for people: a bar that redraws itself on a terminal, one line a stage in a log. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  #stage = "";
  #started = 0;
  #drawn = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  update(stage: string, done: number, total: number, detail: string): void {
    const now = performance.now();
    if (stage !== this.#stage) {
      this.#stage = stage;
      this.#started = now;
      this.#drawn = 0;
    }
    const last = done >= total;
    if (!this.#out.isTTY) {
      if (last) this.#out.write(`${stage.padEnd(16)} ${detail}  ${((now - this.#started) / 1000).toFixed(1)} s\n`);
      return;
    }
    if (!last && now - this.#drawn < 80) return;
    this.#drawn = now;
    const width = 24;
    const full = Math.round((width * done) / Math.max(1, total));
    const left =
      done > 0 && !last
        ? ` ${Math.ceil((((now - this.#started) / done) * (total - done)) / 1000)} s left`
        : ` ${((now - this.#started) / 1000).toFixed(1)} s`;
    this.#out.write(
      `\r\x1b[K${stage.padEnd(16)} ${"█".repeat(full)}${"░".repeat(width - full)} ${done}/${total} ${detail}${left}${last ? "\n" : ""}`,
    );
  }
}
