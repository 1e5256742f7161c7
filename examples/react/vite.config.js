import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const { AUTH_SERVER = "http://127.0.0.1:3000", SERVICE = "http://127.0.0.1:8000" } = process.env;

// The page, better-auth and the service have one origin, as behind a proxy: the session's cookie goes to both servers.
export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api/auth": AUTH_SERVER, "/api": SERVICE } }, // the first that fits
});
