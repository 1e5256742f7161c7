"""A program that runs another one where root is not called root.

`python user_namespace.py UID [PROGRAM ARGUMENT…]` enters a user namespace in which our user has the number UID, and
becomes PROGRAM: its files stay ours, yet it sees no root. Without PROGRAM it only tries. A script of its own, because
Python may not safely run code between fork and exec when there are threads.
"""

import os
import pathlib
import sys


def main(seen_as: str, *command: str) -> None:
    """Enter the namespace and become the command; OSError where the kernel refuses."""
    if sys.platform == "linux":
        user, group = os.geteuid(), os.getegid()
        os.unshare(os.CLONE_NEWUSER)
        # user_namespaces(7): the group map is refused before this.
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"{seen_as} {user} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"{seen_as} {group} 1")
        if command:
            os.execv(command[0], command)  # noqa: S606 - there is no shell, and shall be none
    else:
        sys.exit("Only Linux has user namespaces.")


if __name__ == "__main__":
    main(*sys.argv[1:])
