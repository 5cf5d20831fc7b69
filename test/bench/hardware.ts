/** The GPU of a benchmark that is meant for hardware. */
import { DeviceError, Dot4Error } from "../../src/errors.ts";
import { dawn } from "../../src/node/dawn.ts";

/**
 * Dawn on a hardware adapter; on any with `allowSoftware`, which is for trying the benchmark itself out.
 * @throws DeviceError when there is no hardware adapter.
 */
export async function hardware(allowSoftware: boolean): Promise<GPU> {
  const gpu = await dawn({ adapter: allowSoftware ? "any" : "hardware" });
  const info = (await gpu.requestAdapter({ powerPreference: "high-performance" }))?.info;
  console.log(`adapter: ${[info?.vendor, info?.architecture, info?.device, info?.description].filter(Boolean).join(", ")}`);
  return gpu;
}

/** Runs `main` and ends the process with its exit status; an error is one line unless it is a fault of ours. */
export function run(main: () => Promise<number>): void {
  main().then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof Dot4Error ? `${error.name}: ${error.message}` : error);
      if (error instanceof DeviceError) console.error("--allow-software runs this on a software adapter, to try it out");
      process.exit(1);
    },
  );
}
