"""Users and access control lists (ACL 2.0)."""

from __future__ import annotations

from typing import Annotated

from rmqtw.declare.fields import Header, field


class CreateUserRequest(Header, kw_only=True):
    """Create a user: AUTH_CREATE_USER. Java: `CreateUserRequestHeader`."""

    username: Annotated[str | None, field("Name of the user.")] = None


class UpdateUserRequest(Header, kw_only=True):
    """Change a user: AUTH_UPDATE_USER. Java: `UpdateUserRequestHeader`."""

    username: Annotated[str | None, field("Name of the user.")] = None


class DeleteUserRequest(Header, kw_only=True):
    """Delete a user: AUTH_DELETE_USER. Java: `DeleteUserRequestHeader`."""

    username: Annotated[str | None, field("Name of the user.")] = None


class GetUserRequest(Header, kw_only=True):
    """Ask for a user: AUTH_GET_USER. Java: `GetUserRequestHeader`."""

    username: Annotated[str | None, field("Name of the user.")] = None


class ListUsersRequest(Header, kw_only=True):
    """Ask for users: AUTH_LIST_USER. Java: `ListUsersRequestHeader`."""

    filter: Annotated[str | None, field("Part of the name.")] = None


class CreateAclRequest(Header, kw_only=True):
    """Create rights: AUTH_CREATE_ACL. Java: `CreateAclRequestHeader`."""

    subject: Annotated[str | None, field("Whose rights: User:name.")] = None


class UpdateAclRequest(Header, kw_only=True):
    """Change rights: AUTH_UPDATE_ACL. Java: `UpdateAclRequestHeader`."""

    subject: Annotated[str | None, field("Whose rights: User:name.")] = None


class DeleteAclRequest(Header, kw_only=True):
    """Delete rights: AUTH_DELETE_ACL. Java: `DeleteAclRequestHeader`."""

    policy_type: Annotated[str | None, field("Custom or Default.")] = None
    resource: Annotated[str | None, field("Resource as text: Topic:name.")] = None
    subject: Annotated[str | None, field("Whose rights: User:name.")] = None


class GetAclRequest(Header, kw_only=True):
    """Ask for the rights of a subject: AUTH_GET_ACL. Java: `GetAclRequestHeader`."""

    subject: Annotated[str | None, field("Whose rights: User:name.")] = None


class ListAclsRequest(Header, kw_only=True):
    """Ask for rights: AUTH_LIST_ACL. Java: `ListAclsRequestHeader`."""

    resource_filter: Annotated[str | None, field("Part of the resource.")] = None
    subject_filter: Annotated[str | None, field("Part of the subject.")] = None
