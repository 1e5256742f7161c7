import { useCallback, useEffect, useState } from "react";

import { newConversationId } from "./chat.mjs";
import { Conversation } from "./Conversation.jsx";
import { signOut, useSession } from "./session.js";
import { SignIn } from "./SignIn.jsx";

export function App() {
  const { data: session, isPending } = useSession();
  if (isPending) return null;
  return session ? <Chat key={session.user.id} user={session.user} /> : <SignIn />;
}

// A conversation's id is the fragment of its address, from its first message on: so a reload finds it again.
const addressed = () => location.hash.slice(1);

function Chat({ user }) {
  const [address, setAddress] = useState(addressed);
  const [fresh, setFresh] = useState(newConversationId);
  const [listed, setListed] = useState({ data: [] });
  const id = address || fresh;

  useEffect(() => {
    const follow = () => setAddress(addressed());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);

  const list = useCallback(async (cursor) => {
    const response = await fetch(`/api/conversations?limit=100${cursor ? `&cursor=${cursor}` : ""}`);
    const page = response.ok && (await response.json());
    if (page) setListed(({ data }) => ({ ...page, data: cursor ? [...data, ...page.data] : page.data }));
  }, []);

  const leave = async () => {
    await signOut();
    history.replaceState(null, "", location.pathname);
  };

  return (
    <>
      <nav>
        <a href="#" onClick={() => setFresh(newConversationId())}>+ New conversation</a>
        <ul>
          {listed.data.map((one) => (
            <li key={one.id}>
              <a href={`#${one.id}`} aria-current={one.id === id && "page"}>{one.title ?? "Untitled"}</a>
            </li>
          ))}
        </ul>
        {listed.next_cursor && <button onClick={() => list(listed.next_cursor)}>More</button>}
        <p>{user.name}</p>
        <button onClick={leave}>Sign out</button>
      </nav>
      <Conversation key={id} id={id} isNew={!address} onTurn={list} />
    </>
  );
}
