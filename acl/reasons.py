"""Why something is allowed or refused, as a code and an English sentence that can be translated.

The texts are msgids of the catalogue. Those of decisions have no placeholders, because the
JavaScript twin (`design_docs/_shared/lib/acl.js`) gives the same texts to the store's answers.
"""

from dataclasses import dataclass, field, replace

DECISIONS = {
    "allowed": "You may do this.",
    "no_access": "You have no access to this database.",
    "read_level": "Your access level does not let you read documents.",
    "not_reader": "This document is not open to you.",
    "no_create": "You may not create documents in this database.",
    "edit_level": "Your access level does not let you edit documents.",
    "not_author": "You are not among the authors of this document.",
    "public_stays": "You may edit this document only as long as it stays public.",
    "no_delete": "You may not delete documents in this database.",
    "no_private_views": "You may not keep views of your own in this database.",
    "no_shared_views": "You may not share views with others in this database.",
    "view_stays": "A saved view stays one, and no other document becomes one.",
    "need_designer": "Only a Designer or a Manager may change the design of a database.",
    "need_manager": "Only a Manager may change the access control list.",
    "acl_stays": "The access control list cannot be deleted.",
    "acl_place": 'Only the document "acl" can be the access control list.',
    "no_replicate": "You may not replicate, export or copy documents of this database.",
    "bad_names": "Readers and Authors items must be lists of names.",
    "stub_keeps": "A deletion must keep form, readers, authors and public mark of the document.",
}

FACTS = {
    "by_name": 'The entry "{entry}" names you: {level}.',
    "by_group": 'Your group "{entry}" has {level}.',
    "by_unit": 'Your unit "{entry}" has {level}.',
    "by_default": 'No entry names you or a group of yours, so "-Default-" counts: {level}.',
    "by_anonymous": 'You are not signed in, so the entry "{entry}" counts: {level}.',
    "no_default": 'No entry names you, and there is no entry "-Default-".',
    "capped": "This kind of session lowers your level to {level}.",
}

PROBLEMS = {
    "acl_log": "The log of an access control list keeps its lines, and new ones are one's own.",
    "acl_shape": "The access control list cannot be read: {what}",
    "acl_twice": 'The name "{name}" is there twice. Keep one of the entries.',
    "acl_bad_role": 'A role stands in brackets, such as [Leaders]; "{role}" does not.',
    "acl_bad_name": 'An entry cannot be called "{name}". Give a person, group, server or */unit.',
    "acl_no_default": 'The entry "-Default-" is missing.',
    "acl_no_manager": "At least one person or group must stay Manager.",
    "acl_wildcard_group": '"{name}" stands for persons; it cannot be of a group type.',
    "acl_never": 'A {level} cannot have the privilege "{privilege}" ("{name}").',
    "acl_needs_read_public": '"{name}" may replicate only together with reading public documents.',
    "acl_unknown_role": 'The role {role} of "{name}" is not defined in this database.',
    "acl_lose_manager": "You would no longer be Manager of this database.",
    "acl_nobody_manages": "Nobody could manage this database any more: no active person is Manager"
    " by this list.",
}

ABOUT = {
    "by_name": 'The entry "{entry}" names the person: {level}.',
    "by_group": 'The group "{entry}" has {level}.',
    "by_unit": 'The unit "{entry}" has {level}.',
    "by_default": 'No entry names the person or a group of theirs, so "-Default-" counts: {level}.',
    "by_anonymous": 'Whoever is not signed in has what the entry "{entry}" gives: {level}.',
    "no_default": 'No entry names the person, and there is no entry "-Default-".',
    "capped": "This kind of session lowers the level to {level}.",
    "allowed": "Allowed.",
    "no_access": "There is no access to this database.",
    "read_level": "The access level does not let one read documents.",
    "not_reader": "The document is not open to the person.",
    "no_create": "The privilege to create documents is missing.",
    "edit_level": "The access level does not let one edit documents.",
    "not_author": "The person is not among the authors of the document.",
    "public_stays": "The document may be edited only as long as it stays public.",
    "no_delete": "The privilege to delete documents is missing.",
    "no_private_views": "The privilege for private views is missing.",
    "no_shared_views": "The privilege for shared views is missing.",
    "view_stays": "A saved view stays one, and no other document becomes one.",
    "no_replicate": "The privilege to replicate or copy is missing.",
}
"""Facts and decisions again, for one who asks about somebody else."""

CHANGES = {
    "acl_added": '"{name}" was added: {level}.',
    "acl_removed": '"{name}" was removed: it had {level}.',
    "acl_renamed": '"{name}" is now called "{new_name}".',
    "acl_level": '"{name}" has {after} instead of {before}.',
    "acl_type": 'The type of "{name}" is {type} instead of {old_type}.',
    "acl_ticked": '"{name}" got the privilege "{privilege}".',
    "acl_unticked": '"{name}" lost the privilege "{privilege}".',
    "acl_role_given": '"{name}" got the role {role}.',
    "acl_role_taken": '"{name}" lost the role {role}.',
    "acl_role_added": "The role {role} was added.",
    "acl_role_removed": "The role {role} was removed.",
}

WARNINGS = {
    "acl_nobody": '"{name}" matches nobody: no active person, group or unit is called so.',
    "acl_empty": '"{name}" matches nobody at the moment: it has no members.',
    "acl_other_type": '"{name}" matches nobody: it is not of the type {type}.',
}

_TEXTS = DECISIONS | FACTS | PROBLEMS | CHANGES | WARNINGS


@dataclass(frozen=True)
class Reason:
    """`text` is an English sentence with `{placeholders}` that `params` fill."""

    code: str
    text: str
    params: dict[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.params.items()))))

    def __str__(self) -> str:
        return self.text.format(**self.params)


def reason(code: str, **params: str) -> Reason:
    """The reason with this code."""
    return Reason(code, _TEXTS[code], params)


def about(fact: Reason) -> Reason:
    """The same for one who asks about somebody else; of facts and decisions, others stay."""
    return replace(fact, text=ABOUT.get(fact.code, fact.text))
