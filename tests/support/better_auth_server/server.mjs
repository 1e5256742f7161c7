// A better-auth server for the tests: configured by the environment, it migrates its own tables and lives as long as
// its stdin. NODE_ENV must not be "test", nor TEST be set: better-auth would then skip its Origin check.
import http from "node:http";

import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { admin, anonymous, bearer } from "better-auth/plugins";
import pg from "pg";

const MIGRATION_LOCK = 0x62657474; // any number, the same for every server on one database

const { env } = process;
const list = (text = "") => text.split(",").filter(Boolean);
const adminEmails = list(env.ADMIN_EMAILS);

const pool = new pg.Pool({ connectionString: env.DATABASE_URL });
// An idle connection that the database closes would otherwise end this process.
pool.on("error", (error) => console.error(`database connection lost: ${error.message}`));

const options = {
  database: pool,
  baseURL: env.BETTER_AUTH_URL,
  secret: env.BETTER_AUTH_SECRET,
  trustedOrigins: list(env.TRUSTED_ORIGINS),
  advanced: { cookiePrefix: env.COOKIE_PREFIX || undefined, database: { generateId: env.GENERATE_ID || undefined } },
  emailAndPassword: { enabled: true },
  user: { deleteUser: { enabled: true } },
  databaseHooks: {
    user: {
      create: {
        before: async (user) => (adminEmails.includes(user.email) ? { data: { ...user, role: "admin" } } : undefined),
      },
    },
  },
  plugins: [
    bearer({ requireSignature: env.REQUIRE_SIGNATURE === "true" }),
    admin({ adminUserIds: list(env.ADMIN_USER_IDS) }),
    anonymous(),
  ],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};

// Servers that start together on one database take turns: "create table" of the second would fail.
async function migrate() {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    const { runMigrations } = await getMigrations(options);
    await runMigrations();
  } finally {
    client.release(true); // closes the connection, which gives the lock back
  }
}

const server = http.createServer();

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), 5_000).unref(); // a query that hangs does not keep us
  server.close();
  server.closeAllConnections();
  pool.end().finally(() => process.exit(0));
}

process.on("SIGTERM", stop);
process.stdin.on("end", stop).resume(); // a test run that was killed closes it too

await migrate();
server.on("request", toNodeHandler(betterAuth(options)));
server.listen(Number(env.PORT || 0), env.HOST || "127.0.0.1", () => {
  console.log(JSON.stringify({ ready: true, port: server.address().port }));
});
