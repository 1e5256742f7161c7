// A better-auth server. It makes its tables in the database of DATABASE_URL, where the service reads who is signed in.
// It also reads BETTER_AUTH_URL and BETTER_AUTH_SECRET, which the service has, too.
import { createServer } from "node:http";

import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import pg from "pg";

const database = new pg.Pool({ connectionString: process.env.DATABASE_URL });
const options = { database, emailAndPassword: { enabled: true } };
await (await getMigrations(options)).runMigrations();
createServer(toNodeHandler(betterAuth(options))).listen(process.env.PORT ?? 3000, "127.0.0.1");
