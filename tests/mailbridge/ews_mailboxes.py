"""What lies in the mailboxes of the stand-in Exchange Server, and the web services upon it.

Written from Microsoft's reference of EWS, not from what Divan sends: only what is asked for in the
order that the schema gives is taken, and an own Message-ID stands in the MIME content alone.
"""

import base64
import email
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

M = "http://schemas.microsoft.com/exchange/services/2006/messages"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
NAMES = {"m": M, "t": T}

# The order of the schema (types.xsd: ItemType, then MessageType or CalendarItemType).
_ITEM = (
    "MimeContent ItemId ParentFolderId ItemClass Subject Sensitivity Body Attachments Categories "
    "Importance InReplyTo ReminderDueBy ReminderIsSet ReminderMinutesBeforeStart ExtendedProperty "
    "Culture"
)
ORDER = {
    "Message": f"{_ITEM} Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested "
    "IsDeliveryReceiptRequested From InternetMessageId IsRead IsResponseRequested References "
    "ReplyTo",
    "CalendarItem": f"{_ITEM} UID Start End IsAllDayEvent LegacyFreeBusyStatus Location "
    "IsResponseRequested RequiredAttendees OptionalAttendees Resources ConferenceType "
    "AllowNewTimeProposal StartTimeZone EndTimeZone",
}


class EwsError(Exception):
    """An answer other than NoError: its response code."""


@dataclass
class Item:
    id: str
    folder: str
    kind: str
    fields: dict[str, str]
    extended: dict[str, str]
    mime: EmailMessage | None = None
    version: int = 1
    submitted: bool = False

    @property
    def change_key(self) -> str:
        return f"{self.id}-{self.version}"

    def element(self) -> str:
        return f'<t:{self.kind}><t:ItemId Id="{self.id}" ChangeKey="{self.change_key}"/>'


@dataclass
class MailboxState:
    address: str
    items: dict[str, Item] = field(default_factory=dict)

    def folder(self, name: str) -> list[Item]:
        return [item for item in self.items.values() if item.folder == name]


class Mailboxes:
    """The mailboxes by address, and the operations of EWS on them."""

    def __init__(self, *addresses: str) -> None:
        self.by_address = {address: MailboxState(address) for address in addresses}
        self._numbers = itertools.count(1)

    def inbox(self, address: str) -> list[EmailMessage]:
        """The messages that came to somebody."""
        return [item.mime for item in self.by_address[address].folder("inbox") if item.mime]

    def calendar(self, address: str) -> list[Item]:
        return self.by_address[address].folder("calendar")

    def counts(self) -> Counter[str]:
        """How often each Message-ID lies in an inbox."""
        every = (self.inbox(address) for address in self.by_address)
        return Counter(str(message["Message-ID"]) for box in every for message in box)

    def answer(self, operation: str, request: ET.Element, mailbox: str) -> str:
        """The answer's inner XML. Raises EwsError."""
        return {
            "GetFolder": self._get_folder,
            "FindItem": self._find,
            "GetItem": self._get,
            "CreateItem": self._create,
            "SendItem": self._send,
            "UpdateItem": self._update,
            "DeleteItem": self._delete,
        }[operation](request, self._box(mailbox))

    def _box(self, address: str) -> MailboxState:
        if address not in self.by_address:
            raise EwsError("ErrorNonExistentMailbox")
        return self.by_address[address]

    def _get_folder(self, request: ET.Element, box: MailboxState) -> str:
        name = folder_of(request, "FolderIds")
        return (
            f'<m:Folders><t:Folder><t:FolderId Id="{box.address}/{name}"/></t:Folder></m:Folders>'
        )

    def _find(self, request: ET.Element, box: MailboxState) -> str:
        name = folder_of(request, "ParentFolderIds")
        wanted = request.find("m:Restriction/*", NAMES)
        found = [item for item in box.folder(name) if wanted is None or fits(item, wanted)]
        asked = request.findall("m:ItemShape/t:AdditionalProperties/*", NAMES)
        items = "".join(_shown(item, asked) for item in found)
        return (
            f'<m:RootFolder TotalItemsInView="{len(found)}" IncludesLastItemInRange="true">'
            f"<t:Items>{items}</t:Items></m:RootFolder>"
        )

    def _get(self, request: ET.Element, box: MailboxState) -> str:
        asked = request.findall("m:ItemShape/t:AdditionalProperties/*", NAMES)
        return f"<m:Items>{_shown(self._named(request, box), asked)}</m:Items>"

    def _create(self, request: ET.Element, box: MailboxState) -> str:
        if request.get("MessageDisposition") != "SaveOnly":
            raise EwsError("ErrorInvalidRequest")
        element = request.find("m:Items/*", NAMES)
        assert element is not None
        item = self._item(element, folder_of(request, "SavedItemFolderId"))
        box.items[item.id] = item
        return f"<m:Items>{item.element()}</t:{item.kind}></m:Items>"

    def _item(self, element: ET.Element, folder: str) -> Item:
        kind = _tag(element)
        tags = [_tag(child) for child in element]
        order = ORDER[kind].split()
        if not set(tags) <= set(order) or tags != sorted(tags, key=order.index):
            raise EwsError("ErrorSchemaValidation")
        fields = {_tag(child): _text(child) for child in element}
        encoded = fields.pop("MimeContent", "")
        mime = email.message_from_bytes(base64.b64decode(encoded), policy=default)
        assert isinstance(mime, EmailMessage)
        return Item(
            id=f"item{next(self._numbers)}",
            folder=folder,
            kind=kind,
            fields=fields,
            extended=dict(_extended(element)),
            mime=mime if encoded else None,
        )

    def _send(self, request: ET.Element, box: MailboxState) -> str:
        item = self._named(request, box)
        if item.folder == "sentitems" or item.submitted:
            raise EwsError("ErrorItemNotFound")
        assert item.mime is not None
        addresses = [one.addr_spec for one in item.mime["To"].addresses]
        if any(address not in self.by_address for address in addresses):
            raise EwsError("ErrorInvalidRecipients")
        for address in addresses:
            came = Item(f"item{next(self._numbers)}", "inbox", "Message", {}, {}, item.mime)
            self.by_address[address].items[came.id] = came
        if request.get("SaveItemToFolder") == "true":
            item.folder = folder_of(request, "SavedItemFolderId")
            item.version += 1
        else:
            del box.items[item.id]
        return ""

    def _update(self, request: ET.Element, box: MailboxState) -> str:
        item = self._named(request, box)
        for change in request.iterfind(".//t:SetItemField", NAMES):
            uri, element = change[0], change[1][0]
            if _tag(uri) == "ExtendedFieldURI":
                item.extended.update(_extended(change[1]))
            else:
                item.fields[_tag(element)] = _text(element)
        for uri in request.iterfind(".//t:DeleteItemField/t:FieldURI", NAMES):
            item.fields.pop(uri.get("FieldURI", "").partition(":")[2], None)
        item.version += 1
        return f"<m:Items>{item.element()}</t:{item.kind}></m:Items>"

    def _delete(self, request: ET.Element, box: MailboxState) -> str:
        del box.items[self._named(request, box).id]
        return ""

    def _named(self, request: ET.Element, box: MailboxState) -> Item:
        """The item that a request names, as it was last seen."""
        named = request.find(".//t:ItemId", NAMES)
        assert named is not None
        item = box.items.get(named.get("Id", ""))
        if item is None:
            raise EwsError("ErrorItemNotFound")
        if named.get("ChangeKey", item.change_key) != item.change_key:
            raise EwsError("ErrorIrresolvableConflict")
        return item


def folder_of(request: ET.Element, place: str) -> str:
    """The well-known name of the folder that a request means."""
    found = request.find(f"m:{place}/t:DistinguishedFolderId", NAMES)
    assert found is not None, place
    return found.get("Id", "")


def fits(item: Item, condition: ET.Element) -> bool:
    if _tag(condition) == "And":
        return all(fits(item, part) for part in condition)
    assert _tag(condition) == "IsEqualTo", condition.tag
    uri, constant = condition[0], condition.find("t:FieldURIOrConstant/t:Constant", NAMES)
    assert constant is not None
    return item.extended.get(uri.get("PropertyName", "")) == constant.get("Value")


def _shown(item: Item, asked: list[ET.Element]) -> str:
    properties = "".join(
        f"<t:ExtendedProperty><t:ExtendedFieldURI {_attributes(uri)}/>"
        f"<t:Value>{escape(item.extended[uri.get('PropertyName', '')])}</t:Value>"
        "</t:ExtendedProperty>"
        for uri in asked
        if uri.get("PropertyName") in item.extended
    )
    plain = ""
    if any(uri.get("FieldURI") == "item:IsSubmitted" for uri in asked):
        plain = f"<t:IsSubmitted>{str(item.submitted).lower()}</t:IsSubmitted>"
    return f"{item.element()}{plain}{properties}</t:{item.kind}>"


def _extended(element: ET.Element) -> Iterator[tuple[str, str]]:
    for one in element.iterfind("t:ExtendedProperty", NAMES):
        uri, value = one.find("t:ExtendedFieldURI", NAMES), one.find("t:Value", NAMES)
        assert uri is not None and value is not None
        yield uri.get("PropertyName", ""), value.text or ""


def _attributes(element: ET.Element) -> str:
    return " ".join(f"{name}={quoteattr(value)}" for name, value in element.attrib.items())


def _tag(element: ET.Element) -> str:
    return element.tag.partition("}")[2]


def _text(element: ET.Element) -> str:
    return "".join(element.itertext()).strip()
