// Unpacks the browser of @sparticuz/chromium, its libraries and its fonts, into the folder that TMPDIR names.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { inflate } from "@sparticuz/chromium";

const packed = join(dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium"))), "..", "bin");
await Promise.all(readdirSync(packed).map((file) => inflate(join(packed, file))));
