/** Runs once before all tests: unpacks the software GPU where it is needed, so that no test's clock runs meanwhile. */
import { findSoftwareVulkan } from "../../src/node/chromium.ts";

export default async function setup(): Promise<void> {
  await findSoftwareVulkan();
}
