import { useState } from "react";

import { signIn, signUp } from "./session.js";

export function SignIn() {
  const [isNew, setIsNew] = useState(false);
  const [error, setError] = useState(null);

  const submit = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const { error } = await (isNew ? signUp : signIn).email(given);
    setError(error);
  };

  return (
    <form className="sign-in" onSubmit={submit}>
      <h1>{isNew ? "Sign up" : "Sign in"}</h1>
      {isNew && <label>Name <input name="name" autoComplete="name" required /></label>}
      <label>Email <input name="email" type="email" autoComplete="email" required /></label>
      <label>Password <input name="password" type="password" minLength={8} required /></label>
      {error && <p role="alert">{error.message ?? "The server did not answer."}</p>}
      <button>{isNew ? "Sign up" : "Sign in"}</button>
      <button type="button" onClick={() => setIsNew(!isNew)}>{isNew ? "I have an account" : "I am new here"}</button>
    </form>
  );
}
