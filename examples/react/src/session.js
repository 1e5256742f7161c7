import { createAuthClient } from "better-auth/react";

// Signs people up, in and out; the session is a cookie, which the browser sends to the service.
export const { signIn, signOut, signUp, useSession } = createAuthClient();
