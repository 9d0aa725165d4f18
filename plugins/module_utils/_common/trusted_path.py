# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who can change what a path leads to. A user who can write to one of its directories can replace all that is below."""

import grp
import os
import pwd
import stat
import typing as t

_LINKS = 40
"""How many symbolic links a path may lead through, as in the kernel."""


class Untrusted(t.NamedTuple):
    """A directory or symbolic link that someone can change who is not trusted."""

    path: str
    who: str  # such as: the user guard
    why: str  # a predicate of the path, such as: has the mode 0777
    remedy: str

    @property
    def cause(self) -> str:
        """A predicate of what is below the path."""
        return f"can be replaced by {self.who}, because {self.path} {self.why}"


class Resolved(t.NamedTuple):
    path: str  # without symbolic links, as far as it was followed: up to what is untrusted or does not exist
    untrusted: t.Optional[Untrusted]


def root_and_this_user() -> t.FrozenSet[int]:
    """Return the uids that this process has to trust."""
    return frozenset({0, os.geteuid()})


def resolve(path: str, trusted: t.AbstractSet[int], owner: t.Optional[int] = None) -> Resolved:
    """Follow a path, and return where it leads and the first part of it that an untrusted user can replace, if any.

    Every directory on the way and every symbolic link has to belong to a uid in ``trusted``, and directories must not be
    writable by anyone else unless they are sticky. A last part that is neither is not judged, and what does not exist
    belongs to whoever creates it.

    ``owner`` is a uid that may own directories as well. Below those no symbolic link is followed, whoever owns it: their
    owner can move links there.
    """
    waiting = (path if os.path.isabs(path) else os.path.join(os.getcwd(), path)).split("/")[::-1]
    directory_owners = trusted if owner is None else trusted | {owner}
    real, links, movable_by = "/", 0, None  # type: t.Tuple[str, int, t.Optional[int]]
    untrusted = untrusted_directory(real, os.lstat(real), directory_owners)
    while waiting and not untrusted:
        name = waiting.pop()
        if name in ("", ".", ".."):
            real = os.path.dirname(real) if name == ".." else real
            continue
        here = os.path.join(real, name)
        try:
            status = os.lstat(here)
            target = os.readlink(here) if stat.S_ISLNK(status.st_mode) else None
        except OSError:
            # Whoever uses the path gets the same error.
            return Resolved(os.path.normpath(os.path.join(here, *waiting[::-1])), None)
        if target is None:
            real = here
            if stat.S_ISDIR(status.st_mode):
                untrusted = untrusted_directory(here, status, directory_owners)
                if status.st_uid not in trusted:
                    movable_by = status.st_uid
            continue
        links += 1
        if status.st_uid not in trusted or movable_by is not None:
            who = user_name(status.st_uid if movable_by is None else movable_by)
            remedy = f"Remove the symbolic link {here}, and set the path that it leads to if that is the right one"
            untrusted = Untrusted(here, who, "is a symbolic link that this user can change", remedy)
            real = here
            break
        if links > _LINKS:
            return Resolved(os.path.join(here, *waiting[::-1]), None)
        real = "/" if target.startswith("/") else real
        waiting.extend(target.split("/")[::-1])
    return Resolved(os.path.normpath(os.path.join(real, *waiting[::-1])), untrusted)


def untrusted_writer(directory: str, trusted: t.AbstractSet[int]) -> t.Optional[Untrusted]:
    """Return who else can create or replace files in a directory, where files of predictable names are to be created."""
    found = resolve(directory, trusted)
    try:
        status = os.lstat(found.path)
    except OSError:
        return found.untrusted
    if found.untrusted or not stat.S_ISDIR(status.st_mode):
        return found.untrusted
    return untrusted_directory(found.path, status, trusted, sticky=False)


def untrusted_directory(
    path: str, status: os.stat_result, trusted: t.AbstractSet[int], sticky: bool = True
) -> t.Optional[Untrusted]:
    """Return who can replace what is in a directory, or None where only trusted uids can.

    ``sticky`` says whether a sticky directory is good enough: others can create files there, but not replace any.
    """
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid not in trusted:
        remedy = f"Run chown root {path} if no other user has to change it"
        return Untrusted(path, user_name(status.st_uid), "belongs to this user", remedy)
    if sticky and mode & stat.S_ISVTX:
        return None
    why, remedy = f"has the mode {mode:04o}", f"Run chmod go-w {path}"
    if mode & stat.S_IWOTH:
        return Untrusted(path, "every user", why, remedy)
    if mode & stat.S_IWGRP and not _is_private_group(path, status):
        return Untrusted(path, f"the group {_group_name(status.st_gid)}", why, remedy)
    return None


def user_name(uid: int) -> str:
    """Return how a message names a user."""
    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"the user with the uid {uid}"


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return f"with the gid {gid}"


def _is_private_group(path: str, status: os.stat_result) -> bool:
    """Return whether the group has no member but the owner: many systems give each user such a group, and a umask of 002."""
    try:
        user, group = pwd.getpwuid(status.st_uid), grp.getgrgid(status.st_gid)
        # Where there is an access control list, the group's bits stand for others in it as well.
        has_list = "system.posix_acl_access" in os.listxattr(path)
    except (KeyError, OSError):
        return False
    is_own = user.pw_gid == group.gr_gid and user.pw_name == group.gr_name
    # The members of a group do not include the users whose primary group it is.
    others = any(each.pw_gid == group.gr_gid and each.pw_uid != status.st_uid for each in pwd.getpwall())
    return is_own and set(group.gr_mem) <= {user.pw_name} and not others and not has_list
